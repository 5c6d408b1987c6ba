/* SPDX-License-Identifier: MIT */
/* HTTP beside the loop, against a child that serves keep-alive connections,
 * each in a child of its own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/auto.h"
#include "common/fsat.h"
#include "common/http_loop.h"

#define REQUEST_MAX_BYTES 200000

/* ---- the server -------------------------------------------------------- */

static void
say(int fd, const char *text)
{
	if (fd_write_all(fd, text, strlen(text), NULL) < 0)
		_exit(0);
}

static void
say_body(int fd, const char *body)
{
	AUTO_BUF struct buf b = BUF_INIT(REQUEST_MAX_BYTES * 2);
	buf_printf(&b, "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n\r\n%s",
	    strlen(body), body);
	say(fd, buf_text(&b));
}

/* Reads one request, head and body, or ends the process. */
static void
read_request(int fd, struct buf *r)
{
	size_t want = SIZE_MAX;
	char byte;
	while (r->len < want) {
		if (read(fd, &byte, 1) != 1)
			_exit(0);
		buf_add_char(r, byte);
		const char *end = strstr(buf_text(r), "\r\n\r\n");
		if (want != SIZE_MAX || end == NULL)
			continue;
		const char *len = strstr(buf_text(r), "Content-Length: ");
		want = r->len + (len ? strtoul(len + 16, NULL, 10) : 0);
	}
}

