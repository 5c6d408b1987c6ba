/* SPDX-License-Identifier: MIT */
/* Setting and wrapping errors; the texts of errno values. */
#include "common/err.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void
err_clear(struct err *e)
{
	e->code = 0;
	e->sys = 0;
	e->text[0] = '\0';
}

/* The arguments may point into e->text, so the new text is made aside. */
static void __attribute__((format(printf, 2, 0)))
put_text(struct err *e, const char *fmt, va_list ap, const char *tail)
{
	char text[ERR_TEXT_BYTES];
	int n = vsnprintf(text, sizeof(text), fmt, ap);
	size_t len = n < 0 ? 0 : (size_t)n;
	if (len >= sizeof(text))
		len = sizeof(text) - 1;
	if (tail != NULL) {
		size_t room = sizeof(text) - 1 - len;
		size_t tail_len = strnlen(tail, room > 2 ? room - 2 : 0);
		if (room > 2) {
			memcpy(text + len, ": ", 2);
			memcpy(text + len + 2, tail, tail_len);
			len += 2 + tail_len;
		}
	}
	memcpy(e->text, text, len);
	e->text[len] = '\0';
}

int
err_set(struct err *e, enum err_code code, const char *fmt, ...)
{
	if (e != NULL) {
		va_list ap;
		va_start(ap, fmt);
		put_text(e, fmt, ap, NULL);
		va_end(ap);
		e->code = code;
		e->sys = 0;
	}
	return code;
}

int
err_sys(struct err *e, const char *fmt, ...)
{
	int sys = errno;
	if (e != NULL) {
		va_list ap;
		va_start(ap, fmt);
		put_text(e, fmt, ap, err_sys_text(sys));
		va_end(ap);
		e->code = ERR_SYS;
		e->sys = sys;
	}
	return ERR_SYS;
}

int
err_sysno(struct err *e, int sys, const char *fmt, ...)
{
	if (e != NULL) {
		va_list ap;
		va_start(ap, fmt);
		put_text(e, fmt, ap, err_sys_text(sys));
		va_end(ap);
		e->code = ERR_SYS;
		e->sys = sys;
	}
	return ERR_SYS;
}

int
err_wrap(struct err *e, const char *fmt, ...)
{
	if (e == NULL)
		return ERR_SYS;
	va_list ap;
	va_start(ap, fmt);
	put_text(e, fmt, ap, e->text);
	va_end(ap);
	return e->code;
}

const char *
err_code_name(int code)
{
	switch (code) {
#define ERR_NAME(name, number, text)                                           \
	case number:                                                           \
		return #name;
		ERR_CODES(ERR_NAME)
#undef ERR_NAME
	}
	return "ERR_UNKNOWN";
}

enum err_code
err_code_find(const char *name)
{
#define ERR_FIND(code, number, text)                                           \
	if (strcmp(name, #code) == 0)                                          \
		return code;
	ERR_CODES(ERR_FIND)
#undef ERR_FIND
	return ERR_REMOTE;
}

const char *
err_sys_text(int sys)
{
	const char *text = strerrordesc_np(sys);
	return text != NULL ? text : "unknown system error";
}
