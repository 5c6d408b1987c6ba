/* SPDX-License-Identifier: MIT */
/*
 * One transfer with libcurl. The body counts and limits are kept here, not in
 * curl, because a decoded body may be far longer than what came over the
 * wire. A password in the URL never reaches an error text.
 */
#include "common/http.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <curl/curl.h>

#include "common/auto.h"
#include "common/fsat.h"
#include "common/http_priv.h"

#define HEADERS_MAX_BYTES ((size_t)256 << 10)
#define FILE_MAX_BYTES ((size_t)4 << 30)
#define BUF_MAX_BYTES ((size_t)64 << 20)
#define CONNECT_TIMEOUT_MS 30000
#define STALL_TIMEOUT_MS 300000
#define MAX_REDIRECTS 10

static void
handle_free(CURL **h)
{
	curl_easy_cleanup(*h);
}

static void
text_free(char **text)
{
	curl_free(*text);
}

static void
url_free(CURLU **u)
{
	curl_url_cleanup(*u);
}

void
http_response_release(struct http_response *r)
{
	buf_release(&r->headers);
	str_free(&r->url);
}

char *
http_url_shown(const char *url)
{
	AUTO(url_free) CURLU *u = curl_url();
	AUTO(text_free) char *text = NULL;
	if (u == NULL ||
	    curl_url_set(u, CURLUPART_URL, url, CURLU_NON_SUPPORT_SCHEME) ||
	    curl_url_set(u, CURLUPART_USER, NULL, 0) ||
	    curl_url_set(u, CURLUPART_PASSWORD, NULL, 0) ||
	    curl_url_get(u, CURLUPART_URL, &text, 0) != CURLUE_OK)
		return xstrdup("(malformed URL)");
	return xstrdup(text);
}

/* Hands on a piece of the body, to wherever the request wants it. */
static int
put_body(struct http_transfer *t, struct str piece)
{
	const struct http_request *q = &t->request;
	long status = 0;
	if (t->chunk != NULL)
		curl_easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &status);
	if (status == 200 || status == 206) {
		t->chunk(piece, t->chunk_arg);
		return t->cancelled ? err_set(t->err, ERR_CLOSED, "cancelled")
				    : 0;
	}
	if (piece.len > t->max_body_bytes - (size_t)t->response.body_bytes)
		return err_set(t->err, ERR_LIMIT, "body longer than %zu bytes",
		    t->max_body_bytes);
	if (q->body_fd > 0)
		return fd_write_all(q->body_fd, piece.data, piece.len, t->err);
	if (q->body_buf == NULL)
		return 0;
	buf_add(q->body_buf, piece.data, piece.len);
	if (buf_failed(q->body_buf))
		return err_set(t->err, ERR_LIMIT, "body longer than %zu bytes",
		    q->body_buf->max_bytes);
	return 0;
}

static size_t
take_body(char *data, size_t size, size_t count, void *arg)
{
	struct http_transfer *t = arg;
	struct str piece = { data, size * count };
	if (put_body(t, piece) < 0) {
		t->failed = true;
		return 0;
	}
	t->response.body_bytes += (int64_t)piece.len;
	return piece.len;
}

/* "Name: value\r\n" -> "name: value\n"; a status line begins a new hop. */
static size_t
take_header(char *data, size_t size, size_t count, void *arg)
{
	struct http_transfer *t = arg;
	struct str line = { data, size * count };
	struct buf *out = &t->response.headers;
	if (str_has_prefix(line, "HTTP/")) {
		buf_reset(out);
		return line.len;
	}
	struct str value = line, name;
	if (memchr(line.data, ':', line.len) == NULL ||
	    !str_split(&value, ':', &name))
		return line.len;
	name = str_trim(name);
	value = str_trim(value);
	for (size_t i = 0; i < name.len; i++)
		buf_add_char(out, (char)tolower((unsigned char)name.data[i]));
	buf_printf(out, ": %.*s\n", STR_ARG(value));
	if (!buf_failed(out))
		return line.len;
	err_set(t->err, ERR_LIMIT, "response headers longer than %zu bytes",
	    HEADERS_MAX_BYTES);
	t->failed = true;
	return 0;
}

static void
set_limits(CURL *h, const struct http_request *q)
{
	int64_t connect = q->connect_timeout_ms > 0 ? q->connect_timeout_ms
						    : CONNECT_TIMEOUT_MS;
	int64_t stall =
	    q->stall_timeout_ms > 0 ? q->stall_timeout_ms : STALL_TIMEOUT_MS;
	long stall_s = (long)((stall + 999) / 1000);
	curl_easy_setopt(h, CURLOPT_CONNECTTIMEOUT_MS, (long)connect);
	curl_easy_setopt(h, CURLOPT_LOW_SPEED_LIMIT, 1L);
	curl_easy_setopt(h, CURLOPT_LOW_SPEED_TIME, stall_s);
	curl_easy_setopt(h, CURLOPT_NOSIGNAL, 1L);
	long redirects =
	    q->max_redirects > 0 ? q->max_redirects : MAX_REDIRECTS;
	curl_easy_setopt(
	    h, CURLOPT_FOLLOWLOCATION, q->max_redirects >= 0 ? 1L : 0L);
	curl_easy_setopt(h, CURLOPT_MAXREDIRS, redirects);
}