static void
answer(int fd, const char *request, int connection)
{
	static char big[100001];
	if (strstr(request, " /slow ") != NULL) {
		/* Never, but end with the client. */
		while (read(fd, big, 1) > 0)
			continue;
		_exit(0);
	} else if (strstr(request, " /big ") != NULL) {
		memset(big, 'x', sizeof(big) - 1);
		say_body(fd, big);
	} else if (strstr(request, " /redirect ") != NULL) {
		say(fd, "HTTP/1.1 302 Found\r\nLocation: /echo\r\n"
			"Content-Length: 0\r\n\r\n");
	} else if (strstr(request, " /fail ") != NULL) {
		say(fd, "HTTP/1.1 500 No\r\nContent-Length: 4\r\n\r\noops");
	} else if (strstr(request, " /cut ") != NULL) {
		say(fd, "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nshort");
		_exit(0);
	} else if (strstr(request, " /pieces ") != NULL) {
		say(fd,
		    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
		for (int i = 0; i < 3; i++) {
			usleep(20000);
			say(fd, "3\r\nabc\r\n");
		}
		say(fd, "0\r\n\r\n");
	} else if (strstr(request, " /connection ") != NULL) {
		AUTO_STR char *text = xasprintf("%d", connection);
		say_body(fd, text);
	} else {
		say_body(fd, request);
	}
}

NEVER_RETURNS static void
serve(int listener)
{
	struct sigaction ignore = { .sa_handler = SIG_IGN };
	sigaction(SIGCHLD, &ignore, NULL);
	for (int n = 1;; n++) {
		int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
		if (fd < 0)
			_exit(0);
		if (fork() == 0) {
			for (;;) {
				struct buf r = BUF_INIT(REQUEST_MAX_BYTES);
				read_request(fd, &r);
				answer(fd, buf_text(&r), n);
				buf_release(&r);
			}
		}
		close(fd);
	}
}

/* ---- the world --------------------------------------------------------- */

struct world {
	pid_t server;
	char base[64];
	struct loop *loop;
	struct http_client *client;
};

static int
set_up(void **state)
{
	struct world *w = xcalloc(1, sizeof(*w));
	struct sockaddr_in a = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(a);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (bind(fd, (void *)&a, len) < 0 || listen(fd, 64) < 0 ||
	    getsockname(fd, (void *)&a, &len) < 0)
		return -1;
	snprintf(
	    w->base, sizeof(w->base), "http://127.0.0.1:%d", ntohs(a.sin_port));
	w->server = fork();
	if (w->server == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		serve(fd);
	}
	close(fd);
	setenv("no_proxy", "127.0.0.1", 1);
	w->loop = loop_new();
	struct http_client_options o = { .ca_file = NULL };
	w->client = http_client_new(w->loop, &o);
	*state = w;
	return 0;
}

static int
tear_down(void **state)
{
	struct world *w = *state;
	http_client_free(&w->client);
	loop_free(&w->loop);
	kill(w->server, SIGKILL);
	waitpid(w->server, NULL, 0);
	free(w);
	return 0;
}

/* What came out of a call. */
struct outcome {
	struct world *world;
	int calls, rc, status;
	struct buf body, pieces;
	int pieces_len;
	char error[ERR_TEXT_BYTES];
	struct http_call *call;
	struct outcome *next; /* to be started from done or a piece */
	const char *next_path;
	bool free_client, stop;
};
#define OUTCOME(w)                                                             \
	{                                                                      \
		.world = (w), .body = BUF_INIT(REQUEST_MAX_BYTES),             \
		.pieces = BUF_INIT(REQUEST_MAX_BYTES),                         \
	}

static void
outcome_release(struct outcome *o)
{
	buf_release(&o->body);
	buf_release(&o->pieces);
}

static void start(struct outcome *o, const char *method, const char *path,
    struct http_call_spec spec);

static void
on_done(int rc, const struct http_response *r, struct str body,
    const struct err *e, void *arg)
{
	struct outcome *o = arg;
	o->calls++;
	o->rc = rc;
	o->status = rc == 0 ? r->status : 0;
	buf_add(&o->body, body.data, body.len);
	if (e != NULL)
		memcpy(o->error, e->text, sizeof(o->error));
	if (o->next != NULL && o->next_path != NULL)
		start(
		    o->next, "GET", o->next_path, (struct http_call_spec){ 0 });
	if (o->free_client)
		http_client_free(&o->world->client);
	if (o->stop)
		loop_stop(o->world->loop);
}

static void
start(struct outcome *o, const char *method, const char *path,
    struct http_call_spec spec)
{
	AUTO_STR char *url = xasprintf("%s%s", o->world->base, path);
	spec.method = method;
	spec.url = url;
	spec.done = on_done;
	spec.arg = o;
	struct err e = { 0 };
	if (http_call_start(o->world->client, &spec, &o->call, &e) < 0)
		fail_msg("%s", e.text);
	assert_int_equal(o->calls, 0);
}

/* Until nothing is under way: no socket is watched, no timer set. */
static void
run(struct world *w)
{
	struct err e = { 0 };
	assert_int_equal(loop_run(w->loop, &e), 0);
}

/* ---- tests ------------------------------------------------------------- */

static void
a_request_goes_as_it_was_given(void **state)
{
	struct world *w = *state;
	static const char *const headers[] = { "X-Own: 1",
		"Content-Type: application/json", NULL };
	struct outcome o = OUTCOME(w);
	start(&o, "POST", "/echo?q=1",
	    (struct http_call_spec){ .headers = headers, .body = STR("{}") });
	o.stop = true;
	run(w);
	assert_int_equal(o.calls, 1);
	assert_int_equal(o.rc, 0);
	assert_int_equal(o.status, 200);
	const char *text = buf_text(&o.body);
	assert_true(text_has_prefix(text, "POST /echo?q=1 HTTP/1.1\r\n"));
	assert_non_null(strstr(text, "X-Own: 1\r\n"));
	assert_non_null(strstr(text, "Content-Length: 2\r\n"));
	assert_null(strstr(text, "Accept-Encoding"));
	assert_true(text_has_suffix(text, "\r\n\r\n{}"));
	struct outcome empty = OUTCOME(w);
	empty.stop = true;
	start(&empty, "PUT", "/echo", (struct http_call_spec){ 0 });
	run(w);
	text = buf_text(&empty.body);
	assert_true(text_has_prefix(text, "PUT /echo"));
	assert_non_null(strstr(text, "Content-Length: 0\r\n"));
	outcome_release(&o);
	outcome_release(&empty);
}

static void
connections_are_kept_and_shared(void **state)
{
	struct world *w = *state;
	for (int i = 0; i < 5; i++) {
		struct outcome o = OUTCOME(w);
		o.stop = true;
		start(&o, "GET", "/connection", (struct http_call_spec){ 0 });
		run(w);
		assert_string_equal(buf_text(&o.body), "1");
		outcome_release(&o);
	}
}

static void
a_parked_call_does_not_hold_up_others(void **state)
{
	struct world *w = *state;
	struct outcome slow = OUTCOME(w), other[8];
	start(&slow, "POST", "/slow", (struct http_call_spec){ 0 });
	for (size_t i = 0; i < ARRAY_LEN(other); i++) {
		other[i] = (struct outcome)OUTCOME(w);
		other[i].stop = i == ARRAY_LEN(other) - 1;
		if (i > 0)
			other[i - 1].next = &other[i];
		other[i].next_path = "/echo";
	}
	start(&other[0], "GET", "/echo", (struct http_call_spec){ 0 });
	run(w);
	for (size_t i = 0; i < ARRAY_LEN(other); i++) {
		assert_int_equal(other[i].status, 200);
		outcome_release(&other[i]);
	}
	assert_int_equal(slow.calls, 0);
	http_call_cancel(&slow.call);
	assert_null(slow.call);
	run(w);
	assert_int_equal(slow.calls, 0);
	outcome_release(&slow);
}

static void
on_end(void *arg)
{
	struct world *w = arg;
	loop_stop(w->loop);
}

static int64_t
wakes(void)
{
	struct rusage u;
	assert_int_equal(getrusage(RUSAGE_SELF, &u), 0);
	return u.ru_nvcsw;
}

/* The agent's idle state: nothing happens until the router answers. */
static void
a_parked_call_does_not_wake_the_process(void **state)
{
	struct world *w = *state;
	struct outcome slow = OUTCOME(w);
	start(&slow, "POST", "/slow", (struct http_call_spec){ 0 });
	struct loop_watch *t = loop_after(w->loop, 300, on_end, w);
	run(w);
	int64_t before = wakes();
	loop_set(t, 1500);
	run(w);
	assert_in_range(wakes() - before, 1, 4);
	loop_unwatch(&t);
	outcome_release(&slow);
}

static void
failures_have_codes(void **state)
{
	struct world *w = *state;
	static const struct {
		const char *path;
		struct http_call_spec spec;
		int rc, status;
	} rows[] = {
		{ "/slow", { .timeout_ms = 50 }, ERR_TIMEOUT, 0 },
		{ "/big", { .max_body_bytes = 1000 }, ERR_LIMIT, 0 },
		{ "/big", { .max_body_bytes = 100000 }, 0, 200 },
		{ "/cut", { 0 }, ERR_PROTOCOL, 0 },
		{ "/fail", { 0 }, 0, 500 },
		{ "/redirect", { 0 }, 0, 302 },
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct outcome o = OUTCOME(w);
		o.stop = true;
		start(&o, "GET", rows[i].path, rows[i].spec);
		run(w);
		assert_int_equal(o.calls, 1);
		assert_int_equal(o.rc, rows[i].rc);
		assert_int_equal(o.status, rows[i].status);
		if (o.rc < 0)
			assert_non_null(strstr(o.error, rows[i].path));
		outcome_release(&o);
	}
	kill(w->server, SIGKILL);
	waitpid(w->server, NULL, 0);
	struct outcome o = OUTCOME(w);
	o.stop = true;
	http_client_free(&w->client);
	struct http_client_options options = { .ca_file = NULL };
	w->client = http_client_new(w->loop, &options);
	start(&o, "GET", "/echo", (struct http_call_spec){ 0 });
	run(w);
	assert_int_equal(o.rc, ERR_NETWORK);
	outcome_release(&o);
}

static void
urls_are_checked_before_anything_is_done(void **state)
{
	struct world *w = *state;
	static const char *const urls[] = { "", "x", "file:///etc/passwd",
		"ftp://127.0.0.1/x", "http://", "https://a b/" };
	for (size_t i = 0; i < ARRAY_LEN(urls); i++) {
		struct http_call_spec spec = { .url = urls[i],
			.done = on_done };
		struct err e = { 0 };
		assert_int_equal(
		    http_call_start(w->client, &spec, NULL, &e), ERR_INVALID);
	}
}

static void
take_piece(struct str chunk, void *arg)
{
	struct outcome *o = arg;
	buf_add(&o->pieces, chunk.data, chunk.len);
	o->pieces_len++;
	if (o->next != NULL && o->pieces_len == 1)
		start(o->next, "GET", "/echo", (struct http_call_spec){ 0 });
}

static void
pieces_come_as_they_are_sent(void **state)
{
	struct world *w = *state;
	struct outcome o = OUTCOME(w), inner = OUTCOME(w);
	o.next = &inner;
	o.stop = true;
	start(&o, "GET", "/pieces",
	    (struct http_call_spec){
		.chunk = take_piece, .max_body_bytes = 4, .timeout_ms = -1 });
	run(w);
	assert_int_equal(o.rc, 0);
	assert_string_equal(buf_text(&o.pieces), "abcabcabc");
	assert_true(o.pieces_len >= 2);
	assert_int_equal(o.body.len, 0);
	assert_int_equal(inner.status, 200);
	/* A failure's body is given whole, as ever. */
	struct outcome bad = OUTCOME(w);
	bad.stop = true;
	start(&bad, "GET", "/fail",
	    (struct http_call_spec){ .chunk = take_piece });
	run(w);
	assert_int_equal(bad.pieces_len, 0);
	assert_string_equal(buf_text(&bad.body), "oops");
	outcome_release(&o);
	outcome_release(&inner);
	outcome_release(&bad);
}

static void
cancel_on_piece(struct str chunk, void *arg)
{
	(void)chunk;
	struct outcome *o = arg;
	o->pieces_len++;
	http_call_cancel(&o->call);
	if (o->next != NULL)
		http_call_cancel(&o->next->call);
}

static void
a_piece_may_cancel_calls(void **state)
{
	struct world *w = *state;
	struct outcome slow = OUTCOME(w), o = OUTCOME(w), last = OUTCOME(w);
	start(&slow, "GET", "/slow", (struct http_call_spec){ 0 });
	o.next = &slow;
	start(&o, "GET", "/pieces",
	    (struct http_call_spec){ .chunk = cancel_on_piece });
	last.stop = true;
	start(&last, "GET", "/pieces", (struct http_call_spec){ 0 });
	run(w);
	assert_int_equal(o.pieces_len, 1);
	assert_int_equal(o.calls, 0);
	assert_int_equal(slow.calls, 0);
	assert_string_equal(buf_text(&last.body), "abcabcabc");
	outcome_release(&slow);
	outcome_release(&o);
	outcome_release(&last);
}

static void
done_may_free_the_client(void **state)
{
	struct world *w = *state;
	struct outcome slow = OUTCOME(w), o = OUTCOME(w);
	start(&slow, "GET", "/slow", (struct http_call_spec){ 0 });
	o.free_client = true;
	start(&o, "GET", "/echo", (struct http_call_spec){ 0 });
	/* Nothing is watched any more: the loop ends by itself. */
	run(w);
	assert_null(w->client);
	assert_int_equal(o.calls, 1);
	assert_int_equal(slow.calls, 0);
	outcome_release(&slow);
	outcome_release(&o);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_request_goes_as_it_was_given),
		TEST(connections_are_kept_and_shared),
		TEST(a_parked_call_does_not_hold_up_others),
		TEST(a_parked_call_does_not_wake_the_process),
		TEST(failures_have_codes),
		TEST(urls_are_checked_before_anything_is_done),
		TEST(pieces_come_as_they_are_sent),
		TEST(a_piece_may_cancel_calls),
		TEST(done_may_free_the_client),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
