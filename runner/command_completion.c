/* SPDX-License-Identifier: MIT */
/*
 * `rightlink completion`: scripts for three shells, made from the tables of
 * commands and options. Commands complete to their actions (the words of the
 * first "[a|b]" of their arguments), options to their words, else files. The
 * tools of RightLink 6 complete to their options.
 */
#include <string.h>

#include "common/auto.h"
#include "runner/commands.h"
#include "runner/exits.h"
#include "runner/tools.h"

#define SCRIPT_MAX_BYTES ((size_t)1 << 20)

/* "list|add|set" of "[list|add|set] [TAG...]"; empty when there are none. */
static struct str
actions_of(const struct command_row *c)
{
	struct str rest = str_from(c->args), group;
	if (!str_has_prefix(rest, "["))
		return STR("");
	rest = (struct str){ rest.data + 1, rest.len - 1 };
	if (!str_split(&rest, ']', &group))
		return STR("");
	for (size_t i = 0; i < group.len; i++) {
		if (!(group.data[i] >= 'a' && group.data[i] <= 'z') &&
		    group.data[i] != '|' && group.data[i] != '-')
			return STR("");
	}
	return group;
}

static void
add_words(struct str words, struct buf *out)
{
	struct str word;
	while (str_split(&words, '|', &word))
		buf_printf(out, "%.*s ", STR_ARG(word));
}

/* Text inside single quotes of a shell. */
static void
add_quoted(const char *text, const char *also, struct buf *out)
{
	for (const char *p = text; *p != '\0'; p++) {
		if (*p == '\'')
			buf_add_str(out, "'\\''");
		else if (*also != '\0' && strchr(also, *p) != NULL)
			buf_printf(out, "\\%c", *p);
		else
			buf_add_char(out, *p);
	}
}

static bool
is_of(const struct option_row *row, unsigned commands)
{
	return (row->commands & commands) && row->kind != OPTION_KIND_HIDDEN;
}

static bool
is_shown(const struct option_row *row, const struct command_row *c)
{
	return is_of(row, c->bit);
}

/* Options by name and letter, then what their values may be. */
static void
bash_values(const struct command_row *c, struct buf *out)
{
	for (size_t i = 0; i < option_rows_len; i++) {
		const struct option_row *row = &option_rows[i];
		if (!is_shown(row, c) || row->kind == OPTION_KIND_FLAG)
			continue;
		buf_printf(out, "\t\t--%s", row->name);
		if (row->letter != 0)
			buf_printf(out, "|-%c", row->letter);
		buf_add_str(out, ") words='");
		if (row->kind == OPTION_KIND_WORDS)
			add_words(str_from(row->arg), out);
		buf_add_str(out, "' ;;\n");
	}
}

static void
bash_command(const struct command_row *c, struct buf *out)
{
	buf_printf(out, "\t%s)\n\t\tcase $prev in\n", c->name);
	bash_values(c, out);
	buf_add_str(out, "\t\t*) words='");
	add_words(actions_of(c), out);
	for (size_t i = 0; i < option_rows_len; i++) {
		if (is_shown(&option_rows[i], c))
			buf_printf(out, "--%s ", option_rows[i].name);
	}
	buf_add_str(out, "' ;;\n\t\tesac\n\t\t;;\n");
}

static void
bash_script(struct buf *out)
{
	buf_add_str(out, "_rightlink() {\n"
			 "\tlocal cur=${COMP_WORDS[COMP_CWORD]} "
			 "prev=${COMP_WORDS[COMP_CWORD-1]}\n"
			 "\tlocal words='' command=${COMP_WORDS[1]}\n"
			 "\t[ \"$COMP_CWORD\" -gt 1 ] || command=''\n"
			 "\tcase $command in\n\t'') words='");
	for (size_t i = 0; i < COMMANDS; i++)
		buf_printf(out, "%s ", command_rows[i].name);
	buf_add_str(out, "' ;;\n");
	for (size_t i = 0; i < COMMANDS; i++)
		bash_command(&command_rows[i], out);
	buf_add_str(out,
	    "\tesac\n"
	    "\tmapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$cur\")\n"
	    "}\ncomplete -o default -F _rightlink rightlink\n");
	for (size_t k = 0; k < TOOLS; k++) {
		struct option_table t = tool_option_table(&tool_rows[k]);
		buf_add_str(out, "complete -o default -W '");
		for (size_t i = 0; i < t.len; i++) {
			if (is_of(&t.rows[i], t.commands))
				buf_printf(out, "--%s ", t.rows[i].name);
		}
		buf_printf(out, "' %s\n", tool_rows[k].name);
	}
}

/* One specification of zsh's _arguments. */
static void
zsh_option(const struct option_row *row, struct buf *out)
{
	buf_add_str(out, "\t\t\t");
	bool again = row->kind == OPTION_KIND_LIST;
	if (row->letter != 0)
		buf_printf(out, "'%s'{-%c,--%s}", again ? "*" : "", row->letter,
		    row->name);
	else
		buf_printf(out, "'%s'--%s", again ? "*" : "", row->name);
	buf_add_str(out, "'[");
	add_quoted(row->prose, "[]:", out);
	buf_add_char(out, ']');
	if (row->kind != OPTION_KIND_FLAG) {
		buf_add_char(out, ':');
		add_quoted(row->arg, ":", out);
		buf_add_str(out, ":");
	}
	if (row->kind == OPTION_KIND_WORDS) {
		buf_add_char(out, '(');
		add_words(str_from(row->arg), out);
		buf_add_char(out, ')');
	} else if (row->kind == OPTION_KIND_TEXT) {
		buf_add_str(out, "_files");
	}
	buf_add_str(out, "' \\\n");
}