static void
set_tls(CURL *h, const struct http_request *q)
{
	curl_easy_setopt(h, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	curl_easy_setopt(h, CURLOPT_SSL_VERIFYPEER, q->insecure ? 0L : 1L);
	curl_easy_setopt(h, CURLOPT_SSL_VERIFYHOST, q->insecure ? 0L : 2L);
	if (q->ca_file != NULL) {
		/* Pinned: the system's directory of authorities does not
		 * count. */
		curl_easy_setopt(h, CURLOPT_CAINFO, q->ca_file);
		curl_easy_setopt(h, CURLOPT_CAPATH, NULL);
		return;
	}
	/* As OpenSSL and the curl program have it; libcurl does not look. */
	const char *file = getenv("SSL_CERT_FILE");
	const char *dir = getenv("SSL_CERT_DIR");
	if (file != NULL && file[0] != '\0')
		curl_easy_setopt(h, CURLOPT_CAINFO, file);
	if (dir != NULL && dir[0] != '\0')
		curl_easy_setopt(h, CURLOPT_CAPATH, dir);
}

static size_t
give_body(char *data, size_t size, size_t count, void *arg)
{
	struct http_transfer *t = arg;
	const struct http_request *q = &t->request;
	int64_t left = q->send_bytes - t->sent;
	size_t want = size * count;
	if ((int64_t)want > left)
		want = (size_t)left;
	ssize_t n = pread(q->send_fd, data, want, t->send_start + t->sent);
	if (n < 0 || (n == 0 && want > 0)) {
		(void)(n < 0
			   ? err_sys(t->err, "read what is to be sent")
			   : err_set(t->err, ERR_STATE,
				 "the file became shorter while it was sent"));
		t->failed = true;
		return CURL_READFUNC_ABORT;
	}
	t->sent += n;
	if (q->on_sent != NULL)
		q->on_sent(t->sent, q->on_sent_arg);
	return (size_t)n;
}

/* A connection that was closed while it was idle: the body goes once more. */
static int
seek_body(void *arg, curl_off_t offset, int origin)
{
	struct http_transfer *t = arg;
	if (origin != SEEK_SET || offset < 0 || offset > t->request.send_bytes)
		return CURL_SEEKFUNC_FAIL;
	t->sent = offset;
	return CURL_SEEKFUNC_OK;
}

static void
set_upload(CURL *h, struct http_transfer *t)
{
	const struct http_request *q = &t->request;
	t->send_start = lseek(q->send_fd, 0, SEEK_CUR);
	t->sent = 0;
	curl_easy_setopt(h, CURLOPT_UPLOAD, 1L);
	curl_easy_setopt(
	    h, CURLOPT_INFILESIZE_LARGE, (curl_off_t)q->send_bytes);
	curl_easy_setopt(h, CURLOPT_READFUNCTION, give_body);
	curl_easy_setopt(h, CURLOPT_READDATA, t);
	curl_easy_setopt(h, CURLOPT_SEEKFUNCTION, seek_body);
	curl_easy_setopt(h, CURLOPT_SEEKDATA, t);
	if (q->method != NULL)
		curl_easy_setopt(h, CURLOPT_CUSTOMREQUEST, q->method);
}

static void
set_method(CURL *h, const struct http_request *q)
{
	bool has_body = q->body.data != NULL || text_eq(q->method, "POST") ||
			text_eq(q->method, "PUT");
	if (has_body) {
		curl_easy_setopt(
		    h, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)q->body.len);
		curl_easy_setopt(h, CURLOPT_POSTFIELDS,
		    q->body.data != NULL ? q->body.data : "");
	}
	if (text_eq(q->method, "HEAD"))
		curl_easy_setopt(h, CURLOPT_NOBODY, 1L);
	else if (q->method != NULL && !(text_eq(q->method, "GET") && !has_body))
		curl_easy_setopt(h, CURLOPT_CUSTOMREQUEST, q->method);
}

static struct curl_slist *
make_headers(const struct http_request *q)
{
	/* Do not wait for "100 Continue". */
	struct curl_slist *list = curl_slist_append(NULL, "Expect:");
	for (const char *const *h = q->headers; h != NULL && *h != NULL; h++)
		list = curl_slist_append(list, *h);
	ASSERT(list != NULL);
	return list;
}

