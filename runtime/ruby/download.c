/* SPDX-License-Identifier: MIT */
/* One child per download, one frame each way on its descriptor 3. */
#include "runtime/ruby/download.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/auto.h"
#include "common/frame.h"
#include "common/proc.h"
#include "wire/frames.h"

#define HEADERS_MAX_BYTES ((size_t)256 << 10)

static char *
fetch_program(void)
{
	const char *dir = getenv("RIGHTLINK_LIBEXEC");
	char self[PATH_MAX];
	ssize_t len;
	char *slash;

	if (dir != NULL && dir[0] == '/')
		return xasprintf("%s/fetch", dir);
	len = readlink("/proc/self/exe", self, sizeof(self) - 1);
	if (len <= 0)
		return xstrdup("/usr/libexec/rightlink/fetch");
	self[len] = '\0';
	slash = strrchr(self, '/');
	if (slash != NULL)
		*slash = '\0';
	return xasprintf("%s/fetch", self);
}

static struct jsn *
headers_of(const struct download *d)
{
	struct jsn *out = jsn_new_object();
	size_t i;

	for (i = 0; d->headers != NULL && d->headers[i] != NULL; i++) {
		struct str rest = str_from(d->headers[i]), name;
		AUTO_STR char *key = NULL;

		if (!str_split(&rest, ':', &name))
			continue;
		key = xstrndup(name.data, name.len);
		jsn_set(out, key, jsn_new_string(str_trim(rest)));
	}
	return out;
}

static struct jsn *
request_of(const struct download *d, const struct download_settings *how)
{
	struct jsn *q = wire_frame_new("download_request");

	jsn_set_str(q, "url", d->url);
	if (d->method != NULL)
		jsn_set_str(q, "method", d->method);
	jsn_set(q, "headers", headers_of(d));
	if (d->body.data != NULL)
		jsn_set(q, "body", jsn_new_string(d->body));
	if (d->output_path != NULL)
		jsn_set_str(q, "output", d->output_path);
	if (d->ftp_active)
		jsn_set_bool(q, "ftp_active", true);
	if (how->retries >= 0)
		jsn_set_int(q, "retries", how->retries);
	if (how->retry_delay_ms >= 0)
		jsn_set_int(q, "retry_delay_ms", how->retry_delay_ms);
	if (how->timeout_ms >= 0)
		jsn_set_int(q, "timeout_ms", how->timeout_ms);
	if (how->ca_file != NULL)
		jsn_set_str(q, "ca_file", how->ca_file);
	if (how->insecure)
		jsn_set_bool(q, "insecure", true);
	return q;
}

static int
digit_of(char c)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmno"
				     "pqrstuvwxyz0123456789+/";
	const char *p = c == '\0' ? NULL : strchr(digits, c);

	return p == NULL ? -1 : (int)(p - digits);
}

static void
decode_base64(struct str text, struct buf *out)
{
	unsigned bits = 0, kept = 0;
	size_t i;

	for (i = 0; i < text.len; i++) {
		int digit = digit_of(text.data[i]);

		if (digit < 0)
			continue;
		bits = ((bits << 6) | (unsigned)digit) & 0xffffffu;
		kept += 6;
		if (kept < 8)
			continue;
		kept -= 8;
		buf_add_char(out, (char)((bits >> kept) & 0xffu));
	}
}

static int
add_header(const char *key, struct jsn *value, void *arg, struct err *e UNUSED)
{
	struct str text = jsn_str(value);

	buf_printf(arg, "%s: %.*s\n", key, STR_ARG(text));
	return 0;
}

/* The code of its name in a frame. */
static enum err_code
code_of(const char *name)
{
#define CODE_CASE(code, number, text)                                          \
	if (text_eq(name, #code))                                              \
		return code;
	ERR_CODES(CODE_CASE)
#undef CODE_CASE
	return ERR_REMOTE;
}

static int
answer_of(const struct download *d, const struct jsn *frame,
    struct download_answer *ret, struct err *e)
{
	if (text_eq(jsn_peek_str(frame, "type", ""), "download_failed"))
		return err_set(e, code_of(jsn_peek_str(frame, "code", "")),
		    "%s", jsn_peek_str(frame, "text", "download failed"));
	if (wire_frame_check("download_result", frame, e) < 0)
		return err_wrap(e, "fetch");
	ret->status = (int)jsn_peek_int(frame, "status", 0);
	buf_init(&ret->headers, HEADERS_MAX_BYTES);
	if (d->output != NULL)
		decode_base64(jsn_str(jsn_get(frame, "body")), d->output);
	return jsn_each(
	    jsn_get(frame, "headers"), add_header, &ret->headers, e);
}

static int
converse(int fd, const struct download *d, const struct download_settings *how,
    struct download_answer *ret, struct err *e)
{
	AUTO(jsn_free) struct jsn *request = request_of(d, how);
	AUTO(jsn_free) struct jsn *frame = NULL;
	int got;

	if (frame_write(fd, request, e) < 0)
		return err_wrap(e, "fetch");
	got = frame_read(fd, -1, &frame, e);
	if (got < 0)
		return err_wrap(e, "fetch");
	if (got == 0)
		return err_set(e, ERR_CLOSED,
		    "download '%s': the fetch process ended without an answer",
		    d->url);
	return answer_of(d, frame, ret, e);
}

int
download_run(const struct download *d, const struct download_settings *how,
    struct download_answer *ret, struct err *e)
{
	AUTO_STR char *program = fetch_program();
	const char *argv[] = { program, NULL };
	struct proc_spec spec = { .argv = argv,
		.flags = PROC_INHERIT_STDIO | PROC_DIE_WITH_US };
	struct proc_result result = { 0 };
	struct proc child;
	struct err ignored;
	int pair[2], r;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
		return err_sys(e, "socketpair");
	spec.fd3 = pair[1];
	r = proc_start(&spec, &child, e);
	fd_close(&pair[1]);
	if (r == 0) {
		r = converse(pair[0], d, how, ret, e);
		fd_close(&pair[0]);
		if (proc_finish(&child, &result, &ignored) == 0)
			proc_result_release(&result);
	}
	fd_close(&pair[0]);
	return r;
}
