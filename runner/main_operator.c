/* SPDX-License-Identifier: MIT */
/*
 * libexec/rightlink/operator: the commands of `rightlink` that speak to a
 * router. It is started as `rightlink` is, with the same words.
 */
#include "runner/commands.h"

static const command_fn fns[COMMANDS] = {
#define COMMAND(name_, bit_, where_, args_, prose_, text_, examples_)          \
	COMMAND_FN_OPERATOR_##where_(name_),
#include "runner/tbl/commands.h"
#undef COMMAND
};

int
main(int argc, char **argv)
{
	command_line_main(argc, argv, fns, NULL);
}
