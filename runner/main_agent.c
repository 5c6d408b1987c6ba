/* SPDX-License-Identifier: MIT */
/*
 * libexec/rightlink/agent: settings, log, then the agent until it ends. A new
 * identity is taken by becoming this program once more.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/auto.h"
#include "common/log.h"
#include "runner/agent.h"
#include "runner/exits.h"
#include "runner/settings.h"

static void
print(struct str text)
{
	(void)!fwrite(text.data, 1, text.len, stdout);
}

static int
help(void)
{
	AUTO_BUF struct buf text = BUF_INIT((size_t)1 << 20);
	buf_add_str(&text,
	    "rightlink agent - the agent of this machine, in the foreground\n\n"
	    "Usage: rightlink agent [--config FILE] [--state-dir DIR] "
	    "[--KEY VALUE...]\n\n"
	    "Settings (--key VALUE, RIGHTLINK_KEY in the environment, or "
	    "key = value in\n" SETTINGS_FILE " and its .d directory):\n\n");
	settings_help(&text);
	print((struct str){ text.data, text.len });
	return EXIT_STATUS_OK;
}

/* The part of rightlink-agent(8) that comes from the table. */
static int
manual(void)
{
	AUTO_BUF struct buf text = BUF_INIT((size_t)1 << 20);
	settings_manual(&text);
	print((struct str){ text.data, text.len });
	return EXIT_STATUS_OK;
}

static int
fail(const struct err *e, int status)
{
	fprintf(stderr, "rightlink: agent: %s\n", e->text);
	return status;
}

static int
status_of(int rc)
{
	if (rc == ERR_STATE)
		return EXIT_STATUS_BUSY;
	if (rc == ERR_ABSENT || rc == ERR_INVALID || rc == ERR_SYNTAX)
		return EXIT_STATUS_CONFIG;
	return EXIT_STATUS_FAILED;
}

static int
run(const struct settings *s, const struct places *places, bool *ret_again)
{
	struct err e = { 0 };
	AUTO(agent_close) struct agent *a = NULL;
	int rc = agent_open(s, places, &a, &e);
	if (rc < 0)
		return fail(&e, status_of(rc));
	rc = agent_serve(a, &e);
	if (rc < 0)
		return fail(&e, EXIT_STATUS_FAILED);
	*ret_again = rc > 0;
	return EXIT_STATUS_OK;
}

static int
start(int argc, char **argv, bool *ret_again)
{
	struct err e = { 0 };
	enum log_level level = LOG_LEVEL_INFO;
	AUTO(settings_free) struct settings *s = NULL;
	int rc = settings_load(NULL, argc - 1, argv + 1, &s, &e);
	if (rc < 0)
		return fail(&e, EXIT_STATUS_CONFIG);
	log_open(STDERR_FILENO,
	    text_eq(s->log_form, "json") ? LOG_FORM_JSON : LOG_FORM_TEXT);
	if (log_level_find(s->log_level, &level, &e) == 0)
		log_set_level(level);
	struct places places = { .state = NULL };
	rc = places_find(s->state_dir, NULL, &places, &e);
	if (rc < 0)
		return fail(&e, EXIT_STATUS_FAILED);
	int status = run(s, &places, ret_again);
	places_release(&places);
	return status;
}

int
main(int argc, char **argv)
{
	struct sigaction ignore = { .sa_handler = SIG_IGN };
	sigaction(SIGPIPE, &ignore, NULL);
	umask(022);
	if (argc > 1 && (text_eq(argv[1], "--help") || text_eq(argv[1], "-h")))
		return help();
	if (argc > 1 && text_eq(argv[1], "--manual"))
		return manual();
	bool again = false;
	int status = start(argc, argv, &again);
	if (!again)
		return status;
	execv("/proc/self/exe", argv);
	struct err e = { 0 };
	(void)err_sys(&e, "start anew");
	return fail(&e, EXIT_STATUS_FAILED);
}
