/* SPDX-License-Identifier: MIT */
/* Answers: head and body go into one buffer, so that they leave together. */
#include "router/httpd_priv.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "common/auto.h"
#include "common/clock.h"
#include "common/log.h"
#include "router/metrics.h"

#define STREAM_SOCKET_BYTES (64 << 10)

static const struct {
	int status;
	const char *reason;
	int code;
} statuses[] = {
#define STATUS(number_, reason_, code_) { number_, reason_, code_ },
#include "router/tbl/statuses.h"
#undef STATUS
};

const char *
reply_reason(int status)
{
	for (size_t i = 0; i < ARRAY_LEN(statuses); i++) {
		if (statuses[i].status == status)
			return statuses[i].reason;
	}
	assert_fail("a status of router/tbl/statuses.h", __FILE__, __LINE__);
}

static const char *
code_of_status(int status)
{
	for (size_t i = 0; i < ARRAY_LEN(statuses); i++) {
		if (statuses[i].status == status)
			return err_code_name(statuses[i].code);
	}
	return err_code_name(ERR_SYS);
}

void
reply_format_error(
    int status, const char *code, const char *message, struct buf *out)
{
	struct jsn *o = jsn_new_object(), *error = jsn_new_object();
	jsn_set_str(
	    error, "code", code != NULL ? code : code_of_status(status));
	jsn_set_str(error, "message", message);
	jsn_set(o, "error", error);
	jsn_format(o, JSN_PLAIN, out);
	buf_add_char(out, '\n');
	jsn_free(&o);
}

/* RFC 9110: "Sat, 31 Jan 2026 12:34:56 GMT", in English always. Made once a
 * second for each thread. */
static const char *
http_date(void)
{
	static _Thread_local char text[32];
	static _Thread_local time_t made;
	static const char days[] = "SunMonTueWedThuFriSat";
	static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	time_t now = (time_t)(clock_now_ms() / 1000);
	if (now == made)
		return text;
	struct tm tm = { 0 };
	(void)gmtime_r(&now, &tm);
	snprintf(text, sizeof(text), "%.3s, %02u %.3s %04u %02u:%02u:%02u GMT",
	    &days[3 * (tm.tm_wday % 7)], (unsigned)tm.tm_mday % 100,
	    &months[3 * (tm.tm_mon % 12)],
	    (unsigned)(tm.tm_year + 1900) % 10000, (unsigned)tm.tm_hour % 100,
	    (unsigned)tm.tm_min % 100, (unsigned)tm.tm_sec % 100);
	made = now;
	return text;
}

void
reply_head(struct conn *c, int status, const char *type, int64_t length,
    const char *headers, bool chunked)
{
	struct buf *o = &c->out;
	if (c->body_open && c->body.unsure)
		c->keep = false;
	buf_printf(o, "HTTP/1.1 %d %s\r\nDate: %s\r\n", status,
	    reply_reason(status), http_date());
	if (type != NULL)
		buf_printf(o, "Content-Type: %s\r\n", type);
	if (length >= 0)
		buf_printf(o, "Content-Length: %lld\r\n", (long long)length);
	else if (chunked)
		buf_add_str(o, "Transfer-Encoding: chunked\r\n");
	buf_add_str(o, headers);
	if (strcasestr(headers, "Cache-Control:") == NULL)
		buf_add_str(o, "Cache-Control: no-store\r\n");
	if (!c->keep || c->thread->draining)
		buf_add_str(o, "Connection: close\r\n\r\n");
	else
		buf_add_str(o, "\r\n");
}

static void
count(const struct exchange *x, int status)
{
	char route[40];
	metrics_request(x->thread->httpd->router->metrics, x->thread->index,
	    x->route, status);
	if (log_get_level() < LOG_LEVEL_DEBUG)
		return;
	snprintf(route, sizeof(route), "%s",
	    x->route < API_ROUTES ? wire_routes[x->route].name : "none");
	log_event(LOG_LEVEL_DEBUG, "request", LOG_STR("route", route),
	    LOG_STR("caller", x->caller.id), LOG_INT("status", status),
	    LOG_INT("ms", clock_mono_ms() - x->began_ms));
}

/* The answer is queued: the connection goes on, the exchange ends. */
static void
end(struct exchange *x)
{
	struct conn *c = x->conn;
	exchange_free(&x);
	if (c == NULL)
		return;
	c->state = CONN_REPLY;
	conn_set_timer(c, HTTPD_WRITE_TIMEOUT_MS);
	conn_kick(c);
}

static bool
has_body(const struct exchange *x, int status)
{
	return !x->head_only && status != 204 && status != 304;
}

void
exchange_reply_bytes(
    struct exchange *x, int status, const char *type, struct str bytes)
{
	ASSERT(!x->streaming);
	count(x, status);
	if (x->conn != NULL) {
		reply_head(x->conn, status, type, (int64_t)bytes.len,
		    buf_text(&x->headers), false);
		if (has_body(x, status))
			buf_add(&x->conn->out, bytes.data, bytes.len);
	}
	end(x);
}

