/* SPDX-License-Identifier: MIT */
/* Log lines and the words to the supervisor. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <cmocka.h>

#include "common/auto.h"
#include "common/buf.h"
#include "common/jsn.h"
#include "common/log.h"
#include "common/notify.h"

struct world {
	int fds[2];
	char text[2 * LOG_MAX_BYTES];
};

static int
world_up(void **state)
{
	struct world *w = xcalloc(1, sizeof(*w));
	assert_int_equal(pipe2(w->fds, O_CLOEXEC), 0);
	unsetenv("JOURNAL_STREAM");
	log_set_level(LOG_LEVEL_INFO);
	*state = w;
	return 0;
}

static int
world_down(void **state)
{
	struct world *w = *state;
	fd_close(&w->fds[0]);
	fd_close(&w->fds[1]);
	free(w);
	return 0;
}

static const char *
written(struct world *w)
{
	ssize_t n = read(w->fds[0], w->text, sizeof(w->text) - 1);
	assert_true(n > 0);
	w->text[n] = '\0';
	return w->text;
}

static void
text_is_one_line_with_quoted_values(void **state)
{
	struct world *w = *state;
	log_open(w->fds[1], LOG_FORM_TEXT);
	log_event(LOG_LEVEL_WARN, "refused", LOG_STR("why", "no \"key\"\nhere"),
	    LOG_STR("name", "db1"), LOG_STR("none", ""), LOG_INT("n", -3));
	const char *line = strchr(written(w), ' ');
	assert_string_equal(line, " warn refused why=\"no \\\"key\\\"\\nhere\" "
				  "name=db1 none=\"\" n=-3\n");
}

static void
journald_gets_a_priority_instead_of_the_time(void **state)
{
	struct world *w = *state;
	setenv("JOURNAL_STREAM", "1:2", 1);
	log_open(w->fds[1], LOG_FORM_TEXT);
	log_event(LOG_LEVEL_ERROR, "broken", LOG_INT("n", 1));
	assert_string_equal(written(w), "<3>broken n=1\n");
}

static void
json_is_an_object_a_line(void **state)
{
	struct world *w = *state;
	log_open(w->fds[1], LOG_FORM_JSON);
	log_event(
	    LOG_LEVEL_INFO, "up", LOG_STR("a", "x\ny"), LOG_INT("port", 1));
	AUTO(jsn_free) struct jsn *o = NULL;
	struct err e = { 0 };
	const char *line = written(w);
	assert_ptr_equal(strchr(line, '\n'), line + strlen(line) - 1);
	assert_int_equal(
	    jsn_parse(str_from(line), "line", sizeof(w->text), &o, &e), 0);
	assert_string_equal(jsn_peek_str(o, "event", ""), "up");
	assert_string_equal(jsn_peek_str(o, "level", ""), "info");
	assert_string_equal(jsn_peek_str(o, "a", ""), "x\ny");
	assert_int_equal(jsn_peek_int(o, "port", 0), 1);
}

static void
long_lines_are_cut_and_still_whole(void **state)
{
	struct world *w = *state;
	char big[LOG_MAX_BYTES + 100];
	memset(big, 'x', sizeof(big) - 1);
	big[sizeof(big) - 1] = '\0';
	log_open(w->fds[1], LOG_FORM_TEXT);
	log_event(LOG_LEVEL_INFO, "big", LOG_STR("v", big));
	assert_int_equal(strlen(written(w)), LOG_MAX_BYTES);
	log_open(w->fds[1], LOG_FORM_JSON);
	log_event(LOG_LEVEL_INFO, "big", LOG_STR("v", big));
	AUTO(jsn_free) struct jsn *o = NULL;
	struct err e = { 0 };
	assert_int_equal(
	    jsn_parse(str_from(written(w)), "line", sizeof(w->text), &o, &e),
	    0);
	assert_string_equal(jsn_peek_str(o, "event", ""), "big");
}

static void
levels_are_found_by_name_and_drop_lines(void **state)
{
	struct world *w = *state;
	enum log_level level;
	struct err e = { 0 };
	assert_int_equal(log_level_find("debug", &level, &e), 0);
	assert_int_equal(level, LOG_LEVEL_DEBUG);
	assert_int_equal(log_level_find("loud", &level, &e), ERR_INVALID);
	log_open(w->fds[1], LOG_FORM_TEXT);
	log_event(LOG_LEVEL_DEBUG, "hidden", LOG_INT("n", 1));
	log_set_level(LOG_LEVEL_DEBUG);
	log_event(LOG_LEVEL_DEBUG, "shown", LOG_INT("n", 2));
	assert_null(strstr(written(w), "hidden"));
}

static void
notifications_reach_an_abstract_socket(void **state)
{
	(void)state;
	char name[64], got[64] = "";
	snprintf(name, sizeof(name), "@rightlink-notify-%d", getpid());
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	memcpy(at.sun_path + 1, name + 1, strlen(name) - 1);
	AUTO_FD int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	assert_int_equal(
	    bind(fd, (struct sockaddr *)&at,
		(socklen_t)(offsetof(struct sockaddr_un, sun_path) +
			    strlen(name))),
	    0);
	setenv("NOTIFY_SOCKET", name, 1);
	notify_send("READY=1\nSTATUS=up");
	assert_true(recv(fd, got, sizeof(got) - 1, MSG_DONTWAIT) > 0);
	assert_string_equal(got, "READY=1\nSTATUS=up");
	setenv("NOTIFY_SOCKET", "relative", 1);
	notify_send("READY=1");
	unsetenv("NOTIFY_SOCKET");
	notify_send("READY=1");
	assert_true(recv(fd, got, sizeof(got), MSG_DONTWAIT) < 0);
}

static void
watchdog_is_for_the_named_process_only(void **state)
{
	(void)state;
	char pid[32];
	snprintf(pid, sizeof(pid), "%d", getpid());
	unsetenv("WATCHDOG_USEC");
	assert_int_equal(notify_watchdog_ms(), 0);
	setenv("WATCHDOG_USEC", "3000000", 1);
	setenv("WATCHDOG_PID", pid, 1);
	assert_int_equal(notify_watchdog_ms(), 3000);
	setenv("WATCHDOG_PID", "1", 1);
	assert_int_equal(notify_watchdog_ms(), 0);
	setenv("WATCHDOG_USEC", "soon", 1);
	assert_int_equal(notify_watchdog_ms(), 0);
}

int
main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, world_up, world_down)
	const struct CMUnitTest tests[] = {
		TEST(text_is_one_line_with_quoted_values),
		TEST(journald_gets_a_priority_instead_of_the_time),
		TEST(json_is_an_object_a_line),
		TEST(long_lines_are_cut_and_still_whole),
		TEST(levels_are_found_by_name_and_drop_lines),
		TEST(notifications_reach_an_abstract_socket),
		TEST(watchdog_is_for_the_named_process_only),
	};
#undef TEST
	return cmocka_run_group_tests(tests, NULL, NULL);
}
