/* SPDX-License-Identifier: MIT */
/* What is made of the table of commands: help, manual, completion. */
#include <stdio.h>

#include "common/auto.h"
#include "runner/commands.h"
#include "runner/exits.h"

#define TEXT_MAX_BYTES ((size_t)1 << 20)

static const struct {
	int number;
	const char *prose;
} exits[] = {
#define EXIT(name, number, prose) { number, prose },
#include "runner/tbl/exits.h"
#undef EXIT
};

void
command_print_help(const struct command *c, const struct term *t)
{
	AUTO_BUF struct buf out = BUF_INIT(TEXT_MAX_BYTES);
	buf_printf(&out, "rightlink %s - %s\n\nExamples:\n", c->name, c->prose);
	struct str rest = str_from(c->examples), line;
	while (str_split(&rest, '\n', &line)) {
		if (line.len > 0)
			buf_printf(&out, "  %.*s\n", STR_ARG(line));
	}
	buf_printf(&out, "\nUsage: rightlink %s %s\n", c->name, c->args);
	if (c->text != NULL)
		buf_printf(&out, "\n%s\n", c->text);
	if (c->bit != COMMAND_FOREIGN) {
		buf_add_str(&out, "\nOptions:\n");
		options_help(c->bit, &out);
		buf_add_str(&out, "\nExit statuses:\n");
	}
	for (size_t i = 0; i < ARRAY_LEN(exits) && c->bit != COMMAND_FOREIGN;
	     i++)
		buf_printf(
		    &out, "  %3d  %s\n", exits[i].number, exits[i].prose);
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
			  "  rightlink help boot\n\n"
			  "Commands:\n");
	for (size_t i = 0; i < COMMANDS; i++)
		buf_printf(
		    &out, "  %-12s%s\n", commands[i].name, commands[i].prose);
	term_data(t, (struct str){ out.data, out.len });
}

int
command_help(const struct options *o, struct term *t)
{
	if (o->args.len == 0) {
		print_overview(t);
		return EXIT_STATUS_OK;
	}
	const struct command *c = command_find(o->args.list[0]);
	if (c != NULL) {
		command_print_help(c, t);
		return EXIT_STATUS_OK;
	}
	struct err e = { 0 };
	(void)err_set(
	    &e, ERR_INVALID, "help: no command '%.64s'", o->args.list[0]);
	term_error(t, &e, EXIT_STATUS_USAGE);
	return EXIT_STATUS_USAGE;
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

static void
add_manual(const struct command *c, struct buf *out)
{
	buf_printf(out, "## rightlink %s ", c->name);
	manual_text(c->args, out);
	buf_add_str(out, "\n\n");
	manual_text(c->prose, out);
	buf_add_str(out, ". ");
	manual_text(c->text != NULL ? c->text : "", out);
	buf_add_str(out, "\n\n```\n");
	buf_add_str(out, c->examples);
	buf_add_str(out, "```\n\n");
}

int
command_manual(const struct options *o, struct term *t)
{
	(void)o;
	AUTO_BUF struct buf out = BUF_INIT(TEXT_MAX_BYTES);
	buf_add_str(&out,
	    "rightlink(1)\n\n# NAME\n\nrightlink - runs Chef cookbooks and "
	    "RightScripts\n\n# SYNOPSIS\n\n*rightlink* _COMMAND_ "
	    "[_OPTIONS_]\n\n# COMMANDS\n\n");
	for (size_t i = 0; i < COMMANDS; i++)
		add_manual(&commands[i], &out);
	buf_add_str(&out, "# OPTIONS\n\n");
	options_manual(COMMAND_ALL, &out);
	buf_add_str(&out, "# EXIT STATUS\n\n");
	for (size_t i = 0; i < ARRAY_LEN(exits); i++) {
		buf_printf(&out, "*%d*\n\t", exits[i].number);
		manual_text(exits[i].prose, &out);
		buf_add_str(&out, "\n\n");
	}
	term_data(t, (struct str){ out.data, out.len });
	return EXIT_STATUS_OK;
}

int
command_completion(const struct options *o, struct term *t)
{
	(void)o;
	AUTO_BUF struct buf out = BUF_INIT(TEXT_MAX_BYTES);
	buf_add_str(&out, "_rightlink() {\n"
			  "\tlocal cur=${COMP_WORDS[COMP_CWORD]} words\n"
			  "\tif [ \"$COMP_CWORD\" -eq 1 ]; then\n\t\twords='");
	for (size_t i = 0; i < COMMANDS; i++)
		buf_printf(&out, "%s ", commands[i].name);
	buf_add_str(&out, "'\n\telse\n\t\tcase ${COMP_WORDS[1]} in\n");
	for (size_t i = 0; i < COMMANDS; i++) {
		buf_printf(&out, "\t\t%s) words='", commands[i].name);
		options_words(commands[i].bit, &out);
		buf_add_str(&out, "' ;;\n");
	}
	buf_add_str(&out,
	    "\t\tesac\n\tfi\n"
	    "\tmapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$cur\")\n"
	    "}\ncomplete -o default -F _rightlink rightlink\n");
	term_data(t, (struct str){ out.data, out.len });
	return EXIT_STATUS_OK;
}
