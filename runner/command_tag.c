/* SPDX-License-Identifier: MIT */
/* `rightlink tag`: list, add, set, remove, query. */
#include "common/auto.h"
#include "runner/commands.h"
#include "runner/context.h"
#include "runner/exits.h"
#include "runner/fabric.h"
#include "runner/state.h"

struct tag_command {
	const struct options *o;
	struct term *t;
	struct places places;
	struct state state;
	struct fabric *fabric;
};

static int
open_all(struct tag_command *c, struct err *e)
{
	int rc = places_find(c->o->state_dir, NULL, &c->places, e);
	if (rc < 0)
		return rc;
	/* A running agent owns the tags and the state. */
	rc = fabric_open_agent(&c->places, &c->fabric, e);
	if (rc != ERR_ABSENT && rc != ERR_LIMIT)
		return rc;
	rc = places_prepare(&c->places, e);
	if (rc == 0)
		rc = state_load(&c->places, &c->state, e);
	/* A new id must be the same next time. */
	if (rc == 0 && state_now(&c->state) == STATE_PENDING)
		rc = state_save(&c->state, e);
	if (rc == 0)
		c->fabric = fabric_open_local(&c->places, state_id(&c->state));
	return rc;
}

static void
close_all(struct tag_command *c)
{
	fabric_close(&c->fabric);
	state_release(&c->state);
	places_release(&c->places);
}

static void
print_list(const struct tag_command *c, const struct jsn *tags)
{
	AUTO_BUF struct buf text = BUF_INIT((size_t)8 << 20);
	for (size_t i = 0; i < jsn_len(tags); i++) {
		struct str tag = jsn_str(jsn_at(tags, i));
		buf_printf(&text, "%.*s\n", STR_ARG(tag));
	}
	term_data(c->t, (struct str){ text.data, text.len });
}

static int
do_list(struct tag_command *c, struct err *e)
{
	AUTO(jsn_free) struct jsn *tags = NULL;
	int rc = fabric_list(c->fabric, &tags, e);
	if (rc < 0)
		return rc;
	if (c->t->output == TERM_TEXT)
		print_list(c, tags);
	else
		term_json(c->t, tags);
	return 0;
}

static int
change_each(struct tag_command *c, struct err *e)
{
	const struct option_list *args = &c->o->args;
	const char *verb = args->list[0];
	for (size_t i = 1; i < args->len; i++) {
		struct str tag = str_from(args->list[i]);
		bool changed = false;
		int rc = text_eq(verb, "remove")
			     ? fabric_remove(c->fabric, tag, &changed, e)
			     : fabric_publish(c->fabric, tag,
				   text_eq(verb, "set"), &changed, e);
		if (rc < 0)
			return rc;
	}
	return 0;
}

static int
print_instance(const char *id, struct jsn *value, void *arg, struct err *e)
{
	(void)e;
	const struct tag_command *c = arg;
	AUTO_BUF struct buf line = BUF_INIT(4096);
	buf_printf(&line, "%s\n", id);
	term_data(c->t, (struct str){ line.data, line.len });
	const struct jsn *tags = jsn_get(value, "tags");
	AUTO_BUF struct buf text = BUF_INIT((size_t)8 << 20);
	for (size_t i = 0; i < jsn_len(tags); i++) {
		struct str tag = jsn_str(jsn_at(tags, i));
		buf_printf(&text, "    %.*s\n", STR_ARG(tag));
	}
	term_data(c->t, (struct str){ text.data, text.len });
	return 0;
}

static int
do_query(struct tag_command *c, struct err *e)
{
	const struct option_list *args = &c->o->args;
	struct tag_query q = { .match = text_eq(c->o->match, "all")
					    ? TAG_MATCH_ALL
					    : TAG_MATCH_ANY };
	for (size_t i = 1; i < args->len; i++) {
		int rc = tag_query_add(&q, str_from(args->list[i]), e);
		if (rc < 0)
			return rc;
	}
	AUTO(jsn_free) struct jsn *found = NULL;
	int rc = fabric_query(c->fabric, &q, NULL, &found, e);
	if (rc < 0)
		return rc;
	if (c->t->output != TERM_TEXT) {
		term_json(c->t, found);
		return 0;
	}
	return jsn_each(found, print_instance, c, e);
}

static int
dispatch(struct tag_command *c, struct err *e)
{
	static const char *const verbs[] = { "list", "add", "set", "remove",
		"query" };
	const struct option_list *args = &c->o->args;
	const char *verb = args->len > 0 ? args->list[0] : "list";
	if (text_eq(verb, "list"))
		return do_list(c, e);
	bool known = false;
	for (size_t i = 1; i < ARRAY_LEN(verbs); i++)
		known = known || text_eq(verb, verbs[i]);
	if (!known) {
		const char *near = nearest_name(verb, verbs, ARRAY_LEN(verbs));
		return err_set(e, ERR_UNSUPPORTED,
		    "tag: unknown action '%.64s'%s%s%s", verb,
		    near ? "; did you mean '" : "", near ? near : "",
		    near ? "'?" : "");
	}
	if (args->len < 2)
		return err_set(e, ERR_UNSUPPORTED, "tag %s needs a tag", verb);
	return text_eq(verb, "query") ? do_query(c, e) : change_each(c, e);
}

/* Another node's tags are the router's to change; of this machine nobody
 * knows more than itself. */
static bool
is_for_router(const struct options *o)
{
	bool query = o->args.len > 0 && text_eq(o->args.list[0], "query");
	return o->node != NULL || (query && context_is_wanted(o));
}

int
command_tag(const struct options *o, struct term *t)
{
	if (is_for_router(o))
		return become_operator(t);
	struct tag_command c = { .o = o, .t = t };
	struct err e = { 0 };
	int rc = open_all(&c, &e);
	if (rc == 0)
		rc = dispatch(&c, &e);
	close_all(&c);
	if (rc >= 0)
		return EXIT_STATUS_OK;
	int status = rc == ERR_UNSUPPORTED || rc == ERR_INVALID
			 ? EXIT_STATUS_USAGE
			 : EXIT_STATUS_FAILED;
	term_error(t, &e, status);
	return status;
}