void
http_transfer_begin(struct http_transfer *t)
{
	const struct http_request *q = &t->request;
	CURL *h = t->easy;
	t->headers = make_headers(q);
	t->response.headers = BUF_INIT(HEADERS_MAX_BYTES);
	size_t usual_max = q->body_fd > 0 ? FILE_MAX_BYTES : BUF_MAX_BYTES;
	t->max_body_bytes =
	    q->max_body_bytes > 0 ? q->max_body_bytes : usual_max;
	curl_easy_setopt(h, CURLOPT_ERRORBUFFER, t->detail);
	curl_easy_setopt(h, CURLOPT_URL, q->url);
	curl_easy_setopt(h, CURLOPT_PROTOCOLS_STR, "http,https,ftp,file");
	curl_easy_setopt(h, CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(h, CURLOPT_HTTPHEADER, t->headers);
	curl_easy_setopt(h, CURLOPT_USERAGENT, "RightLink/" RIGHTLINK_VERSION);
	curl_easy_setopt(h, CURLOPT_WRITEFUNCTION, take_body);
	curl_easy_setopt(h, CURLOPT_WRITEDATA, t);
	curl_easy_setopt(h, CURLOPT_HEADERFUNCTION, take_header);
	curl_easy_setopt(h, CURLOPT_HEADERDATA, t);
	if (!q->no_decode)
		curl_easy_setopt(h, CURLOPT_ACCEPT_ENCODING, "gzip, deflate");
	if (q->proxy != NULL) {
		/* The caller's choice, whatever the environment excepts. */
		curl_easy_setopt(h, CURLOPT_PROXY, q->proxy);
		curl_easy_setopt(h, CURLOPT_NOPROXY, "");
	}
	if (q->ftp_active)
		curl_easy_setopt(h, CURLOPT_FTPPORT, "-");
	set_limits(h, q);
	set_tls(h, q);
	if (q->send_fd > 0)
		set_upload(h, t);
	else
		set_method(h, q);
}

static enum err_code
classify(CURLcode code)
{
	if (code == CURLE_OPERATION_TIMEDOUT)
		return ERR_TIMEOUT;
	if (code == CURLE_URL_MALFORMAT || code == CURLE_UNSUPPORTED_PROTOCOL)
		return ERR_INVALID;
	if (code == CURLE_PEER_FAILED_VERIFICATION ||
	    code == CURLE_SSL_CACERT_BADFILE)
		return ERR_DIGEST;
	if (code == CURLE_PARTIAL_FILE || code == CURLE_BAD_CONTENT_ENCODING ||
	    code == CURLE_TOO_MANY_REDIRECTS ||
	    code == CURLE_WEIRD_SERVER_REPLY)
		return ERR_PROTOCOL;
	if (code == CURLE_FILE_COULDNT_READ_FILE ||
	    code == CURLE_REMOTE_FILE_NOT_FOUND)
		return ERR_ABSENT;
	return ERR_NETWORK;
}

int
http_transfer_end(struct http_transfer *t, CURLcode code)
{
	const struct http_request *q = &t->request;
	if (code != CURLE_OK || t->failed) {
		AUTO_STR char *shown = http_url_shown(q->url);
		if (t->failed)
			return err_wrap(t->err, "%s", shown);
		return err_set(t->err, classify(code), "%s: %s", shown,
		    t->detail[0] != '\0' ? t->detail
					 : curl_easy_strerror(code));
	}
	long status = 0;
	const char *scheme = NULL, *url = NULL;
	curl_easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &status);
	curl_easy_getinfo(t->easy, CURLINFO_SCHEME, &scheme);
	curl_easy_getinfo(t->easy, CURLINFO_EFFECTIVE_URL, &url);
	bool is_http = scheme != NULL && strncasecmp(scheme, "http", 4) == 0;
	t->response.status = is_http ? (int)status : 200;
	t->response.url = xstrdup(url != NULL ? url : q->url);
	return 0;
}

void
http_transfer_release(struct http_transfer *t)
{
	curl_slist_free_all(t->headers);
	t->headers = NULL;
	http_response_release(&t->response);
}

void
http_set_up(void)
{
	static bool is_ready;
	if (!is_ready)
		is_ready = curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK;
	ASSERT(is_ready);
}

int
http_perform(
    const struct http_request *q, struct http_response *r, struct err *e)
{
	http_set_up();
	AUTO(handle_free) CURL *h = curl_easy_init();
	ASSERT(h != NULL);
	AUTO(http_transfer_release)
	struct http_transfer t = { .request = *q, .easy = h, .err = e };
	http_transfer_begin(&t);
	int rc = http_transfer_end(&t, curl_easy_perform(h));
	if (rc < 0)
		return rc;
	*r = t.response;
	t.response = (struct http_response){ 0 };
	return 0;
}

char *
http_header(const struct http_response *r, const char *name)
{
	struct str rest = { r->headers.data, r->headers.len }, line;
	while (str_split(&rest, '\n', &line)) {
		struct str value = line, found;
		if (!str_split(&value, ':', &found) ||
		    !str_eq_text(found, name))
			continue;
		value = str_trim(value);
		return xstrndup(value.data, value.len);
	}
	return NULL;
}
