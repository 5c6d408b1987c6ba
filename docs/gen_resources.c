/* SPDX-License-Identifier: MIT */
/*
 * Prints the reference page of resources (Markdown) from their tables. The
 * page in the repository must be what this prints: a test compares them.
 * Usage: gen_resources runtime/lib/chef/provider
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/auto.h"
#include "common/str.h"
#include "providers/provider.h"
#include "resources/type.h"

static const char intro[] =
    "# Resources\n"
    "\n"
    "<!-- Written by docs/gen_resources.c from resources/types/. Do not edit. "
    "-->\n"
    "\n"
    "Every resource that recipes can declare, with its actions (the default "
    "one is **bold**)\n"
    "and properties. A property in *italics* is the resource's name when it "
    "is not set. Words marked 12+ are\n"
    "not in Chef 11; they are accepted because later cookbooks use them. "
    "Tags, remote recipes and\n"
    "RightScripts are in [rightscale-resources.md](rightscale-resources.md)."
    "\n"
    "\n"
    "Every resource also knows the action `nothing` and these words:\n"
    "\n"
    "| word | meaning |\n"
    "|---|---|\n"
    "| `action` | one action or a list of them, run in this order |\n"
    "| `only_if`, `not_if` | a command or a block that decides whether the "
    "action runs |\n"
    "| `guard_interpreter` | the script resource that runs such commands |\n"
    "| `notifies`, `subscribes` | run an action of another resource when this "
    "one changed, or the other way round |\n"
    "| `ignore_failure` | go on when the action fails |\n"
    "| `retries`, `retry_delay` | try again so often, after so many seconds "
    "|\n"
    "| `sensitive` | show neither content nor commands |\n"
    "| `provider` | choose how it is done by hand |\n"
    "\n"
    "Accounts are names or numbers; modes are octal text such as `\"0644\"`.\n"
    "\n";

static const char *ruby_providers; /* directory of those written in Ruby */

/* Text of a table cell. */
static void
print_cell(const char *text)
{
	for (; *text != '\0'; text++) {
		if (*text == '|')
			fputs("\\|", stdout);
		else
			putchar(*text);
	}
}

static const char *
default_word(const struct resource_type *t)
{
	const char *word = t->default_action;
	return word + strspn(word, "[:\"");
}

static bool
is_default(const struct resource_type *t, const char *action)
{
	const char *word = default_word(t);
	size_t len = strlen(action);
	return strncmp(word, action, len) == 0 &&
	       !isalnum((unsigned char)word[len]) && word[len] != '_';
}

static void
print_actions(const struct resource_type *t)
{
	const char *const *actions = resource_type_actions(t);
	bool seen = false;
	printf("Actions: ");
	for (size_t i = 0; actions[i] != NULL; i++) {
		bool usual = is_default(t, actions[i]);
		printf(usual ? "%s**`%s`**" : "%s`%s`", i > 0 ? ", " : "",
		    actions[i]);
		seen = seen || usual;
	}
	printf("%s\n\n", seen ? "" : "; does nothing unless told");
}

static void
print_kinds(const struct property *p)
{
	static const struct {
		unsigned kind;
		const char *word;
	} words[] = {
		{ KIND_STRING, "text" },
		{ KIND_SYMBOL, "symbol" },
		{ KIND_INTEGER, "number" },
		{ KIND_ARRAY, "list" },
		{ KIND_HASH, "hash" },
	};
	const char *sep = "";
	if ((p->flags & PROP_OPAQUE) != 0) {
		printf("block");
		return;
	}
	if (p->check == CHECK_USER || p->check == CHECK_GROUP) {
		printf("text, number");
		return;
	}
	if ((p->kinds & KIND_ANY) != 0) {
		printf("anything");
		return;
	}
	for (size_t i = 0; i < ARRAY_LEN(words); i++) {
		if ((p->kinds & words[i].kind) == 0)
			continue;
		printf("%s%s", sep, words[i].word);
		sep = ", ";
	}
	if ((p->kinds & KIND_BOOL) == KIND_BOOL)
		printf("%strue, false", sep);
	else if ((p->kinds & KIND_FALSE) != 0)
		printf("%sfalse", sep);
}

static void
print_words(const struct property *p)
{
	const char *sep = ": ";
	for (size_t i = 0; p->equal_to != NULL && p->equal_to[i] != NULL; i++) {
		printf("%s`%s`", sep, p->equal_to[i]);
		sep = ", ";
	}
}

static void
print_property(const struct property *p)
{
	const char *mark = (p->flags & PROP_NAME) != 0 ? "*" : "";
	printf("| %s`%s`%s", mark, p->name, mark);
	if (p->alias != NULL)
		printf(", `%s`", p->alias);
	printf(" | ");
	print_kinds(p);
	print_words(p);
	printf(" | ");
	if (p->fallback != NULL) {
		putchar('`');
		print_cell(p->fallback);
		putchar('`');
	}
	printf(" | ");
	print_cell(p->doc);
	printf("%s |\n", (p->flags & PROP_LATER) != 0 ? " (12+)" : "");
}

static void
print_properties(const struct resource_type *t)
{
	const struct property *p = t->properties;
	if (p != NULL && p->name != NULL) {
		printf("| property | kind | default | meaning |\n"
		       "|---|---|---|---|\n");
		for (; p->name != NULL; p++)
			print_property(p);
		printf("\n");
	}
	if (t->parent != NULL)
		printf(
		    "Also everything of [%s](#%s).\n\n", t->parent, t->parent);
}

/* Is there runtime/lib/chef/provider/<first word of the class>.rb? */
static bool
is_written_in_ruby(const char *provider)
{
	size_t len = strcspn(provider, ":");
	AUTO_STR char *path =
	    xasprintf("%s/%.*s.rb", ruby_providers, (int)len, provider);
	char *first = path + strlen(ruby_providers) + 1;
	*first = (char)tolower((unsigned char)*first);
	return access(path, R_OK) == 0;
}

/* Where the platform chooses there is always something to choose from. */
static bool
can_converge(const struct resource_type *t)
{
	const char *name = t->provider != NULL         ? t->provider
			   : t->usual_provider != NULL ? t->usual_provider
						       : t->ruby_class;
	return text_eq(t->name, "package") || text_eq(t->name, "scm") ||
	       provider_find(name) != NULL || is_written_in_ruby(name);
}

static void
print_type(const struct resource_type *t)
{
	printf("## %s\n\n%c%s.\n\n", t->name, toupper((unsigned char)t->doc[0]),
	    t->doc + 1);
	if (!can_converge(t))
		printf("**Known, but not supported: converging it is an "
		       "error.**\n\n");
	if (t->example != NULL)
		printf("```ruby\n%s```\n\n", t->example);
	print_actions(t);
	print_properties(t);
}

int
main(int argc, char **argv)
{
	if (argc != 2)
		return EXIT_FAILURE;
	ruby_providers = argv[1];
	fputs(intro, stdout);
	for (size_t i = 0; resource_types[i] != NULL; i++)
		printf("* [%s](#%s): %s\n", resource_types[i]->name,
		    resource_types[i]->name, resource_types[i]->doc);
	printf("\n");
	for (size_t i = 0; resource_types[i] != NULL; i++)
		print_type(resource_types[i]);
	return fflush(stdout) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
