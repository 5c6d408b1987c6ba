/* SPDX-License-Identifier: MIT */
/* rs_tag: tags by the running agent, or of this machine alone without one. */
#include <stdlib.h>
#include <string.h>

#include "common/auto.h"
#include "runner/fabric.h"
#include "runner/state.h"
#include "runner/tools.h"

#define TIMEOUT_S 180

enum {
	NOTHING_FOUND = 44,
	LIST_FAILED = 45,
	QUERY_MALFORMED = 46,
	ADD_MALFORMED = 47,
	REMOVE_MALFORMED = 48,
	QUERY_FAILED = 53,
	ADD_FAILED = 54,
	REMOVE_FAILED = 55,
};

/* Without an agent the tag store of this machine answers. */
static int
ask_store(const struct jsn *request, struct jsn **ret_reply, struct err *e)
{
	struct places p = { .state = NULL };
	struct state s = { .root = NULL };
	AUTO(jsn_free) struct jsn *reply = jsn_new_object(), *value = NULL;
	const char *type = jsn_peek_str(request, "type", "");
	struct str tag = jsn_str(jsn_get(request, "tag"));
	struct fabric *f = NULL;
	bool changed = false;
	int rc = places_find(NULL, NULL, &p, e);
	if (rc == 0)
		rc = places_prepare(&p, e);
	if (rc == 0)
		rc = state_load(&p, &s, e);
	if (rc == 0 && state_now(&s) == STATE_PENDING)
		rc = state_save(&s, e);
	if (rc == 0)
		f = fabric_open_local(&p, state_id(&s));
	struct tag_query q = { .match = TAG_MATCH_ANY };
	const struct jsn *tags = jsn_get(request, "tags");
	for (size_t i = 0; rc == 0 && i < jsn_len(tags); i++)
		rc = tag_query_add(&q, jsn_str(jsn_at(tags, i)), e);
	if (rc == 0 && text_eq(type, "tag_list"))
		rc = fabric_list(f, &value, e);
	else if (rc == 0 && text_eq(type, "tag_query"))
		rc = fabric_query(f, &q, NULL, &value, e);
	else if (rc == 0 && text_eq(type, "tag_publish"))
		rc = fabric_publish(f, tag, false, &changed, e);
	else if (rc == 0)
		rc = fabric_remove(f, tag, &changed, e);
	if (value != NULL)
		jsn_set(reply, text_eq(type, "tag_list") ? "tags" : "instances",
		    TAKE(value));
	fabric_close(&f);
	state_release(&s);
	places_release(&p);
	if (rc == 0)
		*ret_reply = TAKE(reply);
	return rc;
}

static int
ask(const struct tool_options *o, struct jsn *request, struct jsn **ret_reply,
    struct err *e)
{
	int64_t limit =
	    (o->tag_timeout > 0 ? o->tag_timeout : TIMEOUT_S) * 1000;
	jsn_set_int(request, "timeout_ms", limit);
	int rc = tool_ask(request, limit, ret_reply, e);
	return rc == ERR_ABSENT ? ask_store(request, ret_reply, e) : rc;
}

enum form {
	FORM_JSON,
	FORM_YAML,
	FORM_TEXT,
};

static enum form
form_of(const char *word)
{
	static const struct {
		const char *word;
		enum form form;
	} table[] = {
		{ "yaml", FORM_YAML },
		{ "yml", FORM_YAML },
		{ "text", FORM_TEXT },
		{ "txt", FORM_TEXT },
		{ "sh", FORM_TEXT },
		{ "shell", FORM_TEXT },
		{ "list", FORM_TEXT },
	};
	for (size_t i = 0; i < ARRAY_LEN(table); i++) {
		if (text_eq(table[i].word, word))
			return table[i].form;
	}
	return FORM_JSON;
}

static int
add_key(const char *key, struct jsn *value, void *arg, struct err *e)
{
	(void)value;
	(void)e;
	struct buf *out = arg;
	buf_printf(out, "%s%s", out->len > 0 ? " " : "", key);
	return 0;
}

/* Text is one line: tags or ids with blanks between them. */
static void
print(const struct tool_options *o, const struct jsn *value)
{
	struct err e = { 0 };
	AUTO_BUF struct buf line = BUF_INIT((size_t)64 << 20);
	switch (form_of(o->format)) {
	case FORM_JSON:
		tool_print_json(value);
		return;
	case FORM_YAML:
		tool_print_yaml(value);
		return;
	case FORM_TEXT:
		break;
	}
	for (size_t i = 0; jsn_type(value) == JSN_ARRAY && i < jsn_len(value);
	     i++)
		buf_printf(&line, "%s%.*s", i > 0 ? " " : "",
		    STR_ARG(jsn_str(jsn_at(value, i))));
	if (jsn_type(value) == JSN_OBJECT)
		(void)!jsn_each(value, add_key, &line, &e);
	tool_say("%s", buf_text(&line));
}

