/* SPDX-License-Identifier: MIT */
/* `rightlink nodes`: who is there, one of them, what an admin does to one. */
#include <stdio.h>
#include <stdlib.h>

#include "common/auto.h"
#include "common/clock.h"
#include "runner/operator.h"
#include "runner/operator_tags.h"
#include "wire/tag.h"

#define TEXT_MAX_BYTES ((size_t)1 << 20)

static enum term_style
presence_style(const char *presence)
{
	if (text_eq(presence, "online"))
		return TERM_GOOD;
	return text_eq(presence, "stale") ? TERM_WARN : TERM_BAD;
}

static enum term_style
state_style(const char *state)
{
	if (text_eq(state, "stranded"))
		return TERM_BAD;
	return text_eq(state, "operational") ? TERM_PLAIN : TERM_WARN;
}

static void
add_tags(const struct jsn *tags, struct buf *out)
{
	for (size_t i = 0; i < jsn_len(tags); i++) {
		struct str tag = jsn_str(jsn_at(tags, i));
		buf_printf(out, "%s%.*s", i > 0 ? " " : "", STR_ARG(tag));
	}
}

struct listing {
	struct table *table;
	struct jsn *all; /* for json */
	struct tag_query query;
	size_t count;
};

static bool
is_wanted(const struct listing *l, const struct jsn *instance)
{
	if (l->query.len == 0)
		return true;
	const struct jsn *tags = jsn_get(instance, "tags");
	struct tag *list = xcalloc(jsn_len(tags) + 1, sizeof(*list));
	size_t len = 0;
	for (size_t i = 0; i < jsn_len(tags); i++) {
		struct err ignored = { 0 };
		if (tag_parse(jsn_str(jsn_at(tags, i)), &list[len], &ignored) ==
		    0)
			len++;
	}
	bool wanted = tag_query_matches(&l->query, list, len);
	free(list);
	return wanted;
}

static void
add_row(
    const struct operation *op, struct table *table, const struct jsn *instance)
{
	const char *presence = jsn_peek_str(instance, "presence", "?");
	const char *state = jsn_peek_str(instance, "state", "?");
	bool revoked = jsn_peek_bool(instance, "revoked", false);
	bool cloned = jsn_peek_bool(instance, "cloned", false);
	char seen[OPERATOR_AGO_BYTES];
	operator_ago(op, jsn_peek_int(instance, "last_seen", 0), seen);
	AUTO_BUF struct buf tags = BUF_INIT(TEXT_MAX_BYTES);
	add_tags(jsn_get(instance, "tags"), &tags);
	table_row(table);
	table_cell(
	    table, TERM_PLAIN, "%s", jsn_peek_str(instance, "name", "?"));
	table_cell(table, presence_style(presence), "%s", presence);
	if (revoked || cloned)
		table_cell(
		    table, TERM_BAD, "%s", revoked ? "revoked" : "cloned");
	else
		table_cell(table, state_style(state), "%s", state);
	table_cell(
	    table, TERM_PLAIN, "%s", jsn_peek_str(instance, "bundle", "-"));
	table_cell(table, TERM_PLAIN, "%s", seen);
	table_cell(table, TERM_PLAIN, "%s", buf_text(&tags));
}

static int
take_instance(
    struct operation *op, struct jsn *instance, void *arg, struct err *e)
{
	(void)e;
	struct listing *l = arg;
	if (!is_wanted(l, instance))
		return 0;
	l->count++;
	if (op->t->output == TERM_TEXT)
		add_row(op, l->table, instance);
	else if (op->t->output == TERM_JSONL)
		term_json(op->t, instance);
	else
		jsn_push(l->all, jsn_ref(instance));
	return 0;
}