static void
zsh_tool(const struct tool_row *tool, struct buf *out)
{
	struct option_table t = tool_option_table(tool);
	buf_printf(out, "\t%s)\n\t\t_arguments -s \\\n", tool->name);
	for (size_t i = 0; i < t.len; i++) {
		if (is_of(&t.rows[i], t.commands))
			zsh_option(&t.rows[i], out);
	}
	buf_add_str(out, "\t\t\t'*:argument:_files'\n\t\treturn\n\t\t;;\n");
}

static void
zsh_script(struct buf *out)
{
	buf_add_str(out, "#compdef rightlink");
	for (size_t k = 0; k < TOOLS; k++)
		buf_printf(out, " %s", tool_rows[k].name);
	buf_add_str(out, "\n_rightlink() {\n\tcase $service in\n");
	for (size_t k = 0; k < TOOLS; k++)
		zsh_tool(&tool_rows[k], out);
	buf_add_str(out, "\tesac\n\tlocal -a commands\n\tcommands=(\n");
	for (size_t i = 0; i < COMMANDS; i++) {
		buf_printf(out, "\t\t'%s:", command_rows[i].name);
		add_quoted(command_rows[i].prose, ":", out);
		buf_add_str(out, "'\n");
	}
	buf_add_str(out, "\t)\n\tif (( CURRENT == 2 )); then\n"
			 "\t\t_describe command commands\n\t\treturn\n\tfi\n"
			 "\tlocal command=$words[2]\n"
			 "\tshift words\n\t(( CURRENT-- ))\n"
			 "\tcase $command in\n");
	for (size_t k = 0; k < COMMANDS; k++) {
		buf_printf(
		    out, "\t%s)\n\t\t_arguments -s \\\n", command_rows[k].name);
		for (size_t i = 0; i < option_rows_len; i++) {
			if (is_shown(&option_rows[i], &command_rows[k]))
				zsh_option(&option_rows[i], out);
		}
		struct str actions = actions_of(&command_rows[k]);
		if (actions.len > 0) {
			buf_add_str(out, "\t\t\t'1:action:(");
			add_words(actions, out);
			buf_add_str(out, ")' \\\n");
		}
		buf_add_str(out, "\t\t\t'*:argument:_files'\n\t\t;;\n");
	}
	buf_add_str(out, "\tesac\n}\n"
			 "if [ \"$funcstack[1]\" = _rightlink ]; then\n"
			 "\t_rightlink \"$@\"\nelse\n"
			 "\tcompdef _rightlink rightlink");
	for (size_t k = 0; k < TOOLS; k++)
		buf_printf(out, " %s", tool_rows[k].name);
	buf_add_str(out, "\nfi\n");
}

static void
fish_option(const struct option_row *row, struct buf *out)
{
	buf_printf(out, " -l %s", row->name);
	if (row->letter != 0)
		buf_printf(out, " -s %c", row->letter);
	if (row->kind == OPTION_KIND_WORDS) {
		buf_add_str(out, " -x -a '");
		add_words(str_from(row->arg), out);
		buf_add_char(out, '\'');
	} else if (row->kind != OPTION_KIND_FLAG) {
		buf_add_str(out, " -r");
	}
	buf_add_str(out, " -d '");
	add_quoted(row->prose, "\\", out);
	buf_add_str(out, "'\n");
}

static void
fish_script(struct buf *out)
{
	for (size_t k = 0; k < COMMANDS; k++) {
		const struct command_row *c = &command_rows[k];
		buf_printf(out,
		    "complete -c rightlink -f -n __fish_use_subcommand -a %s "
		    "-d '",
		    c->name);
		add_quoted(c->prose, "\\", out);
		buf_add_str(out, "'\n");
		struct str actions = actions_of(c);
		if (actions.len > 0) {
			buf_printf(out,
			    "complete -c rightlink -f -n "
			    "'__fish_seen_subcommand_from %s' -a '",
			    c->name);
			add_words(actions, out);
			buf_add_str(out, "'\n");
		}
		for (size_t i = 0; i < option_rows_len; i++) {
			if (!is_shown(&option_rows[i], c))
				continue;
			buf_printf(out,
			    "complete -c rightlink -n "
			    "'__fish_seen_subcommand_from %s'",
			    c->name);
			fish_option(&option_rows[i], out);
		}
	}
	for (size_t k = 0; k < TOOLS; k++) {
		struct option_table t = tool_option_table(&tool_rows[k]);
		for (size_t i = 0; i < t.len; i++) {
			if (!is_of(&t.rows[i], t.commands))
				continue;
			buf_printf(out, "complete -c %s", tool_rows[k].name);
			fish_option(&t.rows[i], out);
		}
	}
}

int
command_completion(const struct options *o, struct term *t)
{
	static const struct {
		const char *shell;
		void (*script)(struct buf *out);
	} shells[] = {
		{ "bash", bash_script },
		{ "zsh", zsh_script },
		{ "fish", fish_script },
	};
	const char *shell = o->args.len > 0 ? o->args.list[0] : "bash";
	for (size_t i = 0; i < ARRAY_LEN(shells); i++) {
		if (!text_eq(shell, shells[i].shell))
			continue;
		AUTO_BUF struct buf out = BUF_INIT(SCRIPT_MAX_BYTES);
		shells[i].script(&out);
		term_data(t, (struct str){ out.data, out.len });
		return EXIT_STATUS_OK;
	}
	struct err e = { 0 };
	(void)err_set(&e, ERR_INVALID,
	    "completion: '%.64s' is not one of bash, zsh, fish", shell);
	term_error(t, &e, EXIT_STATUS_USAGE);
	return EXIT_STATUS_USAGE;
}