static int
failed(const struct err *e, const char *what, int status)
{
	struct err whole = *e;
	(void)err_wrap(&whole, "%s", what);
	return tool_fail(&whole, status);
}

static int
do_list(const struct tool_options *o)
{
	AUTO(jsn_free) struct jsn *request = jsn_new_object(), *reply = NULL;
	struct err e = { 0 };
	jsn_set_str(request, "type", "tag_list");
	if (ask(o, request, &reply, &e) < 0)
		return failed(&e, "Failed to list tags", LIST_FAILED);
	const struct jsn *tags = jsn_get(reply, "tags");
	if (jsn_type(tags) != JSN_ARRAY)
		return LIST_FAILED;
	if (jsn_len(tags) == 0 && o->die) {
		tool_complain("No server tags found");
		return NOTHING_FOUND;
	}
	print(o, tags);
	return TOOL_EXIT_OK;
}

/* {id: {"tags": [...]}} and nothing else, as RightLink 6 gave it. */
static int
keep_tags(const char *id, struct jsn *value, void *arg, struct err *e)
{
	(void)e;
	struct jsn *out = jsn_new_object();
	const struct jsn *tags = jsn_get(value, "tags");
	jsn_set(out, "tags",
	    tags != NULL ? jsn_ref((struct jsn *)(uintptr_t)tags)
			 : jsn_new_array());
	jsn_set(arg, id, out);
	return 0;
}

static int
do_query(const struct tool_options *o)
{
	AUTO(jsn_free) struct jsn *request = jsn_new_object(), *reply = NULL;
	AUTO(jsn_free) struct jsn *found = jsn_new_object();
	struct err e = { 0 };
	struct jsn *tags = jsn_new_array();
	jsn_push_str(tags, o->query);
	for (size_t i = 0; i < o->args.len; i++)
		jsn_push_str(tags, o->args.list[i]);
	jsn_set_str(request, "type", "tag_query");
	jsn_set(request, "tags", tags);
	jsn_set_str(request, "match", "any");
	if (ask(o, request, &reply, &e) < 0)
		return failed(&e, "Failed to query tags", QUERY_FAILED);
	const struct jsn *instances = jsn_get(reply, "instances");
	if (jsn_type(instances) != JSN_OBJECT ||
	    jsn_each(instances, keep_tags, found, &e) < 0)
		return QUERY_MALFORMED;
	if (jsn_len(found) == 0 && o->die) {
		tool_complain("No servers with these tags found");
		return NOTHING_FOUND;
	}
	print(o, found);
	return TOOL_EXIT_OK;
}

static int
change(const struct tool_options *o, bool add)
{
	const char *tag = add ? o->add : o->remove;
	AUTO(jsn_free) struct jsn *request = jsn_new_object(), *reply = NULL;
	struct err e = { 0 };
	jsn_set_str(request, "type", add ? "tag_publish" : "tag_remove");
	jsn_set_str(request, "tag", tag);
	if (ask(o, request, &reply, &e) < 0)
		return failed(&e,
		    add ? "Failed to add tag" : "Failed to remove tag",
		    add ? ADD_FAILED : REMOVE_FAILED);
	if (jsn_type(reply) != JSN_OBJECT)
		return add ? ADD_MALFORMED : REMOVE_MALFORMED;
	if (add)
		tool_say("Successfully added tag %s", tag);
	else
		tool_say("Request processed successfully");
	return TOOL_EXIT_OK;
}

int
tool_rs_tag(const struct tool_options *o)
{
	int wanted = o->list + (o->add != NULL) + (o->remove != NULL) +
		     (o->query != NULL);
	const char *given = o->add ? o->add : o->remove ? o->remove : o->query;
	if (wanted != 1)
		return tool_wrong("rs_tag: give one of --list, --add, "
				  "--remove, --query");
	if (given != NULL && given[0] == '\0')
		return tool_wrong("rs_tag: the tag is empty");
	if (o->query == NULL && o->args.len > 0)
		return tool_wrong(
		    "rs_tag: '%s' is one word too many", o->args.list[0]);
	if (o->list)
		return do_list(o);
	return o->query != NULL ? do_query(o) : change(o, o->add != NULL);
}