static int
do_list(struct operation *op, struct err *e)
{
	const struct options *o = op->o;
	const char *query[5] = { NULL };
	size_t n = 0;
	if (o->deployment != NULL) {
		query[n++] = "deployment";
		query[n++] = o->deployment;
	}
	if (o->presence != NULL) {
		query[n++] = "presence";
		query[n++] = o->presence;
	}
	struct listing l = { .query = { .match = TAG_MATCH_ALL } };
	for (size_t i = 0; i < o->nodes_tags.len; i++) {
		int rc =
		    tag_query_add(&l.query, str_from(o->nodes_tags.list[i]), e);
		if (rc < 0)
			return rc;
	}
	AUTO(table_free)
	struct table *table = table_new("NAME|PRESENCE|STATE|BUNDLE|SEEN|TAGS");
	AUTO(jsn_free) struct jsn *all = jsn_new_array();
	l.table = table;
	l.all = all;
	int rc = operator_each(op, API_instance_list, NULL, query, "instances",
	    0, take_instance, &l, e);
	if (rc < 0)
		return rc;
	table_print(table, op->t);
	if (op->t->output == TERM_JSON)
		term_json(op->t, all);
	if (op->t->output == TERM_TEXT && l.count == 0)
		term_note(op->t, "no node%s",
		    n > 0 || o->nodes_tags.len > 0
			? " is so"
			: " yet; 'rightlink router token' makes a token that "
			  "lets machines join");
	return EXIT_STATUS_OK;
}

static void
add_line(struct buf *out, const char *key, const char *value)
{
	if (value != NULL)
		buf_printf(out, "%-12s %s\n", key, value);
}

static int
add_fact(const char *key, struct jsn *value, void *arg, struct err *e)
{
	(void)e;
	AUTO_BUF struct buf text = BUF_INIT(TEXT_MAX_BYTES);
	if (jsn_type(value) == JSN_STRING)
		buf_printf(&text, "%.*s", STR_ARG(jsn_str(value)));
	else
		jsn_format(value, JSN_PLAIN, &text);
	buf_printf(arg, "  %-20s %s\n", key, buf_text(&text));
	return 0;
}

static int
add_instance(const struct operation *op, const struct jsn *i, struct buf *out,
    struct err *e)
{
	char seen[OPERATOR_AGO_BYTES], created[CLOCK_TEXT_BYTES], pending[32];
	operator_ago(op, jsn_peek_int(i, "last_seen", 0), seen);
	clock_format(jsn_peek_int(i, "created", 0), created);
	snprintf(
	    pending, sizeof(pending), "%d", (int)jsn_peek_int(i, "pending", 0));
	const struct {
		const char *key, *value;
	} lines[] = {
		{ "name", jsn_peek_str(i, "name", NULL) },
		{ "id", jsn_peek_str(i, "id", NULL) },
		{ "deployment", jsn_peek_str(i, "deployment", NULL) },
		{ "state", jsn_peek_str(i, "state", NULL) },
		{ "presence", jsn_peek_str(i, "presence", NULL) },
		{ "seen", seen },
		{ "joined", created },
		{ "bundle", jsn_peek_str(i, "bundle", NULL) },
		{ "agent", jsn_peek_str(i, "version", NULL) },
		{ "pending", pending },
		{ "revoked", jsn_peek_bool(i, "revoked", false)
				 ? "its key is refused; 'nodes admit' takes it "
				   "again"
				 : NULL },
		{ "cloned", jsn_peek_bool(i, "cloned", false)
				? "two machines used its key at once; nothing "
				  "is delivered"
				: NULL },
	};
	for (size_t k = 0; k < ARRAY_LEN(lines); k++)
		add_line(out, lines[k].key, lines[k].value);
	const struct jsn *tags = jsn_get(i, "tags");
	if (jsn_len(tags) > 0)
		buf_add_str(out, "tags\n");
	for (size_t k = 0; k < jsn_len(tags); k++)
		buf_printf(out, "  %.*s\n", STR_ARG(jsn_str(jsn_at(tags, k))));
	const struct jsn *facts = jsn_get(i, "facts");
	if (jsn_len(facts) == 0)
		return 0;
	buf_add_str(out, "facts\n");
	return jsn_each(facts, add_fact, out, e);
}

static int
do_show(struct operation *op, struct err *e)
{
	AUTO(jsn_free) struct jsn *instance = NULL;
	int rc = operator_node(op, op->o->args.list[1], &instance, e);
	if (rc < 0)
		return rc;
	if (op->t->output != TERM_TEXT) {
		term_json(op->t, instance);
		return EXIT_STATUS_OK;
	}
	AUTO_BUF struct buf out = BUF_INIT(TEXT_MAX_BYTES);
	rc = add_instance(op, instance, &out, e);
	term_data(op->t, (struct str){ out.data, out.len });
	return rc < 0 ? rc : EXIT_STATUS_OK;
}

static int
do_tag(struct operation *op, struct err *e)
{
	const struct option_list *args = &op->o->args;
	const char *verb = args->len > 2 ? args->list[2] : "list";
	int rc = operator_change_tags(op, args->list[1], verb, args->list + 3,
	    args->len > 3 ? args->len - 3 : 0, e);
	return rc < 0 ? rc : EXIT_STATUS_OK;
}

