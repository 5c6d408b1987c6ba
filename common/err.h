/* SPDX-License-Identifier: MIT */
/*
 * Errors are values. A function that can fail returns 0 or more on success
 * and a negative enum err_code on failure, and fills the caller's struct err.
 * Every helper here sets the error and returns its code in one expression:
 *
 *	return err_set(e, ERR_LIMIT, "bundle: more than %d inputs", max);
 *	return err_sys(e, "open '%s'", path);
 *	if (store_find(s, id, &blob, e) < 0)
 *		return err_wrap(e, "cookbook '%s'", name);
 *
 * Texts are lower case, say what failed, quote the subject, end without a
 * full stop. err_wrap puts the outer context in front: "outer: inner".
 * Text longer than ERR_TEXT_BYTES is cut. Every helper accepts e == NULL
 * (the code is still returned; err_wrap then returns ERR_SYS). Return
 * parameters stay untouched on failure.
 */
#pragma once

#include "common/base.h"

/* name, number, short description: the whole table. */
#define ERR_CODES(X)                                                           \
	X(ERR_SYS, -1, "system call failed (err.sys holds errno)")             \
	X(ERR_ABSENT, -2, "the thing looked for is not there")                 \
	X(ERR_EXISTS, -3, "the thing to be made is there already")             \
	X(ERR_SYNTAX, -4, "text that does not parse")                          \
	X(ERR_INVALID, -5, "parsed, but not allowed")                          \
	X(ERR_LIMIT, -6, "a size or count limit was exceeded")                 \
	X(ERR_DIGEST, -7, "a digest or signature does not match")              \
	X(ERR_TIMEOUT, -8, "a deadline passed")                                \
	X(ERR_CLOSED, -9, "the peer closed or died")                           \
	X(ERR_PROTOCOL, -10, "a message out of order or of the wrong form")    \
	X(ERR_NETWORK, -11, "host unreachable, refused, reset, TLS failed")    \
	X(ERR_REMOTE, -12, "the other side answered with a failure")           \
	X(ERR_EXIT, -13, "a child ended with a status that is not allowed")    \
	X(ERR_STATE, -14, "not possible in the present state")                 \
	X(ERR_UNSUPPORTED, -15, "known, but not supported here")               \
	X(ERR_RUBY, -16, "Ruby code raised, exited or threw")

enum err_code {
#define ERR_ENUM(name, number, text) name = (number),
	ERR_CODES(ERR_ENUM)
#undef ERR_ENUM
};

#define ERR_TEXT_BYTES 2048

struct err {
	int code;                  /* 0 or an enum err_code */
	int sys;                   /* errno, or 0 */
	char text[ERR_TEXT_BYTES]; /* one line, NUL-terminated */
};

/* Clears e; a struct err may also start as { 0 }. */
void err_clear(struct err *e);
int err_set(struct err *e, enum err_code code, const char *fmt, ...)
    PRINTF_LIKE(3, 4);
/* ERR_SYS with errno at the time of the call; appends ": <errno text>". */
int err_sys(struct err *e, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* As err_sys for an errno value held in a variable. */
int err_sysno(struct err *e, int sys, const char *fmt, ...) PRINTF_LIKE(3, 4);
/* Puts "<context>: " in front of the text; keeps and returns the code. */
int err_wrap(struct err *e, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* "ERR_TIMEOUT" etc.; "ERR_UNKNOWN" for a number not in the table. */
const char *err_code_name(int code);
/* The code of a name; ERR_REMOTE for a name that is none. */
enum err_code err_code_find(const char *name);
/* The text of an errno value; never NULL, thread-safe. */
const char *err_sys_text(int sys);