void
exchange_reply_json(struct exchange *x, int status, struct jsn *value)
{
	AUTO_BUF struct buf text = BUF_INIT(HTTPD_OUT_MAX_BYTES);
	jsn_format(value, JSN_PLAIN, &text);
	buf_add_char(&text, '\n');
	jsn_free(&value);
	exchange_reply_bytes(x, status, "application/json",
	    (struct str){ buf_text(&text), text.len });
}

static void
reply_error_text(
    struct exchange *x, int status, const char *code, const char *message)
{
	AUTO_BUF struct buf text = BUF_INIT(16384);
	reply_format_error(status, code, message, &text);
	exchange_reply_bytes(x, status, "application/json",
	    (struct str){ buf_text(&text), text.len });
}

void
exchange_reply_error(struct exchange *x, int status, const char *fmt, ...)
{
	AUTO_BUF struct buf text = BUF_INIT(ERR_TEXT_BYTES);
	va_list ap;
	va_start(ap, fmt);
	buf_vprintf(&text, fmt, ap);
	va_end(ap);
	reply_error_text(x, status, NULL, buf_text(&text));
}

static int
status_of(const struct err *e)
{
	if (e->sys == ENOSPC || e->sys == EDQUOT)
		return 507;
	switch (e->code) {
	case ERR_INVALID:
	case ERR_SYNTAX:
	case ERR_PROTOCOL:
		return 422;
	case ERR_ABSENT:
		return 404;
	case ERR_EXISTS:
	case ERR_STATE:
		return 409;
	case ERR_LIMIT:
		return 413;
	case ERR_DIGEST:
		return 401;
	default:
		return 500;
	}
}

void
exchange_reply_err(struct exchange *x, const struct err *e)
{
	int status = status_of(e);
	if (status == 500) {
		log_event(LOG_LEVEL_ERROR, "request_failed",
		    LOG_STR("route", x->route < API_ROUTES
					 ? wire_routes[x->route].name
					 : "none"),
		    LOG_STR("why", e->text));
		reply_error_text(x, 500, NULL,
		    "the router failed at this; its log says why");
		return;
	}
	if (status == 507)
		log_event(
		    LOG_LEVEL_ERROR, "disk_full", LOG_STR("why", e->text));
	reply_error_text(x, status, err_code_name(e->code), e->text);
}

void
exchange_reply_empty(struct exchange *x, int status)
{
	exchange_reply_bytes(x, status, NULL, STR(""));
}

void
exchange_reply_file(struct exchange *x, int status, const char *type, int fd,
    int64_t offset, int64_t len)
{
	struct conn *c = x->conn;
	AUTO_FD int file = fd;
	ASSERT(!x->streaming && offset >= 0 && len >= 0);
	count(x, status);
	if (c != NULL) {
		reply_head(c, status, type, len, buf_text(&x->headers), false);
		if (has_body(x, status) && len > 0) {
			c->file = TAKE_FD(file);
			c->file_offset = offset;
			c->file_left = len;
		}
	}
	end(x);
}

void
exchange_set_header(struct exchange *x, const char *name, const char *value)
{
	ASSERT(
	    strpbrk(name, "\r\n:") == NULL && strpbrk(value, "\r\n") == NULL);
	buf_printf(&x->headers, "%s: %s\r\n", name, value);
}

/* --- streams ----------------------------------------------------------- */

void
exchange_stream_begin(struct exchange *x, const char *type)
{
	ASSERT(!x->streaming);
	count(x, 200);
	x->streaming = true;
	if (x->conn == NULL)
		return;
	/* A reader that is slow shall show here, not in the kernel's memory. */
	int room = STREAM_SOCKET_BYTES;
	(void)setsockopt(
	    x->conn->fd, SOL_SOCKET, SO_SNDBUF, &room, sizeof(room));
	/* HTTP/1.0 has no chunks: the end of the connection is the end. */
	if (x->http10)
		x->conn->keep = false;
	reply_head(x->conn, 200, type, -1, buf_text(&x->headers), !x->http10);
	conn_kick(x->conn);
}

void
exchange_stream_send(struct exchange *x, struct str chunk)
{
	struct conn *c = x->conn;
	ASSERT(x->streaming);
	if (c == NULL || chunk.len == 0 || x->head_only)
		return;
	if (c->out.len - c->sent + chunk.len > HTTPD_STREAM_MAX_BYTES) {
		c->cut = true;
	} else if (x->http10) {
		buf_add(&c->out, chunk.data, chunk.len);
	} else {
		buf_printf(&c->out, "%zx\r\n", chunk.len);
		buf_add(&c->out, chunk.data, chunk.len);
		buf_add_str(&c->out, "\r\n");
	}
	conn_kick(c);
}

void
exchange_stream_end(struct exchange *x)
{
	ASSERT(x->streaming);
	if (x->conn != NULL && !x->http10 && !x->head_only)
		buf_add_str(&x->conn->out, "0\r\n\r\n");
	end(x);
}