/* The node by id, so that a rename meanwhile cannot hit another. */
static int
find_id(
    struct operation *op, const char *node, const char **ret_id, struct err *e)
{
	AUTO(jsn_free) struct jsn *instance = NULL;
	int rc = operator_node(op, node, &instance, e);
	if (rc == 0)
		*ret_id =
		    arena_strdup(op->arena, jsn_peek_str(instance, "id", ""));
	return rc;
}

/* Takes the change over. */
static int
change(
    struct operation *op, struct jsn *change, const char *done, struct err *e)
{
	AUTO(jsn_free) struct jsn *body = change, *reply = NULL;
	const char *node = op->o->args.list[1], *id = NULL;
	int rc = find_id(op, node, &id, e);
	if (rc == 0)
		rc = operator_call(
		    op, API_instance_put, id, NULL, body, &reply, e);
	if (rc < 0)
		return rc;
	if (op->t->output != TERM_TEXT)
		term_json(op->t, jsn_get(reply, "instance"));
	else
		term_note(op->t, "node '%s' %s", node, done);
	return EXIT_STATUS_OK;
}

static int
do_rename(struct operation *op, struct err *e)
{
	struct jsn *body = jsn_new_object();
	jsn_set_str(body, "name", op->o->args.list[2]);
	return change(op, body, "has its new name", e);
}

static int
do_bundle(struct operation *op, struct err *e)
{
	struct jsn *body = jsn_new_object();
	jsn_set_str(body, "bundle", op->o->args.list[2]);
	return change(op, body, "gets that bundle at its next boot", e);
}

static bool
is_sure(const struct operation *op, const char *what)
{
	if (op->o->yes || !term_can_ask())
		return true;
	return term_ask(op->t, "%s '%s'? [y/N] ", what, op->o->args.list[1]);
}

static int
do_revoke(struct operation *op, struct err *e)
{
	if (!is_sure(op, "refuse the key of node"))
		return EXIT_STATUS_FAILED;
	struct jsn *body = jsn_new_object();
	jsn_set_bool(body, "revoked", true);
	return change(op, body, "is refused from now on", e);
}

static int
do_admit(struct operation *op, struct err *e)
{
	struct jsn *body = jsn_new_object();
	jsn_set_bool(body, "revoked", false);
	return change(op, body, "is taken again", e);
}

static int
do_forget(struct operation *op, struct err *e)
{
	if (!is_sure(op, "forget node"))
		return EXIT_STATUS_FAILED;
	const char *node = op->o->args.list[1], *id = NULL;
	AUTO(jsn_free) struct jsn *reply = NULL;
	int rc = find_id(op, node, &id, e);
	if (rc == 0)
		rc = operator_call(
		    op, API_instance_delete, id, NULL, NULL, &reply, e);
	if (rc < 0)
		return rc;
	int64_t ended = jsn_peek_int(reply, "ended", 0);
	if (op->t->output != TERM_TEXT)
		term_json(op->t, reply);
	else
		term_note(op->t, "node '%s' is forgotten; %d command%s ended",
		    node, (int)ended, ended == 1 ? "" : "s");
	return EXIT_STATUS_OK;
}

static int
nodes_action(struct operation *op, struct err *e)
{
	static const struct operator_action actions[] = {
		{ "list", "nodes [list]", 0, 0, do_list },
		{ "show", "nodes show NODE", 1, 1, do_show },
		{ "tag", "nodes tag NODE [list|add|set|remove TAG...]", 1,
		    OPTION_LIST_MAX, do_tag },
		{ "rename", "nodes rename NODE NAME", 2, 2, do_rename },
		{ "bundle", "nodes bundle NODE BUNDLE", 2, 2, do_bundle },
		{ "revoke", "nodes revoke NODE", 1, 1, do_revoke },
		{ "admit", "nodes admit NODE", 1, 1, do_admit },
		{ "forget", "nodes forget NODE", 1, 1, do_forget },
	};
	operator_fn fn = NULL;
	int rc = operator_find_action(
	    op, "nodes", actions, ARRAY_LEN(actions), &fn, e);
	return rc < 0 ? rc : fn(op, e);
}

int
operator_nodes(const struct options *o, struct term *t)
{
	return operator_do(o, t, nodes_action);
}
