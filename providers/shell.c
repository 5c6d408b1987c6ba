/* SPDX-License-Identifier: MIT */
/*
 * Command texts, environments and failure texts (see shell.h). The rule when
 * a text needs a shell is the documented one of Ruby's Kernel#exec.
 */
#include "providers/shell.h"

#include <string.h>
#include <unistd.h>

#include "common/auto.h"
#include "common/buf.h"
#include "common/str.h"

static const char *const shell_words[] = {
	"!",
	".",
	":",
	"alias",
	"bg",
	"break",
	"case",
	"cd",
	"command",
	"continue",
	"do",
	"done",
	"elif",
	"else",
	"esac",
	"eval",
	"exec",
	"exit",
	"export",
	"fc",
	"fg",
	"fi",
	"for",
	"getopts",
	"hash",
	"if",
	"in",
	"jobs",
	"read",
	"readonly",
	"return",
	"set",
	"shift",
	"then",
	"times",
	"trap",
	"type",
	"ulimit",
	"umask",
	"unalias",
	"unset",
	"until",
	"wait",
	"while",
};

static struct str
first_word(const char *text)
{
	const char *start = text + strspn(text, " \t");

	return (struct str){ start, strcspn(start, " \t") };
}

bool
shell_needs_sh(const char *text)
{
	struct str first = first_word(text);
	size_t i;

	if (first.len == 0 || strpbrk(text, "*?{}[]<>()~&|\\$;'`\"\n#") != NULL)
		return true;
	if (memchr(first.data, '=', first.len) != NULL)
		return true;
	for (i = 0; i < ARRAY_LEN(shell_words); i++)
		if (str_eq_text(first, shell_words[i]))
			return true;
	return false;
}

const char *const *
shell_argv(struct arena *a, const char *text)
{
	const char **argv;
	size_t count = 0;
	struct str word;

	if (shell_needs_sh(text)) {
		argv = arena_array_of(a, const char *, 4);
		argv[0] = "/bin/sh";
		argv[1] = "-c";
		argv[2] = arena_strdup(a, text);
		return argv;
	}
	argv = arena_array_of(a, const char *, strlen(text) / 2 + 2);
	for (word = first_word(text); word.len > 0;
	     word = first_word(word.data + word.len))
		argv[count++] = arena_strndup(a, word.data, word.len);
	return argv;
}

const char *
shell_quote(struct arena *a, const char *word)
{
	static const char plain[] =
	    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
	    "_-+./:,=@%^";
	AUTO_BUF struct buf out = BUF_INIT(1 << 20);
	const char *p;

	if (*word != '\0' && word[strspn(word, plain)] == '\0')
		return word;
	buf_add_char(&out, '\'');
	for (p = word; *p != '\0'; p++) {
		if (*p == '\'')
			buf_add_str(&out, "'\\''");
		else
			buf_add_char(&out, *p);
	}
	buf_add_char(&out, '\'');
	return arena_strdup(a, buf_text(&out));
}

const char *
shell_join(struct arena *a, const char *const *argv)
{
	AUTO_BUF struct buf out = BUF_INIT(1 << 20);

	for (; *argv != NULL; argv++) {
		if (out.len > 0)
			buf_add_char(&out, ' ');
		buf_add_str(&out, shell_quote(a, *argv));
	}
	return arena_strdup(a, buf_text(&out));
}

static bool
same_name(const char *a, const char *b)
{
	size_t len = strcspn(a, "=");

	return strncmp(a, b, len) == 0 && (b[len] == '=' || b[len] == '\0');
}

/* The last addition that names the variable of this entry, or NULL. */
static const char *
find_named(const char *const *additions, const char *entry)
{
	const char *found = NULL;

	for (; additions != NULL && *additions != NULL; additions++)
		if (same_name(entry, *additions))
			found = *additions;
	return found;
}

/* Does an entry of our environment go to the child? */
static bool
is_handed_on(const char *const *additions, const char *entry)
{
	const char *named = find_named(additions, entry);

	if (same_name("LC_ALL", entry))
		return named != NULL && strchr(named, '=') == NULL;
	return named == NULL;
}

const char *const *
shell_env(struct arena *a, const char *const *additions)
{
	const char **env;
	size_t ours = 0, added = 0, count = 0, i;

	while (environ[ours] != NULL)
		ours++;
	while (additions != NULL && additions[added] != NULL)
		added++;
	env = arena_array_of(a, const char *, ours + added + 2);
	for (i = 0; i < ours; i++)
		if (is_handed_on(additions, environ[i]))
			env[count++] = environ[i];
	for (i = 0; i < added; i++)
		if (strchr(additions[i], '=') != NULL &&
		    find_named(additions, additions[i]) == additions[i])
			env[count++] = additions[i];
	if (find_named(additions, "LC_ALL") == NULL)
		env[count++] = "LC_ALL=C";
	return env;
}

bool
shell_status_allowed(const struct proc_result *r, const int *returns)
{
	if (r->status < 0)
		return false;
	if (returns == NULL)
		return r->status == 0;
	for (; *returns >= 0; returns++)
		if (*returns == r->status)
			return true;
	return false;
}

static void
add_returns(struct buf *out, const int *returns)
{
	if (returns == NULL) {
		buf_add_str(out, "[0]");
		return;
	}
	buf_add_char(out, '[');
	for (; *returns >= 0; returns++)
		buf_printf(out, "%d%s", *returns, returns[1] >= 0 ? ", " : "");
	buf_add_char(out, ']');
}

/* Room for one stream in the text; the last bytes of it are kept. */
#define STREAM_BYTES ((ERR_TEXT_BYTES) / 3)

static struct str
stream_end(const struct buf *b)
{
	struct str s = str_trim((struct str){ buf_text(b), b->len });

	if (s.len > STREAM_BYTES) {
		s.data += s.len - STREAM_BYTES;
		s.len = STREAM_BYTES;
	}
	return s;
}

int
shell_failure(struct err *e, const char *shown, const int *returns,
    int64_t timeout_ms, const struct proc_result *r)
{
	AUTO_BUF struct buf head = BUF_INIT(4096);
	struct str out = stream_end(&r->out), err = stream_end(&r->err);
	int command_len = (int)strnlen(shown, ERR_TEXT_BYTES / 12);

	if (r->timed_out)
		buf_printf(&head, "Command timed out after %llds:",
		    (long long)(timeout_ms / 1000));
	else {
		buf_add_str(&head, "Expected process to exit with ");
		add_returns(&head, returns);
		if (r->status >= 0)
			buf_printf(&head, ", but received '%d'", r->status);
		else
			buf_printf(
			    &head, ", but it died of signal %d", r->signal);
	}
	return err_set(e, r->timed_out ? ERR_TIMEOUT : ERR_EXIT,
	    "%s\n---- Begin output of %.*s ----\nSTDOUT: %.*s\n"
	    "STDERR: %.*s\n---- End output of %.*s ----\n"
	    "Ran %.*s returned %d",
	    buf_text(&head), command_len, shown, STR_ARG(out), STR_ARG(err),
	    command_len, shown, command_len, shown,
	    r->status >= 0 ? r->status : r->signal);
}
