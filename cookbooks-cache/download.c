/* SPDX-License-Identifier: MIT */
/* One download with its retries; RES-remote_file-8 to 12. */
#include "cookbooks-cache/download.h"

#include <ctype.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "common/auto.h"
#include "common/digest.h"
#include "common/fsat.h"
#include "common/http.h"
#include "wire/frames.h"

#define RETRIES 5
#define RETRIES_MAX 100
#define RETRY_DELAY_MS 5000
#define BODY_MAX_BYTES ((size_t)2 << 20)
#define HEADERS_MAX 100

struct download {
	const struct jsn *request;
	const char *url;
	int output; /* -1: the answer carries the body */
	struct buf body;
	char **headers;
	size_t headers_len;
	struct http_response response;
};

static void
download_release(struct download *d)
{
	fd_close(&d->output);
	buf_release(&d->body);
	for (size_t i = 0; i < d->headers_len; i++)
		free(d->headers[i]);
	free(d->headers);
	http_response_release(&d->response);
}

bool
download_is_raw(const char *url)
{
	return text_has_suffix(url, "gz");
}

int64_t
download_pause_ms(int n, int64_t unit_ms)
{
	int64_t power = (int64_t)1 << (n < 16 ? n : 16);
	unsigned char random[8] = { 0 };
	uint64_t value = 0;
	if (getrandom(random, sizeof(random), 0) == (ssize_t)sizeof(random))
		memcpy(&value, random, sizeof(value));
	int64_t extra = (int64_t)(value % (uint64_t)(power * unit_ms + 1));
	return (1 + power) * unit_ms + extra;
}

static void
wait_ms(int64_t ms)
{
	struct timespec t = { .tv_sec = (time_t)(ms / 1000),
		.tv_nsec = (long)(ms % 1000) * 1000000 };
	nanosleep(&t, NULL);
}

static bool
is_clean(const char *text)
{
	return strpbrk(text, "\r\n") == NULL;
}

static int
add_header(const char *name, struct jsn *value, void *arg, struct err *e)
{
	struct download *d = arg;
	if (jsn_type(value) != JSN_STRING)
		return err_set(e, ERR_INVALID,
		    "header '%s': its value must be a string", name);
	const char *text = jsn_str(value).data;
	if (!is_clean(name) || !is_clean(text) || d->headers_len >= HEADERS_MAX)
		return err_set(e, ERR_INVALID,
		    "header '%s': a line break in it, or too many headers",
		    name);
	/* curl drops "Name:" but sends "Name;" as an empty header. */
	d->headers[d->headers_len++] = *text != '\0'
					   ? xasprintf("%s: %s", name, text)
					   : xasprintf("%s;", name);
	return 0;
}

static int
collect_headers(struct download *d, struct err *e)
{
	d->headers = xcalloc(HEADERS_MAX + 2, sizeof(*d->headers));
	const struct jsn *given = jsn_get(d->request, "headers");
	int rc = jsn_each(given, add_header, d, e);
	if (rc == 0 && download_is_raw(d->url))
		d->headers[d->headers_len++] =
		    xstrdup("Accept-Encoding: identity");
	return rc;
}

static int
check_scheme(const char *url, struct err *e)
{
	static const char *const schemes[] = { "http://", "https://", "ftp://",
		"file://" };
	for (size_t i = 0; i < ARRAY_LEN(schemes); i++)
		if (strncasecmp(url, schemes[i], strlen(schemes[i])) == 0)
			return 0;
	AUTO_STR char *shown = http_url_shown(url);
	return err_set(e, ERR_INVALID,
	    "%s: only http, https, ftp and file are supported", shown);
}

static int
open_output(struct download *d, struct err *e)
{
	const char *path = jsn_peek_str(d->request, "output", NULL);
	if (path == NULL)
		return 0;
	if (path[0] != '/')
		return err_set(
		    e, ERR_INVALID, "output '%s': not an absolute path", path);
	d->output = open(
	    path, O_RDWR | O_CREAT | O_NOFOLLOW | O_NOCTTY | O_CLOEXEC, 0600);
	if (d->output < 0)
		return err_sys(e, "output '%s'", path);
	return 0;
}

static int
try_once(struct download *d, struct err *e)
{
	const struct jsn *q = d->request;
	const char *method = jsn_peek_str(q, "method", "GET");
	bool may_redirect = text_eq(method, "GET") || text_eq(method, "HEAD");
	int64_t max = jsn_peek_int(q, "max_bytes", 0);
	if (d->output < 0 && (max <= 0 || max > (int64_t)BODY_MAX_BYTES))
		max = (int64_t)BODY_MAX_BYTES;
	http_response_release(&d->response);
	buf_reset(&d->body);
	if (d->output >= 0 &&
	    (ftruncate(d->output, 0) < 0 || lseek(d->output, 0, SEEK_SET) < 0))
		return err_sys(e, "empty the output");
	struct jsn *body = jsn_get(q, "body");
	struct http_request r = { .method = method,
		.url = d->url,
		.headers = (const char *const *)d->headers,
		.body = body != NULL ? jsn_str(body) : (struct str){ 0 },
		.body_fd = d->output,
		.body_buf = &d->body,
		.max_body_bytes = max > 0 ? (size_t)max : 0,
		.stall_timeout_ms = jsn_peek_int(q, "timeout_ms", 0),
		.connect_timeout_ms = jsn_peek_int(q, "timeout_ms", 0),
		.max_redirects = may_redirect ? 0 : -1,
		.ca_file = jsn_peek_str(q, "ca_file", NULL),
		.insecure = jsn_peek_bool(q, "insecure", false),
		.proxy = jsn_peek_str(q, "proxy", NULL),
		.ftp_active = jsn_peek_bool(q, "ftp_active", false),
		.no_decode = download_is_raw(d->url) };
	return http_perform(&r, &d->response, e);
}

