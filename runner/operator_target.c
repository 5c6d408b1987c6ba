/* SPDX-License-Identifier: MIT */
/* Resolving nodes, and asking a person whether they are the right ones. */
#include "runner/operator_target.h"

#include <stdlib.h>
#include <string.h>

#include "common/auto.h"
#include "wire/tag.h"

#define ASK_ABOVE 10
#define NAMES_SHOWN 12
#define NAME_COLUMNS_MAX 40

struct found {
	struct jsn *names; /* {id: name} */
	const char *deployment;
};

bool
target_is_given(const struct options *o)
{
	return o->tags.len > 0 || o->ids.len > 0 || o->deployment != NULL;
}

static int
add_id(struct operation *op, const char *node, struct found *f, struct err *e)
{
	AUTO(jsn_free) struct jsn *instance = NULL;
	int rc = operator_node(op, node, &instance, e);
	if (rc < 0)
		return rc;
	const char *id = jsn_peek_str(instance, "id", "");
	const char *deployment = jsn_peek_str(instance, "deployment", "");
	const char *presence = jsn_peek_str(instance, "presence", "");
	if (f->deployment != NULL && !text_eq(f->deployment, deployment))
		return err_set(e, ERR_INVALID,
		    "node '%.100s' is of deployment '%.64s', not '%.64s'", node,
		    deployment, f->deployment);
	if (!op->o->online_only || text_eq(presence, "online"))
		jsn_set_str(f->names, id, jsn_peek_str(instance, "name", id));
	return 0;
}

static int
take_tagged(const char *id, struct jsn *value, void *arg, struct err *e)
{
	(void)e;
	struct found *f = arg;
	jsn_set_str(f->names, id, jsn_peek_str(value, "name", id));
	return 0;
}

int
target_query(struct operation *op, const struct option_list *list, size_t first,
    struct jsn *body, jsn_member_fn each, void *arg, struct err *e)
{
	struct jsn *tags = jsn_new_array();
	jsn_set(body, "tags", tags);
	for (size_t i = first; i < list->len; i++) {
		struct tag pattern;
		int rc =
		    tag_pattern_parse(str_from(list->list[i]), &pattern, e);
		if (rc < 0)
			return rc;
		jsn_push_str(tags, list->list[i]);
	}
	for (;;) {
		AUTO(jsn_free) struct jsn *reply = NULL;
		int rc = operator_call(
		    op, API_tags_query, NULL, NULL, body, &reply, e);
		if (rc == 0)
			rc =
			    jsn_each(jsn_get(reply, "instances"), each, arg, e);
		if (rc < 0)
			return rc;
		const char *next = jsn_peek_str(reply, "next", NULL);
		if (next == NULL)
			return 0;
		jsn_set_str(body, "cursor", next);
	}
}

static int
add_tagged(struct operation *op, struct found *f, struct err *e)
{
	const struct options *o = op->o;
	AUTO(jsn_free) struct jsn *body = jsn_new_object();
	jsn_set_str(body, "match", o->match_nodes ? o->match_nodes : "all");
	jsn_set_int(body, "limit", 10000);
	if (o->online_only)
		jsn_set_bool(body, "online_only", true);
	return target_query(op, &o->tags, 0, body, take_tagged, f, e);
}

struct members {
	struct found *from; /* NULL: everyone */
	struct found *to;
};

static int
take_member(
    struct operation *op, struct jsn *instance, void *arg, struct err *e)
{
	(void)e;
	struct members *m = arg;
	const char *id = jsn_peek_str(instance, "id", "");
	const char *presence = jsn_peek_str(instance, "presence", "");
	if (m->from != NULL && jsn_get(m->from->names, id) == NULL)
		return 0;
	if (!op->o->online_only || text_eq(presence, "online"))
		jsn_set_str(
		    m->to->names, id, jsn_peek_str(instance, "name", id));
	return 0;
}

/* Those of the deployment; of `from` when it is given. */
static int
add_members(
    struct operation *op, struct found *from, struct found *to, struct err *e)
{
	const char *query[] = { "deployment", to->deployment, NULL };
	struct members m = { from, to };
	return operator_each(op, API_instance_list, NULL, query, "instances", 0,
	    take_member, &m, e);
}

static int
find_all(struct operation *op, struct found *f, struct err *e)
{
	const struct options *o = op->o;
	AUTO(jsn_free) struct jsn *names = jsn_new_object();
	struct found tagged = { names, o->deployment };
	int rc = 0;
	if (o->tags.len > 0)
		rc = add_tagged(op, o->deployment != NULL ? &tagged : f, e);
	if (rc == 0 && o->deployment != NULL && o->tags.len > 0)
		rc = add_members(op, &tagged, f, e);
	else if (rc == 0 && o->deployment != NULL && o->ids.len == 0)
		rc = add_members(op, NULL, f, e);
	for (size_t i = 0; i < o->ids.len && rc == 0; i++)
		rc = add_id(op, o->ids.list[i], f, e);
	return rc;
}

struct filling {
	struct operation *op;
	struct target *target;
};

static int
add_node(const char *id, struct jsn *value, void *arg, struct err *e)
{
	(void)e;
	struct filling *f = arg;
	struct str name = jsn_str(value);
	f->target->nodes[f->target->len++] = (struct target_node){
		.id = arena_strdup(f->op->arena, id),
		.name = arena_strndup(f->op->arena, name.data, name.len),
	};
	return 0;
}

static int
compare_names(const void *a, const void *b)
{
	const struct target_node *x = a, *y = b;
	int order = strcmp(x->name, y->name);
	return order != 0 ? order : strcmp(x->id, y->id);
}

int
target_resolve(struct operation *op, struct target *ret_target, struct err *e)
{
	AUTO(jsn_free) struct jsn *names = jsn_new_object();
	struct found f = { names, op->o->deployment };
	int rc = find_all(op, &f, e);
	if (rc < 0)
		return rc;
	struct target t = { .nodes = arena_array_of(op->arena,
				struct target_node, jsn_len(names) + 1) };
	struct filling filling = { op, &t };
	rc = jsn_each(names, add_node, &filling, e);
	if (rc < 0)
		return rc;
	if (t.len > 1)
		qsort(t.nodes, t.len, sizeof(*t.nodes), compare_names);
	int64_t limit = op->o->limit_nodes;
	if (limit >= 0 && t.len > (size_t)limit)
		t.len = (size_t)limit;
	for (size_t i = 0; i < t.len; i++) {
		size_t columns = text_columns(str_from(t.nodes[i].name));
		if (columns > t.name_width)
			t.name_width = columns;
	}
	if (t.name_width > NAME_COLUMNS_MAX)
		t.name_width = NAME_COLUMNS_MAX;
	*ret_target = t;
	return 0;
}

bool
target_confirm(
    const struct operation *op, const struct target *t, const char *what)
{
	AUTO_BUF struct buf names = BUF_INIT((size_t)64 << 10);
	size_t shown = t->len > NAMES_SHOWN + 1 ? NAMES_SHOWN : t->len;
	for (size_t i = 0; i < shown; i++)
		buf_printf(&names, "%s%s", i > 0 ? ", " : "", t->nodes[i].name);
	if (shown < t->len)
		buf_printf(&names, " and %zu more", t->len - shown);
	if (!op->o->quiet)
		term_note(op->t, "%s on %zu node%s: %s", what, t->len,
		    t->len == 1 ? "" : "s", buf_text(&names));
	if (t->len <= ASK_ABOVE || op->o->yes || !term_can_ask())
		return true;
	return term_ask(op->t, "go on? [y/N] ");
}
