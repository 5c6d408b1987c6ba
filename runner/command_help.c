/* SPDX-License-Identifier: MIT */
/* Help and manual pages of the commands. */
#include "common/auto.h"
#include "runner/commands.h"
#include "runner/exits.h"
#include "runner/help.h"
#include "runner/tools.h"

#define TEXT_MAX_BYTES ((size_t)1 << 20)

static const struct exit_row exits[] = {
#define EXIT(name_, number_, commands_, prose_)                                \
	{ number_, COMMAND_##commands_, prose_ },
#include "runner/tbl/exits.h"
#undef EXIT
};

struct page_names {
	char *name, *page;
};

static void
page_names_release(struct page_names *n)
{
	str_free(&n->name);
	str_free(&n->page);
}

static struct help_page
page_of(const struct command_row *c, struct page_names *names)
{
	names->name = xasprintf("rightlink %s", c->name);
	names->page = xasprintf("rightlink-%s", c->name);
	return (struct help_page){
		.name = names->name,
		.page = names->page,
		.args = c->args,
		.prose = c->prose,
		.text = c->text,
		.examples = c->examples,
		.options = options_table(c->bit),
		.exits = exits,
		.exits_len = ARRAY_LEN(exits),
	};
}

void
command_print_help(const struct command_row *c, const struct term *t)
{
	AUTO(page_names_release) struct page_names names = { NULL, NULL };
	struct help_page page = page_of(c, &names);
	AUTO_BUF struct buf out = BUF_INIT(TEXT_MAX_BYTES);
	help_format(&page, &out);
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
	buf_add_str(&out, "\nRightLink 6's tools, each with --help:\n");
	for (size_t i = 0; i < TOOLS; i++)
		buf_printf(
		    &out, "  %-21s%s\n", tool_rows[i].name, tool_rows[i].prose);
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
	const char *name = o->args.list[0];
	const struct command_row *c = command_find(name);
	const struct tool_row *tool = tool_find(name);
	if (c == NULL && tool == NULL)
		return unknown(name, "help", t);
	if (c != NULL)
		command_print_help(c, t);
	else
		tool_print_help(tool, t);
	return EXIT_STATUS_OK;
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
add_whole_manual(struct buf *out)
{
	buf_add_str(out,
	    "rightlink(1)\n\n# NAME\n\nrightlink - runs Chef cookbooks and "
	    "RightScripts\n\n# SYNOPSIS\n\n*rightlink* _COMMAND_ "
	    "[_OPTIONS_]\n\n# COMMANDS\n\n");
	for (size_t i = 0; i < COMMANDS; i++) {
		AUTO(page_names_release)
		struct page_names names = { NULL, NULL };
		struct help_page page = page_of(&command_rows[i], &names);
		help_manual_part(&page, out);
	}
	struct help_page all = { .options = options_table(COMMAND_ALL),
		.exits = exits,
		.exits_len = ARRAY_LEN(exits) };
	help_manual_end(&all, out);
}

int
command_manual(const struct options *o, struct term *t)
{
	AUTO(page_names_release) struct page_names names = { NULL, NULL };
	AUTO_BUF struct buf out = BUF_INIT(TEXT_MAX_BYTES);
	const char *name = o->args.len > 0 ? o->args.list[0] : NULL;
	const struct command_row *c = name ? command_find(name) : NULL;
	const struct tool_row *tool = name ? tool_find(name) : NULL;
	if (name == NULL) {
		add_whole_manual(&out);
	} else if (c != NULL) {
		struct help_page page = page_of(c, &names);
		help_manual(&page, &out);
	} else if (tool != NULL) {
		tool_manual(tool, &out);
	} else {
		return unknown(name, "manual", t);
	}
	term_data(t, (struct str){ out.data, out.len });
	return EXIT_STATUS_OK;
}
