/* SPDX-License-Identifier: MIT */
/* The table of commands, and what is made of it: help, manual, completion. */
#include <stdio.h>

#include "common/auto.h"
#include "runner/commands.h"
#include "runner/exits.h"

#define TEXT_MAX_BYTES ((size_t)1 << 20)

/* clang-format off */
const struct command commands[] = {
	{ "solo", COMMAND_FOREIGN, "[CHEF-SOLO OPTIONS]",
	  "run recipes once, with chef-solo's options and exit codes",
	  "rightlink solo --help lists the options.",
	  "rightlink solo -c solo.rb -j node.json\n"
	  "rightlink solo -c solo.rb -o 'recipe[nginx]' --why-run\n", NULL },
	{ "boot", COMMAND_BOOT, "--bundle DIR",
	  "boot this machine from a bundle: run its boot list",
	  "The bundle is validated whole before anything is run. The instance "
	  "ends operational, or stranded when something failed; either way it "
	  "takes operational runs, and the next boot starts anew.",
	  "rightlink boot --bundle /srv/shop\n"
	  "rightlink boot -b shop --input PORT=8080 --input PASSWORD=@/etc/pw\n"
	  "rightlink boot -b shop --why-run\n", command_boot },
	{ "run", COMMAND_RUN, "RECIPE|SCRIPT...",
	  "run executables of the bundle now",
	  "Only what the bundle lists under operational or boot can be run.",
	  "rightlink run shop::deploy\n"
	  "rightlink run shop::deploy --json release.json\n"
	  "rightlink run 'script[rotate logs]' --input DAYS=7\n", command_run },
	{ "tag", COMMAND_TAG, "[list|add|set|remove|query] [TAG...]",
	  "tags of this instance, and who carries tags",
	  "A tag is namespace:predicate=value or a plain word. set takes away "
	  "other values of the same namespace:predicate; remove and query take "
	  "namespace:predicate=* for any value.",
	  "rightlink tag add app:role=web\n"
	  "rightlink tag query 'app:role=*'\n"
	  "rightlink tag query --match all app:role=web app:ready=true\n",
	  command_tag },
	{ "runs", COMMAND_RUNS_LIST, "",
	  "runs of this machine, newest first", NULL,
	  "rightlink runs -n 5\n"
	  "rightlink runs --output json\n", command_runs },
	{ "audit", COMMAND_AUDIT, "[RUN]",
	  "what a run did, as text or as events",
	  "RUN is the beginning of a run's id; without it the newest run. text "
	  "is the audit, jsonl the events, json the result.",
	  "rightlink audit\n"
	  "rightlink audit 01J8 --output jsonl\n", command_audit },
	{ "logs", COMMAND_AUDIT, "[RUN]",
	  "the same as audit", NULL,
	  "rightlink logs\n", command_audit },
	{ "lint", COMMAND_LINT, "[COOKBOOK|COOKBOOK-PATH...]",
	  "find mistakes in cookbooks without running them",
	  "Prints file:line: level: rule: message. A directory of cookbooks is "
	  "taken whole; without one the working directory counts. Fails when "
	  "there is a finding of level error. A comment lint: ignore RULE "
	  "silences a line. docs/lint.md has the rules.",
	  "rightlink lint cookbooks\n"
	  "rightlink lint cookbooks/web cookbooks/db\n"
	  "rightlink lint --output json cookbooks\n", command_lint },
	{ "explain", COMMAND_EXPLAIN, "attribute PATH...|resource NAME...",
	  "where an attribute or a resource comes from",
	  "Compiles the recipes of a solo configuration and does not converge. "
	  "Of an attribute: each level that sets it, with file and line; * wins, "
	  "+ is merged. Of a resource: who declared it, and its notifications.",
	  "rightlink explain attribute nginx.port -c solo.rb -j node.json\n"
	  "rightlink explain resource 'service[nginx]' -c solo.rb -j node.json\n",
	  command_explain },
	{ "version", COMMAND_OTHER, "",
	  "the program's version", NULL,
	  "rightlink version --output json\n", command_version },
	{ "completion", COMMAND_OTHER, "",
	  "completion for bash, on standard output", NULL,
	  "rightlink completion > /etc/bash_completion.d/rightlink\n",
	  command_completion },
	{ "manual", COMMAND_OTHER, "",
	  "the manual page's source (scdoc), on standard output", NULL,
	  "rightlink manual | scdoc > rightlink.1\n", command_manual },
	{ "help", COMMAND_OTHER, "[COMMAND]",
	  "what a command does", NULL,
	  "rightlink help boot\n", command_help },
};
/* clang-format on */
const size_t commands_len = ARRAY_LEN(commands);

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
	for (size_t i = 0; i < commands_len; i++)
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
	for (size_t i = 0; i < commands_len; i++) {
		if (text_eq(commands[i].name, o->args.list[0])) {
			command_print_help(&commands[i], t);
			return EXIT_STATUS_OK;
		}
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
	for (size_t i = 0; i < commands_len; i++)
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
	for (size_t i = 0; i < commands_len; i++)
		buf_printf(&out, "%s ", commands[i].name);
	buf_add_str(&out, "'\n\telse\n\t\tcase ${COMP_WORDS[1]} in\n");
	for (size_t i = 0; i < commands_len; i++) {
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
