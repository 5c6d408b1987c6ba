/* SPDX-License-Identifier: MIT */
/* The rows of runner/tbl/options.h as a table. */
#include "runner/options.h"

const struct option_row option_rows[] = {
#define OPTION(field_, kind_, letter_, name_, arg_, commands_, prose_)         \
	{ name_, arg_, prose_, OPTION_KIND_##kind_, letter_,                   \
		COMMAND_##commands_, offsetof(struct options, field_) },
#include "runner/tbl/options.h"
#undef OPTION
};
const size_t option_rows_len = ARRAY_LEN(option_rows);

struct option_table
options_table(enum command_bit command)
{
	return (struct option_table){
		.rows = option_rows,
		.len = option_rows_len,
		.commands = command,
		.args_offset = offsetof(struct options, args),
	};
}

void
options_init(struct options *o)
{
	*o = (struct options){ .help = false };
	for (size_t i = 0; i < option_rows_len; i++) {
		const struct option_row *row = &option_rows[i];
		if (row->kind == OPTION_KIND_NUMBER ||
		    row->kind == OPTION_KIND_SECONDS)
			*(int64_t *)(void *)((char *)o + row->offset) = -1;
	}
}

int
options_parse(int argc, char **argv, enum command_bit command,
    struct options *ret_options, struct err *e)
{
	struct option_table table = options_table(command);
	struct options o;
	options_init(&o);
	int rc = option_table_parse(&table, argc, argv, &o, e);
	if (rc == 0)
		*ret_options = o;
	return rc;
}
