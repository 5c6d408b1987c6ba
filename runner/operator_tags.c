/* SPDX-License-Identifier: MIT */
/* `rightlink tag` by way of the router: tags of a node, who carries tags. */
#include "runner/operator_tags.h"

#include <string.h>

#include "common/auto.h"
#include "runner/operator_target.h"
#include "wire/tag.h"

void
operator_print_tags(const struct operation *op, const struct jsn *tags)
{
	if (op->t->output != TERM_TEXT) {
		term_json(op->t, tags);
		return;
	}
	AUTO_BUF struct buf text = BUF_INIT((size_t)8 << 20);
	for (size_t i = 0; i < jsn_len(tags); i++) {
		struct str tag = jsn_str(jsn_at(tags, i));
		buf_printf(&text, "%.*s\n", STR_ARG(tag));
	}
	term_data(op->t, (struct str){ text.data, text.len });
}

/* Every value of the same key is taken away before. */
static int
add_other_values(struct str text, struct jsn *remove, struct err *e)
{
	struct tag tag;
	int rc = tag_parse(text, &tag, e);
	if (rc < 0)
		return rc;
	if (tag.raw)
		return err_set(e, ERR_INVALID,
		    "tag '%.*s': only namespace:predicate=value can be set",
		    STR_ARG(text));
	AUTO_STR char *all = xasprintf(
	    "%.*s:%.*s=*", STR_ARG(tag.name_space), STR_ARG(tag.predicate));
	jsn_push_str(remove, all);
	return 0;
}

static int
make_change(const struct operation *op, const char *verb,
    const char *const *tags, size_t tags_len, struct jsn *body, struct err *e)
{
	struct jsn *add = jsn_new_array(), *remove = jsn_new_array();
	jsn_set(body, "add", add);
	jsn_set(body, "remove", remove);
	if (op->o->lease >= 0)
		jsn_set_int(body, "ttl_ms", op->o->lease * 1000);
	bool is_remove = text_eq(verb, "remove");
	if (!is_remove && !text_eq(verb, "add") && !text_eq(verb, "set"))
		return err_set(e, ERR_UNSUPPORTED,
		    "tag: unknown action '%.64s'; list, add, set or remove",
		    verb);
	if (tags_len == 0)
		return err_set(e, ERR_UNSUPPORTED, "tag %s needs a tag", verb);
	for (size_t i = 0; i < tags_len; i++) {
		struct tag tag;
		struct str text = str_from(tags[i]);
		int rc = is_remove ? tag_pattern_parse(text, &tag, e)
				   : tag_parse(text, &tag, e);
		if (rc == 0 && text_eq(verb, "set"))
			rc = add_other_values(text, remove, e);
		if (rc < 0)
			return rc;
		jsn_push_str(is_remove ? remove : add, tags[i]);
	}
	return 0;
}

int
operator_change_tags(struct operation *op, const char *node, const char *verb,
    const char *const *tags, size_t tags_len, struct err *e)
{
	AUTO(jsn_free) struct jsn *body = jsn_new_object();
	bool is_list = text_eq(verb, "list");
	int rc = is_list ? 0 : make_change(op, verb, tags, tags_len, body, e);
	if (rc < 0)
		return rc;
	AUTO(jsn_free) struct jsn *instance = NULL;
	rc = operator_node(op, node, &instance, e);
	if (rc < 0)
		return rc;
	if (is_list) {
		const struct jsn *have = jsn_get(instance, "tags");
		AUTO(jsn_free) struct jsn *none = jsn_new_array();
		operator_print_tags(op, have != NULL ? have : none);
		return 0;
	}
	AUTO(jsn_free) struct jsn *reply = NULL;
	rc = operator_call(op, API_instance_tags,
	    jsn_peek_str(instance, "id", ""), NULL, body, &reply, e);
	if (rc < 0)
		return err_wrap(e, "node '%.100s'", node);
	operator_print_tags(op, jsn_get(reply, "tags"));
	return 0;
}

static int
print_instance(const char *id, struct jsn *value, void *arg, struct err *e)
{
	(void)e;
	const struct operation *op = arg;
	const char *name = jsn_peek_str(value, "name", id);
	AUTO_BUF struct buf text = BUF_INIT((size_t)8 << 20);
	if (text_eq(name, id))
		buf_printf(&text, "%s\n", id);
	else
		buf_printf(&text, "%s  %s\n", name, id);
	const struct jsn *tags = jsn_get(value, "tags");
	for (size_t i = 0; i < jsn_len(tags); i++) {
		struct str tag = jsn_str(jsn_at(tags, i));
		buf_printf(&text, "    %.*s\n", STR_ARG(tag));
	}
	term_data(op->t, (struct str){ text.data, text.len });
	return 0;
}

static int
keep_instance(const char *id, struct jsn *value, void *arg, struct err *e)
{
	(void)e;
	jsn_set(arg, id, jsn_ref(value));
	return 0;
}

/* All pages, printed at the end: JSON is one object. */
static int
do_query(struct operation *op, struct err *e)
{
	const struct option_list *args = &op->o->args;
	AUTO(jsn_free) struct jsn *body = jsn_new_object();
	AUTO(jsn_free) struct jsn *all = jsn_new_object();
	if (op->o->match != NULL)
		jsn_set_str(body, "match", op->o->match);
	if (args->len < 2)
		return err_set(e, ERR_UNSUPPORTED, "tag query needs a tag");
	int rc = target_query(op, args, 1, body, keep_instance, all, e);
	if (rc < 0)
		return rc;
	if (op->t->output == TERM_TEXT)
		return jsn_each(all, print_instance, op, e);
	term_json(op->t, all);
	return 0;
}

static int
tag_action(struct operation *op, struct err *e)
{
	const struct option_list *args = &op->o->args;
	const char *verb = args->len > 0 ? args->list[0] : "list";
	if (text_eq(verb, "query"))
		return do_query(op, e);
	if (op->o->node == NULL)
		return err_set(e, ERR_UNSUPPORTED,
		    "tag %s by way of the router needs --node NODE", verb);
	return operator_change_tags(op, op->o->node, verb, args->list + 1,
	    args->len > 0 ? args->len - 1 : 0, e);
}

int
operator_tag(const struct options *o, struct term *t)
{
	return operator_do(o, t, tag_action);
}
