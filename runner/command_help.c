/* SPDX-License-Identifier: MIT */
/* What is made of the table of commands: help and manual. */
#include <ctype.h>

#include "common/auto.h"
#include "runner/commands.h"
#include "runner/exits.h"

#define TEXT_MAX_BYTES ((size_t)1 << 20)

static const struct {
	int number;
	unsigned commands;
	const char *prose;
} exits[] = {
#define EXIT(name_, number_, commands_, prose_)                                \
	{ number_, COMMAND_##commands_, prose_ },
#include "runner/tbl/exits.h"
#undef EXIT
};

/* What is said of a command whose options are its own is said by itself. */
static void
add_help(const struct command_row *c, struct buf *out)
{
	buf_printf(out, "rightlink %s - %s\n\nExamples:\n", c->name, c->prose);
	struct str rest = str_from(c->examples), line;
	while (str_split(&rest, '\n', &line)) {
		if (line.len > 0)
			buf_printf(out, "  %.*s\n", STR_ARG(line));
	}
	buf_printf(out, "\nUsage: rightlink %s %s\n", c->name, c->args);
	if (c->text != NULL) {
		buf_add_char(out, '\n');
		add_wrapped(out, c->text, 0);
	}
}

void
command_print_help(const struct command_row *c, const struct term *t)
{
	AUTO_BUF struct buf out = BUF_INIT(TEXT_MAX_BYTES);
	add_help(c, &out);
	if (c->bit != COMMAND_FOREIGN) {
		struct option_table options = options_table(c->bit);
		buf_add_str(&out, "\nOptions:\n");
		option_table_help(&options, &out);
		buf_add_str(&out, "\nExit statuses:\n");
	}
	for (size_t i = 0; i < ARRAY_LEN(exits); i++) {
		if (!(exits[i].commands & c->bit))
			continue;
		buf_printf(&out, "  %3d  ", exits[i].number);
		add_wrapped(&out, exits[i].prose, 7);
	}
	term_data(t, (struct str){ out.data, out.len });
}

static void
print_overview(const struct term *t)
{
	AUTO_BUF struct buf out = BUF_INIT(TEXT_MAX_BYTES);
	buf_add_str(&out, "rightlink - runs Chef cookbooks and RightScripts\n\n"
			  "Examples:\n"
			  "  rightlink boot --bundle /srv/shop\n"
			  "  rightlink run shop::deploy\n"
			  "  rightlink solo -c solo.rb -j node.json\n"
			  "  rightlink run shop::deploy --tag app:role=web\n"
			  "  rightlink help boot\n\n"
			  "Commands:\n");
	for (size_t i = 0; i < COMMANDS; i++)
		buf_printf(&out, "  %-14s%s\n", command_rows[i].name,
		    command_rows[i].prose);
	term_data(t, (struct str){ out.data, out.len });
}

static int
unknown(const char *name, const char *command, struct term *t)
{
	struct err e = { 0 };
	(void)err_set(&e, ERR_INVALID, "%s: no command '%.64s'", command, name);
	term_error(t, &e, EXIT_STATUS_USAGE);
	return EXIT_STATUS_USAGE;
}

int
command_help(const struct options *o, struct term *t)
{
	if (o->args.len == 0) {
		print_overview(t);
		return EXIT_STATUS_OK;
	}
	const struct command_row *c = command_find(o->args.list[0]);
	if (c != NULL) {
		command_print_help(c, t);
		return EXIT_STATUS_OK;
	}
	return unknown(o->args.list[0], "help", t);
}

int
command_version(const struct options *o, struct term *t)
{
	(void)o;
	if (t->output == TERM_TEXT) {
		term_data(t, STR("rightlink " RIGHTLINK_VERSION "\n"));
		return EXIT_STATUS_OK;
	}
	AUTO(jsn_free) struct jsn *v = jsn_new_object();
	jsn_set_str(v, "version", RIGHTLINK_VERSION);
	term_json(t, v);
	return EXIT_STATUS_OK;
}

/* Headings of a page about one command; `part` of one about all. */
static void
add_manual(const struct command_row *c, bool part, struct buf *out)
{
	buf_printf(out, "%s rightlink %s ", part ? "##" : "*", c->name);
	manual_text(c->args, out);
	buf_add_str(out, part ? "\n\n" : "*\n\n# DESCRIPTION\n\n");
	AUTO_BUF struct buf prose = BUF_INIT(TEXT_MAX_BYTES);
	manual_text(c->prose, &prose);
	buf_printf(
	    out, "%c%s. ", toupper(buf_text(&prose)[0]), buf_text(&prose) + 1);
	manual_text(c->text != NULL ? c->text : "", out);
	buf_add_str(out, part ? "\n\n```\n" : "\n\n# EXAMPLES\n\n```\n");
	buf_add_str(out, c->examples);
	buf_add_str(out, "```\n\n");
}

static void
add_end(enum command_bit bits, struct buf *out)
{
	struct option_table options = options_table(bits);
	if (bits != COMMAND_FOREIGN) {
		buf_add_str(out, "# OPTIONS\n\n");
		option_table_manual(&options, out);
		buf_add_str(out, "# EXIT STATUS\n\n");
	}
	for (size_t i = 0; i < ARRAY_LEN(exits); i++) {
		if (!(exits[i].commands & bits))
			continue;
		buf_printf(out, "*%d*\n\t", exits[i].number);
		manual_text(exits[i].prose, out);
		buf_add_str(out, "\n\n");
	}
}

static void
add_whole_manual(struct buf *out)
{
	buf_add_str(out,
	    "rightlink(1)\n\n# NAME\n\nrightlink - runs Chef cookbooks and "
	    "RightScripts\n\n# SYNOPSIS\n\n*rightlink* _COMMAND_ "
	    "[_OPTIONS_]\n\n# COMMANDS\n\n");
	for (size_t i = 0; i < COMMANDS; i++)
		add_manual(&command_rows[i], true, out);
	add_end(COMMAND_ALL, out);
}

static void
add_page(const struct command_row *c, struct buf *out)
{
	buf_printf(out, "rightlink-%s(1)\n\n# NAME\n\nrightlink-%s - ", c->name,
	    c->name);
	manual_text(c->prose, out);
	buf_add_str(out, "\n\n# SYNOPSIS\n\n");
	add_manual(c, false, out);
	add_end(c->bit, out);
	buf_add_str(out, "# SEE ALSO\n\nrightlink(1)\n");
}

int
command_manual(const struct options *o, struct term *t)
{
	AUTO_BUF struct buf out = BUF_INIT(TEXT_MAX_BYTES);
	if (o->args.len == 0) {
		add_whole_manual(&out);
	} else {
		const struct command_row *c = command_find(o->args.list[0]);
		if (c == NULL)
			return unknown(o->args.list[0], "manual", t);
		add_page(c, &out);
	}
	term_data(t, (struct str){ out.data, out.len });
	return EXIT_STATUS_OK;
}
