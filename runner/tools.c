/* SPDX-License-Identifier: MIT */
/* What RightLink 6's tools share: names, options, help, asking the agent. */
#include "runner/tools.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/auto.h"
#include "common/fsat.h"
#include "runner/agent_link.h"
#include "runner/help.h"
#include "runner/places.h"

#define TEXT_MAX_BYTES ((size_t)64 << 20)

const struct tool_row tool_rows[TOOLS] = {
#define TOOL(name_, args_, prose_, text_, examples_)                           \
	{ #name_, args_, prose_, text_, examples_, tool_##name_ },
#define TOOL_OPTION(field, kind, letter, name, arg, tools, prose)
#define TOOL_EXIT(tools, number, prose)
#include "runner/tbl/tools.h"
#undef TOOL
#undef TOOL_OPTION
#undef TOOL_EXIT
};

static const struct option_row rows[] = {
#define TOOL(name, args, prose, text, examples)
#define TOOL_OPTION(field_, kind_, letter_, name_, arg_, tools_, prose_)       \
	{ name_, arg_, prose_, OPTION_KIND_##kind_, letter_, TOOL_##tools_,    \
		offsetof(struct tool_options, field_) },
#define TOOL_EXIT(tools, number, prose)
#include "runner/tbl/tools.h"
#undef TOOL
#undef TOOL_OPTION
#undef TOOL_EXIT
};

static const struct exit_row exits[] = {
#define TOOL(name, args, prose, text, examples)
#define TOOL_OPTION(field, kind, letter, name, arg, tools, prose)
#define TOOL_EXIT(tools_, number_, prose_) { number_, TOOL_##tools_, prose_ },
#include "runner/tbl/tools.h"
#undef TOOL
#undef TOOL_OPTION
#undef TOOL_EXIT
};

const struct tool_row *
tool_find(const char *name)
{
	for (size_t i = 0; i < TOOLS; i++) {
		if (text_eq(tool_rows[i].name, name))
			return &tool_rows[i];
	}
	return NULL;
}

struct option_table
tool_option_table(const struct tool_row *t)
{
	return (struct option_table){
		.rows = rows,
		.len = ARRAY_LEN(rows),
		.commands = 1u << (unsigned)(t - tool_rows),
		.args_offset = offsetof(struct tool_options, args),
		.may_be_abbreviated = true,
	};
}

static struct help_page
page_of(const struct tool_row *t)
{
	return (struct help_page){
		.name = t->name,
		.page = t->name,
		.args = t->args,
		.prose = t->prose,
		.text = t->text,
		.examples = t->examples,
		.options = tool_option_table(t),
		.exits = exits,
		.exits_len = ARRAY_LEN(exits),
	};
}

void
tool_print_help(const struct tool_row *tool, const struct term *t)
{
	struct help_page page = page_of(tool);
	AUTO_BUF struct buf out = BUF_INIT(TEXT_MAX_BYTES);
	help_format(&page, &out);
	term_data(t, (struct str){ out.data, out.len });
}

void
tool_manual(const struct tool_row *tool, struct buf *out)
{
	struct help_page page = page_of(tool);
	help_manual(&page, out);
}

static void
put(int fd, struct str text)
{
	/* Nobody can be told that the terminal is gone. */
	struct err ignored = { 0 };
	(void)!fd_write_all(fd, text.data, text.len, &ignored);
}

static void say(int fd, const char *fmt, va_list ap)
    __attribute__((format(printf, 2, 0)));

static void
say(int fd, const char *fmt, va_list ap)
{
	AUTO_BUF struct buf line = BUF_INIT(TEXT_MAX_BYTES);
	buf_vprintf(&line, fmt, ap);
	buf_add_char(&line, '\n');
	put(fd, (struct str){ line.data, line.len });
}

void
tool_say(const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	say(STDOUT_FILENO, fmt, ap);
	va_end(ap);
}

void
tool_complain(const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	say(STDERR_FILENO, fmt, ap);
	va_end(ap);
}

int
tool_fail(const struct err *e, int status)
{
	if (e->sys == EACCES || e->sys == EPERM) {
		tool_complain("%s\nRoot or the agent's user is needed: try "
			      "sudo.",
		    e->text);
		return TOOL_EXIT_PERMISSION;
	}
	if (e->code == ERR_ABSENT)
		tool_complain(
		    "RightLink service is not running. (%s)", e->text);
	else
		tool_complain("%s", e->text);
	return status;
}

int
tool_wrong(const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	say(STDERR_FILENO, fmt, ap);
	va_end(ap);
	tool_complain("Use --help for additional information.");
	return TOOL_EXIT_OPTION;
}

int
tool_ask(const struct jsn *request, int64_t timeout_ms, struct jsn **ret_reply,
    struct err *e)
{
	struct places p = { .state = NULL };
	AUTO_FD int fd = -1;
	int rc = places_find(NULL, NULL, &p, e);
	if (rc == 0)
		rc = fd = agent_connect(&p, e);
	if (rc == ERR_ABSENT)
		rc = err_set(e, ERR_ABSENT,
		    "RightLink service is not running. (Its state directory: "
		    "'%s')",
		    p.state);
	if (rc >= 0) {
		rc = agent_ask(
		    fd, request, timeout_ms, NULL, NULL, ret_reply, e);
		/* The code is kept for the agent's own absence. */
		if (rc == ERR_ABSENT)
			rc = e->code = ERR_REMOTE;
	}
	places_release(&p);
	return rc;
}

void
tool_print_json(const struct jsn *value)
{
	AUTO_BUF struct buf text = BUF_INIT(TEXT_MAX_BYTES);
	jsn_format(value, JSN_PRETTY, &text);
	if (text.len == 0 || text.data[text.len - 1] != '\n')
		buf_add_char(&text, '\n');
	put(STDOUT_FILENO, (struct str){ text.data, text.len });
}

static void add_yaml(const struct jsn *v, int indent, struct buf *out);

/* A string in double quotes is JSON as well as YAML. */
static void
add_yaml_scalar(const struct jsn *v, struct buf *out)
{
	jsn_format(v, JSN_PLAIN, out);
	buf_add_char(out, '\n');
}

struct yaml_member {
	struct buf *out;
	int indent;
};

static int
add_yaml_member(const char *key, struct jsn *value, void *arg, struct err *e)
{
	(void)e;
	const struct yaml_member *m = arg;
	AUTO(jsn_free) struct jsn *name = jsn_new_string(str_from(key));
	buf_printf(m->out, "%*s", m->indent, "");
	jsn_format(name, JSN_PLAIN, m->out);
	buf_add_char(m->out, ':');
	bool nested =
	    (jsn_type(value) == JSN_OBJECT || jsn_type(value) == JSN_ARRAY) &&
	    jsn_len(value) > 0;
	buf_add_char(m->out, nested ? '\n' : ' ');
	if (nested)
		add_yaml(value, m->indent + 2, m->out);
	else
		add_yaml_scalar(value, m->out);
	return 0;
}

static void
add_yaml(const struct jsn *v, int indent, struct buf *out)
{
	struct err e = { 0 };
	struct yaml_member m = { out, indent };
	if (jsn_type(v) == JSN_OBJECT && jsn_len(v) > 0) {
		(void)!jsn_each(v, add_yaml_member, &m, &e);
		return;
	}
	if (jsn_type(v) != JSN_ARRAY || jsn_len(v) == 0) {
		add_yaml_scalar(v, out);
		return;
	}
	for (size_t i = 0; i < jsn_len(v); i++) {
		const struct jsn *item = jsn_at(v, i);
		bool nested =
		    jsn_type(item) == JSN_OBJECT || jsn_type(item) == JSN_ARRAY;
		buf_printf(out, "%*s-%c", indent, "",
		    nested && jsn_len(item) > 0 ? '\n' : ' ');
		add_yaml(item, indent + 2, out);
	}
}

void
tool_yaml(const struct jsn *value, struct buf *out)
{
	bool nested =
	    (jsn_type(value) == JSN_OBJECT || jsn_type(value) == JSN_ARRAY) &&
	    jsn_len(value) > 0;
	buf_add_str(out, nested ? "---\n" : "--- ");
	add_yaml(value, 0, out);
}

void
tool_print_yaml(const struct jsn *value)
{
	AUTO_BUF struct buf text = BUF_INIT(TEXT_MAX_BYTES);
	tool_yaml(value, &text);
	put(STDOUT_FILENO, (struct str){ text.data, text.len });
}

static void
init_numbers(struct tool_options *o)
{
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		if (rows[i].kind == OPTION_KIND_NUMBER)
			*(int64_t *)(void *)((char *)o + rows[i].offset) = -1;
	}
}

static int
run_tool(const struct tool_row *tool, int argc, char **argv)
{
	static struct tool_options o;
	struct options usual;
	options_init(&usual);
	struct term t;
	term_init(&t, &usual);
	init_numbers(&o);
	struct option_table table = tool_option_table(tool);
	struct err e = { 0 };
	if (option_table_parse(&table, argc - 1, argv + 1, &o, &e) < 0)
		return tool_wrong("%s: %s", tool->name, e.text);
	if (o.help) {
		tool_print_help(tool, &t);
		return TOOL_EXIT_OK;
	}
	if (o.version) {
		tool_say("%s " RIGHTLINK_VERSION " - RightLink", tool->name);
		return TOOL_EXIT_OK;
	}
	umask(022);
	return tool->main(&o);
}

void
tool_main_if_called_so(int argc, char **argv)
{
	const struct tool_row *tool =
	    argc > 0 ? tool_find(path_basename(argv[0])) : NULL;
	if (tool == NULL)
		return;
	struct sigaction ignore = { .sa_handler = SIG_IGN };
	sigaction(SIGPIPE, &ignore, NULL);
	exit(run_tool(tool, argc, argv));
}
