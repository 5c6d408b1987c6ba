/* SPDX-License-Identifier: MIT */
/* `rightlink`: finds the command, parses its options, ends with its status. */
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "runner/commands.h"
#include "runner/exits.h"

static const struct command *
find_command(const char *name)
{
	for (size_t i = 0; i < commands_len; i++) {
		if (text_eq(commands[i].name, name))
			return &commands[i];
	}
	return NULL;
}

static int
unknown_command(const char *name, struct term *t)
{
	const char *names[64];
	size_t count = 0;
	for (; count < commands_len && count < ARRAY_LEN(names); count++)
		names[count] = commands[count].name;
	const char *near = nearest_name(name, names, count);
	struct err e = { 0 };
	if (near != NULL)
		(void)err_set(&e, ERR_INVALID,
		    "unknown command '%.64s'; did you mean '%s'?", name, near);
	else
		(void)err_set(&e, ERR_INVALID,
		    "unknown command '%.64s'; rightlink help lists them", name);
	term_error(t, &e, EXIT_STATUS_USAGE);
	return EXIT_STATUS_USAGE;
}

/* The form in which a wrong command line is to be told. */
static const char *
wanted_output(int argc, char **argv)
{
	static const char *const spellings[] = { "-o", "--output" };
	for (int i = 2; i < argc; i++) {
		if (text_has_prefix(argv[i], "--output="))
			return argv[i] + strlen("--output=");
		for (size_t k = 0; k < ARRAY_LEN(spellings); k++) {
			if (text_eq(argv[i], spellings[k]) && i + 1 < argc)
				return argv[i + 1];
		}
	}
	return "text";
}

static int
run_command(int argc, char **argv)
{
	struct options o = { .limit = -1, .timeout = -1 };
	struct term t;
	term_init(&t, &o);
	const char *name = argc > 1 ? argv[1] : "help";
	if (text_eq(name, "-h") || text_eq(name, "--help"))
		name = "help";
	else if (text_eq(name, "-V") || text_eq(name, "--version"))
		name = "version";
	const struct command *c = find_command(name);
	if (c == NULL)
		return unknown_command(name, &t);
	int skip = argc > 1 ? 2 : 1;
	if (c->main == NULL)
		return command_solo(argc - skip, argv + skip, &t);
	/* solo works with its caller's; ours must be safe */
	umask(022);
	struct err e = { 0 };
	if (options_parse(argc - skip, argv + skip, c->bit, &o, &e) < 0) {
		o.output = wanted_output(argc, argv);
		term_init(&t, &o);
		term_error(&t, &e, EXIT_STATUS_USAGE);
		return EXIT_STATUS_USAGE;
	}
	term_init(&t, &o);
	if (o.help) {
		command_print_help(c, &t);
		return EXIT_STATUS_OK;
	}
	return c->main(&o, &t);
}

int
main(int argc, char **argv)
{
	/* A reader that went away is a failed write, not our end. */
	struct sigaction ignore = { .sa_handler = SIG_IGN };
	sigaction(SIGPIPE, &ignore, NULL);
	int status = run_command(argc, argv);
	if (status > 128) {
		struct sigaction usual = { .sa_handler = SIG_DFL };
		sigaction(status - 128, &usual, NULL);
		raise(status - 128);
	}
	exit(status);
}
