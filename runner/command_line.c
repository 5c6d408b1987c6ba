/* SPDX-License-Identifier: MIT */
/*
 * What every program with commands does first: find the command, parse its
 * options, answer --help. `rightlink` checks the command line of all of them
 * and may then become another program, which reads the same line again.
 */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/auto.h"
#include "common/fsat.h"
#include "runner/commands.h"
#include "runner/exits.h"
#include "runner/places.h"

/* The command line as it came, for become_operator. */
static char **whole_line;

static int
unknown_command(const char *name, struct term *t)
{
	const char *names[COMMANDS];
	for (size_t i = 0; i < COMMANDS; i++)
		names[i] = command_rows[i].name;
	const char *near = nearest_name(name, names, COMMANDS);
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
run_command(
    int argc, char **argv, const command_fn fns[], command_become_fn become)
{
	struct options o;
	options_init(&o);
	struct term t;
	term_init(&t, &o);
	const char *name = argc > 1 ? argv[1] : "help";
	if (text_eq(name, "-h") || text_eq(name, "--help"))
		name = "help";
	else if (text_eq(name, "-V") || text_eq(name, "--version"))
		name = "version";
	const struct command_row *c = command_find(name);
	if (c == NULL)
		return unknown_command(name, &t);
	int skip = argc > 1 ? 2 : 1;
	if (c->bit == COMMAND_FOREIGN && become != NULL)
		return become(c, argc - skip, argv + skip, &t);
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
	command_fn fn = fns[c - command_rows];
	if (fn != NULL)
		return fn(&o, &t);
	if (become != NULL)
		return become(c, argc - skip, argv + skip, &t);
	return unknown_command(name, &t);
}

void
command_line_main(int argc, char **argv, const command_fn fns[COMMANDS],
    command_become_fn become)
{
	/* A reader that went away is a failed write, not our end. */
	struct sigaction ignore = { .sa_handler = SIG_IGN };
	sigaction(SIGPIPE, &ignore, NULL);
	whole_line = argv;
	int status = run_command(argc, argv, fns, become);
	if (status > 128) {
		struct sigaction usual = { .sa_handler = SIG_DFL };
		sigaction(status - 128, &usual, NULL);
		raise(status - 128);
	}
	exit(status);
}

int
become_program(const char *program, const char **words, struct term *t)
{
	struct places p = { .state = NULL };
	struct err e = { 0 };
	int rc = places_find(NULL, NULL, &p, &e);
	if (rc == 0) {
		AUTO_STR char *path = path_join(p.libexec, program);
		words[0] = path;
		execv(path, (char **)words);
		if (errno == ENOENT)
			(void)err_set(&e, ERR_ABSENT,
			    "'%s' is not installed: this command needs it",
			    path);
		else
			(void)err_sys(&e, "run '%s'", path);
	}
	places_release(&p);
	term_error(t, &e, EXIT_STATUS_FAILED);
	return EXIT_STATUS_FAILED;
}

int
become_operator(struct term *t)
{
	return become_program("operator", (const char **)whole_line, t);
}
