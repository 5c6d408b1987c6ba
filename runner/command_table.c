/* SPDX-License-Identifier: MIT */
/* The rows of runner/tbl/commands.h as a table. */
#include "runner/commands.h"

const struct command_row command_rows[COMMANDS] = {
#define COMMAND(name_, options_, where_, args_, prose_, text_, examples_)      \
	{ #name_, COMMAND_##options_, COMMAND_WHERE_##where_, args_, prose_,   \
		text_, examples_ },
#include "runner/tbl/commands.h"
#undef COMMAND
};

const struct command_row *
command_find(const char *name)
{
	for (size_t i = 0; i < COMMANDS; i++) {
		if (text_eq(command_rows[i].name, name))
			return &command_rows[i];
	}
	return NULL;
}
