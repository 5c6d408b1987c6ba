/* SPDX-License-Identifier: MIT */
/*
 * `rightlink`: what runs on this machine is done here; what speaks HTTP or
 * hosts Ruby is done by a program of the libexec directory, so that nothing
 * else has to load its libraries.
 */
#include <stdlib.h>

#include "runner/commands.h"
#include "runner/tools.h"

static const command_fn fns[COMMANDS] = {
#define COMMAND(name_, bit_, where_, args_, prose_, text_, examples_)          \
	COMMAND_FN_RIGHTLINK_##where_(name_),
#include "runner/tbl/commands.h"
#undef COMMAND
};

static int
become(const struct command_row *c, int argc, char **argv, struct term *t)
{
	static const struct {
		const char *program, *mode;
	} programs[] = {
		[COMMAND_WHERE_OPERATOR] = { "operator", NULL },
		[COMMAND_WHERE_COOK] = { "cook", "--solo" },
		[COMMAND_WHERE_AGENT] = { "agent", NULL },
		[COMMAND_WHERE_ROUTER] = { "router", NULL },
	};
	if (c->where == COMMAND_WHERE_OPERATOR)
		return become_operator(t);
	const char **words = xcalloc((size_t)argc + 3, sizeof(*words));
	size_t len = 1;
	if (programs[c->where].mode != NULL)
		words[len++] = programs[c->where].mode;
	for (int i = 0; i < argc; i++)
		words[len++] = argv[i];
	int status = become_program(programs[c->where].program, words, t);
	free(words);
	return status;
}

int
main(int argc, char **argv)
{
	tool_main_if_called_so(argc, argv);
	command_line_main(argc, argv, fns, become);
}
