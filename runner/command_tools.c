/* SPDX-License-Identifier: MIT */
/* Commands that the cook carries out: `rightlink lint`, `explain`, `ohai`. */
#include <stdlib.h>

#include "runner/commands.h"

/* Words for the cook, one more than those for its own name. */
struct words {
	size_t len;
	const char **list;
};

static struct words
words_new(const char *mode, size_t room)
{
	struct words w = { .list = xcalloc(room + 3, sizeof(*w.list)) };
	w.list[1] = mode;
	w.len = 2;
	return w;
}

static void
words_add(struct words *w, const char *word)
{
	w->list[w->len++] = word;
}

/* Replaces the process; returns the status when that fails. */
static int
become_cook(struct words *w, struct term *t)
{
	int status = become_program("cook", w->list, t);
	free(w->list);
	return status;
}

static const char *
output_word(const struct options *o)
{
	return o->output != NULL ? o->output : "text";
}

int
command_lint(const struct options *o, struct term *t)
{
	struct words w = words_new("--lint", o->args.len + 1);
	words_add(&w, output_word(o));
	for (size_t i = 0; i < o->args.len; i++)
		words_add(&w, o->args.list[i]);
	return become_cook(&w, t);
}

static void
add_option(struct words *w, const char *name, const char *value)
{
	if (value == NULL)
		return;
	words_add(w, name);
	words_add(w, value);
}

int
command_explain(const struct options *o, struct term *t)
{
	struct words w = words_new("--explain", o->args.len + 12);
	words_add(&w, output_word(o));
	add_option(&w, "--config", o->solo_config);
	add_option(&w, "--json-attributes", o->solo_json);
	add_option(&w, "--node-name", o->node_name);
	add_option(&w, "--environment", o->environment);
	add_option(&w, "--override-runlist", o->run_list);
	words_add(&w, "--");
	for (size_t i = 0; i < o->args.len; i++)
		words_add(&w, o->args.list[i]);
	return become_cook(&w, t);
}

int
command_ohai(const struct options *o, struct term *t)
{
	struct words w = words_new("--ohai", o->args.len + 6);
	add_option(&w, "--directory", o->ohai_directory);
	add_option(&w, "--file", o->ohai_file);
	words_add(&w, "--");
	for (size_t i = 0; i < o->args.len; i++)
		words_add(&w, o->args.list[i]);
	return become_cook(&w, t);
}