static int
try_all(struct download *d, struct err *e)
{
	int64_t retries = jsn_peek_int(d->request, "retries", RETRIES);
	int64_t delay_ms =
	    jsn_peek_int(d->request, "retry_delay_ms", RETRY_DELAY_MS);
	if (retries < 0 || retries > RETRIES_MAX || delay_ms < 0)
		return err_set(e, ERR_INVALID,
		    "retries must be 0 to %d, retry_delay_ms not negative",
		    RETRIES_MAX);
	for (int n = 0;; n++) {
		int rc = try_once(d, e);
		bool is_last = n >= retries;
		bool is_server_error = rc == 0 && d->response.status >= 500;
		bool is_passing = rc == ERR_NETWORK || rc == ERR_TIMEOUT;
		if (is_last || !(is_server_error || is_passing))
			return rc;
		wait_ms(is_server_error ? download_pause_ms(n, delay_ms / 5)
					: delay_ms);
	}
}

static char *
encode_base64(const unsigned char *data, size_t len)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				     "abcdefghijklmnopqrstuvwxyz0123456789+/";
	struct buf out = BUF_INIT(len / 3 * 4 + 8);
	for (size_t i = 0; i < len; i += 3) {
		size_t n = len - i < 3 ? len - i : 3;
		unsigned group = (unsigned)data[i] << 16;
		if (n > 1)
			group |= (unsigned)data[i + 1] << 8;
		if (n > 2)
			group |= data[i + 2];
		for (size_t j = 0; j < 4; j++)
			buf_add_char(&out,
			    j <= n ? digits[group >> (18 - 6 * j) & 63] : '=');
	}
	return buf_take(&out);
}

/* Several headers of one name are joined as HTTP allows. */
static struct jsn *
headers_object(const struct http_response *r)
{
	struct jsn *o = jsn_new_object();
	struct str rest = { r->headers.data, r->headers.len }, line, name;
	while (str_split(&rest, '\n', &line)) {
		if (line.len == 0)
			continue;
		struct str value = line;
		str_split(&value, ':', &name);
		value = str_trim(value);
		AUTO_STR char *key = xstrndup(name.data, name.len);
		const char *before = jsn_peek_str(o, key, NULL);
		AUTO_STR char *text =
		    before != NULL
			? xasprintf("%s, %.*s", before, STR_ARG(value))
			: xstrndup(value.data, value.len);
		jsn_set_str(o, key, text);
	}
	return o;
}

static int
digest_body(struct download *d, struct digest_text *ret, struct err *e)
{
	if (d->output < 0) {
		*ret = digest_of(
		    DIGEST_SHA256, (struct str){ d->body.data, d->body.len });
		return 0;
	}
	if (lseek(d->output, 0, SEEK_SET) < 0)
		return err_sys(e, "seek in the output");
	return digest_of_fd(DIGEST_SHA256, d->output, ret, e);
}

int
download_run(const struct jsn *request, struct jsn **ret_result, struct err *e)
{
	AUTO(download_release)
	struct download d = { .request = request,
		.url = jsn_peek_str(request, "url", ""),
		.output = -1,
		.body = BUF_INIT(BODY_MAX_BYTES) };
	int rc = check_scheme(d.url, e);
	if (rc == 0)
		rc = collect_headers(&d, e);
	if (rc == 0)
		rc = open_output(&d, e);
	if (rc == 0)
		rc = try_all(&d, e);
	struct digest_text digest;
	if (rc == 0)
		rc = digest_body(&d, &digest, e);
	if (rc < 0)
		return rc;
	struct jsn *result = wire_frame_new("download_result");
	AUTO_STR char *shown = http_url_shown(d.response.url);
	jsn_set_int(result, "status", d.response.status);
	jsn_set(result, "headers", headers_object(&d.response));
	jsn_set_int(result, "bytes", d.response.body_bytes);
	jsn_set_str(result, "sha256", digest.hex);
	jsn_set_str(result, "url", shown);
	if (d.output < 0) {
		AUTO_STR char *text = encode_base64(
		    (const unsigned char *)buf_text(&d.body), d.body.len);
		jsn_set_str(result, "body", text);
	}
	*ret_result = result;
	return 0;
}
