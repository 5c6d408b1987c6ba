/* SPDX-License-Identifier: MIT */
/* The event loop, the diff module, and HTTP against a child that plays the
 * server: one canned answer a connection, so that broken answers are exact. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/auto.h"
#include "common/diff.h"
#include "common/fsat.h"
#include "common/http.h"
#include "common/loop.h"

struct counter {
	struct loop *loop;
	struct loop_watch *watch;
	int fd, reads, signals;
};

static void
on_read(void *arg)
{
	struct counter *c = arg;
	char byte;
	assert_int_equal(read(c->fd, &byte, 1), 1);
	if (++c->reads == 3)
		loop_unwatch(&c->watch);
}

static void
on_signal(void *arg)
{
	struct counter *c = arg;
	c->signals++;
}

static void
on_timer(void *arg)
{
	struct counter *c = arg;
	raise(SIGUSR2);
	(void)c;
}

static void
on_last(void *arg)
{
	struct counter *c = arg;
	loop_stop(c->loop);
}

static void
loop_runs_watches_until_stopped(void **state)
{
	(void)state;
	AUTO(loop_free) struct loop *l = loop_new();
	int ends[2];
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	assert_int_equal(write(ends[1], "abcd", 4), 4);
	struct counter c = { .loop = l, .fd = ends[0] };
	c.watch = loop_watch_read(l, ends[0], on_read, &c);
	struct loop_watch *s = loop_watch_signal(l, SIGUSR2, on_signal, &c);
	struct loop_watch *t = loop_after(l, 10, on_timer, &c);
	struct loop_watch *last = loop_after(l, 60, on_last, &c);
	struct err e = { 0 };
	assert_int_equal(loop_run(l, &e), 0);
	assert_int_equal(c.reads, 3);
	assert_int_equal(c.signals, 1);
	assert_null(c.watch);
	loop_unwatch(&s);
	loop_unwatch(&t);
	loop_unwatch(&last);
	assert_int_equal(loop_run(l, &e), 0);
	close(ends[0]);
	close(ends[1]);
}

static void
diff_has_hunks_without_file_headers(void **state)
{
	(void)state;
	AUTO_BUF struct buf out = BUF_INIT(10000);
	struct err e = { 0 };
	int rc = diff_unified(STR("a\nb\nc\n"), STR("a\nB\nc"), &out, &e);
	if (rc < 0)
		fail_msg("%s", e.text);
	assert_string_equal(buf_text(&out),
	    "@@ -1,3 +1,3 @@\n a\n-b\n-c\n+B\n+c\n"
	    "\\ No newline at end of file\n");
	buf_reset(&out);
	assert_int_equal(diff_unified(STR("x"), STR("x"), &out, &e), 0);
	assert_int_equal(diff_unified(STR(""), STR(""), &out, &e), 0);
	assert_string_equal(buf_text(&out), "");
	assert_int_equal(diff_unified(STR(""), STR("n\n"), &out, &e), 0);
	assert_string_equal(buf_text(&out), "@@ -0,0 +1 @@\n+n\n");
}

/* A child that gives answers[i] to the i-th connection. */
struct server {
	pid_t pid;
	char url[64];
};

static void
serve(int listener, const char *const *answers)
{
	for (; *answers != NULL; answers++) {
		int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
		struct buf request = BUF_INIT(65536);
		char byte;
		while (strstr(buf_text(&request), "\r\n\r\n") == NULL &&
		       read(fd, &byte, 1) == 1)
			buf_add_char(&request, byte);
		/* The mark is replaced by the request. */
		AUTO_STR char *shown = NULL;
		const char *mark = strstr(*answers, "@REQUEST@");
		if (mark != NULL) {
			shown = xasprintf("%.*s%s", (int)(mark - *answers),
			    *answers, buf_text(&request));
		}
		const char *text = shown != NULL ? shown : *answers;
		if (fd_write_all(fd, text, strlen(text), NULL) < 0)
			_exit(1);
		buf_release(&request);
		/* A close with unread bytes would reset the connection. */
		shutdown(fd, SHUT_WR);
		while (read(fd, &byte, 1) == 1)
			continue;
		close(fd);
	}
	_exit(0);
}

static struct server
start_server(const char *const *answers)
{
	struct server s;
	struct sockaddr_in a = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(a);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(fd, (void *)&a, len), 0);
	assert_int_equal(listen(fd, 8), 0);
	assert_int_equal(getsockname(fd, (void *)&a, &len), 0);
	snprintf(s.url, sizeof(s.url), "http://u:pw@127.0.0.1:%d/p",
	    ntohs(a.sin_port));
	s.pid = fork();
	assert_true(s.pid >= 0);
	if (s.pid == 0)
		serve(fd, answers);
	close(fd);
	return s;
}

