/* SPDX-License-Identifier: MIT */
/* Tables of commands and options put to use: parsing, help, manual, output. */
#include "router/commands.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <string.h>
#include <sys/file.h>

#include "common/auto.h"
#include "common/clock.h"
#include "common/fsat.h"

#define TEXT_MAX_BYTES ((size_t)1 << 20)
#define DEFAULT_DIR "/var/lib/rightlink-router"

static const struct option_row rows[] = {
#define OPTION(field_, kind_, letter_, name_, arg_, commands_, prose_)         \
	{ name_, arg_, prose_, OPTION_KIND_##kind_, letter_,                   \
		ROUTER_##commands_, offsetof(struct router_options, field_) },
#include "router/tbl/options.h"
#undef OPTION
};

static const struct command {
	const char *name, *args, *prose, *text, *examples;
	unsigned bit;
	router_command_fn fn;
} commands[] = {
#define COMMAND(name_, bit_, args_, prose_, text_, examples_)                  \
	{ #name_, args_, prose_, text_, examples_, ROUTER_##bit_,              \
		router_command_##name_ },
#include "router/tbl/commands.h"
#undef COMMAND
};

static const struct {
	int number;
	const char *prose;
} exits[] = {
	{ ROUTER_EXIT_OK, "done; run: ended in order" },
	{ ROUTER_EXIT_FAILED, "it failed" },
	{ ROUTER_EXIT_CONFIG,
	    "what lies in the router's directory is invalid, or a certificate "
	    "has ended" },
	{ ROUTER_EXIT_USAGE, "unknown command or option, missing argument" },
	{ ROUTER_EXIT_BUSY, "a router runs in this directory already" },
};

static struct option_table
table_of(unsigned bit)
{
	return (struct option_table){
		.rows = rows,
		.len = ARRAY_LEN(rows),
		.commands = bit,
		.args_offset = offsetof(struct router_options, args),
	};
}

/* --- output ------------------------------------------------------------ */

static void
put(int fd, const struct buf *text)
{
	struct err e = { 0 };
	/* Nobody reads: there is nobody to tell. */
	(void)!fd_write_all(fd, buf_text(text), text->len, &e);
}

void
say(const char *fmt, ...)
{
	AUTO_BUF struct buf text = BUF_INIT(TEXT_MAX_BYTES);
	va_list ap;
	va_start(ap, fmt);
	buf_vprintf(&text, fmt, ap);
	va_end(ap);
	put(STDOUT_FILENO, &text);
}

void
say_json(struct jsn *value)
{
	AUTO_BUF struct buf text = BUF_INIT(TEXT_MAX_BYTES);
	jsn_format(value, JSN_PRETTY, &text);
	jsn_free(&value);
	put(STDOUT_FILENO, &text);
}

int
say_error(const struct router_options *o, const struct err *e, int status)
{
	if (o->json) {
		struct jsn *root = jsn_new_object(), *error = jsn_new_object();
		jsn_set_str(error, "code", err_code_name(e->code));
		jsn_set_str(error, "message", e->text);
		jsn_set_int(error, "exit", status);
		jsn_set(root, "error", error);
		say_json(root);
		return status;
	}
	AUTO_BUF struct buf text = BUF_INIT(TEXT_MAX_BYTES);
	buf_printf(&text, "rightlink: %s\n", e->text);
	put(STDERR_FILENO, &text);
	return status;
}

struct say_time
say_time(int64_t ms)
{
	struct say_time t;
	clock_format(ms, t.text);
	t.text[10] = ' ';
	t.text[16] = '\0';
	return t;
}

/* --- help and manual --------------------------------------------------- */

static const struct command *
find(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(commands); i++) {
		if (text_eq(commands[i].name, name))
			return &commands[i];
	}
	return NULL;
}

static void
add_examples(const struct command *c, const char *indent, struct buf *out)
{
	struct str rest = str_from(c->examples), line;
	while (str_split(&rest, '\n', &line)) {
		if (line.len > 0)
			buf_printf(out, "%s%.*s\n", indent, STR_ARG(line));
	}
}

static void
print_help(const struct command *c)
{
	AUTO_BUF struct buf out = BUF_INIT(TEXT_MAX_BYTES);
	struct option_table options = table_of(c->bit);
	buf_printf(
	    &out, "rightlink router %s - %s\n\nExamples:\n", c->name, c->prose);
	add_examples(c, "  ", &out);
	buf_printf(
	    &out, "\nUsage: rightlink router %s %s\n\n", c->name, c->args);
	if (c->text != NULL) {
		add_wrapped(&out, c->text, 0);
		buf_add_char(&out, '\n');
	}
	buf_add_str(&out, "Options:\n");
	option_table_help(&options, &out);
	put(STDOUT_FILENO, &out);
}

static void
print_overview(void)
{
	AUTO_BUF struct buf out = BUF_INIT(TEXT_MAX_BYTES);
	buf_add_str(&out, "rightlink router - what many agents meet at\n\n"
			  "Examples:\n");
	for (size_t i = 0; i < 3; i++)
		add_examples(&commands[i], "  ", &out);
	buf_add_str(&out, "\nCommands:\n");
	for (size_t i = 0; i < ARRAY_LEN(commands); i++)
		buf_printf(
		    &out, "  %-12s%s\n", commands[i].name, commands[i].prose);
	buf_add_str(&out, "\nrightlink router help COMMAND says more.\n");
	put(STDOUT_FILENO, &out);
}

int
router_command_help(const struct router_options *o)
{
	if (o->args.len == 0) {
		print_overview();
		return ROUTER_EXIT_OK;
	}
	const struct command *c = find(o->args.list[0]);
	struct err e = { 0 };
	if (c == NULL) {
		(void)err_set(&e, ERR_INVALID, "help: no command '%.64s'",
		    o->args.list[0]);
		return say_error(o, &e, ROUTER_EXIT_USAGE);
	}
	print_help(c);
	return ROUTER_EXIT_OK;
}

int
router_command_manual(const struct router_options *o)
{
	(void)o;
	AUTO_BUF struct buf out = BUF_INIT(TEXT_MAX_BYTES);
	struct option_table options = table_of(ROUTER_ALL);
	buf_add_str(&out,
	    "rightlink-router(8)\n\n# NAME\n\nrightlink-router - what many "
	    "agents meet at\n\n# SYNOPSIS\n\n*rightlink router* _COMMAND_ "
	    "[_OPTIONS_]\n\n# DESCRIPTION\n\nThe router of RightLink: agents "
	    "keep one connection to it, operators call its API. docs/router.md "
	    "is the guide.\n\n# COMMANDS\n\n");
	for (size_t i = 0; i < ARRAY_LEN(commands); i++) {
		const struct command *c = &commands[i];
		buf_printf(&out, "## rightlink router %s ", c->name);
		manual_text(c->args, &out);
		buf_add_str(&out, "\n\n");
		AUTO_BUF struct buf prose = BUF_INIT(4096);
		manual_text(c->prose, &prose);
		buf_printf(&out, "%c%s. ", toupper(buf_text(&prose)[0]),
		    buf_text(&prose) + 1);
		manual_text(c->text != NULL ? c->text : "", &out);
		buf_printf(&out, "\n\n```\n%s```\n\n", c->examples);
	}
	buf_add_str(&out, "# OPTIONS\n\n");
	option_table_manual(&options, &out);
	buf_add_str(&out, "# EXIT STATUS\n\n");
	for (size_t i = 0; i < ARRAY_LEN(exits); i++) {
		buf_printf(&out, "*%d*\n\t", exits[i].number);
		manual_text(exits[i].prose, &out);
		buf_add_str(&out, "\n\n");
	}
	buf_add_str(&out, "# SEE ALSO\n\nrightlink(1)\n");
	put(STDOUT_FILENO, &out);
	return ROUTER_EXIT_OK;
}

/* --- the command line -------------------------------------------------- */

static int
unknown(const char *name)
{
	static const struct router_options text = { .json = false };
	const char *names[ARRAY_LEN(commands)];
	struct err e = { 0 };
	for (size_t i = 0; i < ARRAY_LEN(commands); i++)
		names[i] = commands[i].name;
	const char *near = nearest_name(name, names, ARRAY_LEN(commands));
	if (near != NULL)
		(void)err_set(&e, ERR_INVALID,
		    "router: unknown command '%.64s'; did you mean '%s'?", name,
		    near);
	else
		(void)err_set(&e, ERR_INVALID,
		    "router: unknown command '%.64s'; rightlink router help "
		    "lists them",
		    name);
	return say_error(&text, &e, ROUTER_EXIT_USAGE);
}

static void
options_begin(struct router_options *o)
{
	*o = (struct router_options){ .days = -1 };
	o->threads = o->uses = o->grace = o->ttl = -1;
}

static void
options_end(struct router_options *o)
{
	o->json = text_eq(o->output, "json");
	if (o->data == NULL)
		o->data = getenv("RIGHTLINK_ROUTER_DIR");
	if (o->data == NULL || o->data[0] == '\0')
		o->data = DEFAULT_DIR;
}

int
router_command_line(int argc, char **argv)
{
	const char *name = argc > 1 ? argv[1] : "help";
	if (text_eq(name, "-h") || text_eq(name, "--help"))
		name = "help";
	const struct command *c = find(name);
	if (c == NULL)
		return unknown(name);
	struct router_options o;
	struct option_table table = table_of(c->bit);
	struct err e = { 0 };
	int skip = argc > 1 ? 2 : 1;
	options_begin(&o);
	int rc = option_table_parse(&table, argc - skip, argv + skip, &o, &e);
	options_end(&o);
	if (rc < 0)
		return say_error(&o, &e, ROUTER_EXIT_USAGE);
	if (o.help) {
		print_help(c);
		return ROUTER_EXIT_OK;
	}
	return c->fn(&o);
}

/* --- the router that runs ---------------------------------------------- */

pid_t
running_router(int data_fd)
{
	AUTO_FD int fd =
	    openat(data_fd, ROUTER_LOCK_FILE, O_RDONLY | O_CLOEXEC);
	AUTO_BUF struct buf text = BUF_INIT(64);
	struct err e = { 0 };
	int64_t pid = 0;
	if (fd < 0 || flock(fd, LOCK_SH | LOCK_NB) == 0)
		return 0; /* nobody holds it */
	if (fd_read_all(fd, 64, &text, &e) < 0 ||
	    !str_to_i64(
		str_trim((struct str){ text.data, text.len }), 10, &pid) ||
	    pid < 2)
		return 0;
	return (pid_t)pid;
}

void
reload_running_router(int data_fd)
{
	pid_t pid = running_router(data_fd);
	if (pid > 0)
		(void)kill(pid, SIGHUP);
}