static int
perform(const char *const *answers, struct http_request q,
    struct http_response *r, struct err *e)
{
	struct server s = start_server(answers);
	q.url = s.url;
	q.proxy = "";
	int rc = http_perform(&q, r, e);
	kill(s.pid, SIGKILL);
	waitpid(s.pid, NULL, 0);
	return rc;
}

static void
http_follows_relative_redirects(void **state)
{
	(void)state;
	static const char *const answers[] = {
		"HTTP/1.1 302 Found\r\nLocation: ../other\r\n"
		"Content-Length: 0\r\nConnection: close\r\n\r\n",
		"HTTP/1.1 200 OK\r\nETag: \"x\"\r\nConnection: close\r\n\r\n"
		"@REQUEST@",
		NULL
	};
	AUTO_BUF struct buf body = BUF_INIT(10000);
	static const char *const headers[] = { "X-Own: 1", NULL };
	struct http_response r = { 0 };
	struct err e = { 0 };
	int rc = perform(answers,
	    (struct http_request){ .body_buf = &body, .headers = headers }, &r,
	    &e);
	if (rc < 0)
		fail_msg("%s", e.text);
	assert_int_equal(r.status, 200);
	assert_non_null(strstr(buf_text(&body), "GET /other HTTP/1.1"));
	assert_non_null(strstr(buf_text(&body), "X-Own: 1"));
	assert_non_null(
	    strstr(buf_text(&body), "Authorization: Basic dTpwdw=="));
	AUTO_STR char *etag = http_header(&r, "etag");
	assert_string_equal(etag, "\"x\"");
	assert_null(http_header(&r, "location"));
	http_response_release(&r);
}

static void
http_short_body_is_an_error_without_the_password(void **state)
{
	(void)state;
	static const char *const answers[] = {
		"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nshort", NULL
	};
	AUTO_BUF struct buf body = BUF_INIT(1000);
	struct http_response r = { 0 };
	struct err e = { 0 };
	int rc = perform(
	    answers, (struct http_request){ .body_buf = &body }, &r, &e);
	assert_int_equal(rc, ERR_PROTOCOL);
	assert_null(strstr(e.text, "pw"));
	assert_non_null(strstr(e.text, "http://127.0.0.1:"));
}

static void
http_body_limit_holds(void **state)
{
	(void)state;
	static const char *const answers[] = {
		"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n0123456789", NULL
	};
	AUTO_BUF struct buf body = BUF_INIT(1000);
	struct http_response r = { 0 };
	struct err e = { 0 };
	int rc = perform(answers,
	    (struct http_request){ .body_buf = &body, .max_body_bytes = 5 }, &r,
	    &e);
	assert_int_equal(rc, ERR_LIMIT);
}

static void
http_failures_have_codes(void **state)
{
	(void)state;
	struct http_response r = { 0 };
	struct err e = { 0 };
	static const struct {
		const char *url;
		int code;
	} cases[] = {
		{ "http://127.0.0.1:1/", ERR_NETWORK },
		{ "gopher://x/", ERR_INVALID },
		{ "http://", ERR_INVALID },
		{ "file:///no/such/file", ERR_ABSENT },
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		AUTO_BUF struct buf body = BUF_INIT(1000);
		struct http_request q = {
			.url = cases[i].url, .body_buf = &body, .proxy = ""
		};
		assert_int_equal(http_perform(&q, &r, &e), cases[i].code);
	}
}

static void
http_reads_files_and_posts(void **state)
{
	(void)state;
	static const char *const answers[] = {
		"HTTP/1.1 404 Not Found\r\nConnection: close\r\n\r\n@REQUEST@",
		NULL
	};
	AUTO_BUF struct buf body = BUF_INIT(100000);
	struct http_response r = { 0 };
	struct err e = { 0 };
	int rc = perform(answers,
	    (struct http_request){
		.body_buf = &body, .method = "PUT", .body = STR("data") },
	    &r, &e);
	assert_int_equal(rc, 0);
	assert_int_equal(r.status, 404);
	assert_non_null(strstr(buf_text(&body), "PUT /p HTTP/1.1"));
	assert_non_null(strstr(buf_text(&body), "Content-Length: 4"));
	http_response_release(&r);
	buf_reset(&body);
	struct http_request q = { .url = "file:///etc/passwd",
		.body_buf = &body };
	assert_int_equal(http_perform(&q, &r, &e), 0);
	assert_int_equal(r.status, 200);
	assert_non_null(strstr(buf_text(&body), "root:"));
	http_response_release(&r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(loop_runs_watches_until_stopped),
		cmocka_unit_test(diff_has_hunks_without_file_headers),
		cmocka_unit_test(http_follows_relative_redirects),
		cmocka_unit_test(
		    http_short_body_is_an_error_without_the_password),
		cmocka_unit_test(http_body_limit_holds),
		cmocka_unit_test(http_failures_have_codes),
		cmocka_unit_test(http_reads_files_and_posts),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
