/* SPDX-License-Identifier: MIT */
/* Commands: payload to struct and back, and whom they are meant for. */
#include "wire/command.h"

#include <string.h>

#include "common/auto.h"
#include "common/clock.h"
#include "wire/payloads.h"
#include "wire/runspec.h"

#define NAME_MAX_BYTES 255
#define ID_MAX_BYTES 39 /* instance ids: struct caller of the router */
#define DEPLOYMENT_MAX_BYTES 63
#define THREAD_MAX_BYTES 63
#define ATTEMPTS 3
#define ATTEMPTS_MAX 10
#define TIMEOUT_MAX_MS ((int64_t)366 * 24 * 3600 * 1000)

static const char *const kinds[] = {
	[COMMAND_RUN_RECIPE] = "recipe",
	[COMMAND_RUN_SCRIPT] = "script",
	[COMMAND_RUN_BOOT] = "boot",
	[COMMAND_DECOMMISSION] = "decommission",
	[COMMAND_SHUTDOWN] = "shutdown",
};

const char *
command_kind_name(enum command_kind kind)
{
	return kinds[kind];
}

static enum command_kind
kind_of(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
		if (text_eq(kinds[i], name))
			return (enum command_kind)i;
	}
	ASSERT(false); /* the shape has been checked */
	return COMMAND_RUN_RECIPE;
}

static bool
is_ulid(const char *text)
{
	return strlen(text) == ULID_TEXT_BYTES - 1 &&
	       strspn(text, "0123456789ABCDEFGHJKMNPQRSTVWXYZ") ==
		   ULID_TEXT_BYTES - 1;
}

static bool
thread_is_valid(const char *text)
{
	return text[0] >= 'a' && text[0] <= 'z' &&
	       strlen(text) <= THREAD_MAX_BYTES &&
	       text[strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789_")] ==
		   '\0';
}

static int
invalid(struct err *e, const char *what)
{
	return err_set(e, ERR_INVALID, "command: %s", what);
}

static int
check_name(const struct command *c, struct err *e)
{
	if (c->kind != COMMAND_RUN_RECIPE && c->kind != COMMAND_RUN_SCRIPT)
		return c->name != NULL
			   ? invalid(e, ".name: only recipes and scripts have "
					"one")
			   : 0;
	if (c->name == NULL || c->name[0] == '\0')
		return invalid(e, ".name: is missing");
	if (c->kind == COMMAND_RUN_RECIPE && !runspec_recipe_is_valid(c->name))
		return err_set(e, ERR_INVALID,
		    "command: .name: '%.*s' is no recipe's name",
		    NAME_MAX_BYTES, c->name);
	if (strlen(c->name) > NAME_MAX_BYTES || strchr(c->name, '/') != NULL)
		return invalid(e, ".name: is no script's name");
	return 0;
}

static int
check_numbers(const struct command *c, struct err *e)
{
	if (c->issued_at < 0 || c->not_after <= c->issued_at)
		return invalid(e, ".not_after: must be after .issued_at");
	if (c->not_after - c->issued_at > COMMAND_LIFE_MAX_MS)
		return invalid(
		    e, ".not_after: more than 30 days after .issued_at");
	if (c->hops < 0 || c->hops > COMMAND_HOPS_MAX)
		return err_set(e, ERR_INVALID,
		    "command: .hops: a chain of more than %d requests",
		    COMMAND_HOPS_MAX);
	if (c->attempts < 1 || c->attempts > ATTEMPTS_MAX)
		return err_set(e, ERR_INVALID,
		    "command: .attempts: must be 1 to %d", ATTEMPTS_MAX);
	if (c->timeout_ms < 0 || c->timeout_ms > TIMEOUT_MAX_MS)
		return invalid(e, ".timeout_ms: is no time");
	return 0;
}

static int
check_texts(const struct command *c, struct err *e)
{
	if (!is_ulid(c->cid))
		return invalid(e, ".cid: is no ULID");
	if (c->thread != NULL && !thread_is_valid(c->thread))
		return invalid(e, ".thread: must be [a-z][a-z0-9_]*");
	if (c->scope != NULL &&
	    (c->scope[0] == '\0' || strlen(c->scope) > DEPLOYMENT_MAX_BYTES))
		return invalid(e, ".deployment: empty or too long");
	if (c->kind == COMMAND_SHUTDOWN && c->shutdown == NULL)
		return invalid(e, ".shutdown: is missing");
	if (c->shutdown != NULL && c->kind != COMMAND_SHUTDOWN &&
	    c->kind != COMMAND_DECOMMISSION)
		return invalid(
		    e, ".shutdown: only of shutdown and decommission");
	return check_name(c, e);
}

static int
check_parameter(const char *key, struct jsn *value, void *arg, struct err *e)
{
	(void)arg;
	if (jsn_type(value) == JSN_STRING)
		return 0;
	return err_set(e, ERR_INVALID,
	    "command: .parameters.%.100s: must be a string", key);
}

static int
read_ids(
    struct arena *a, const struct jsn *list, struct command *c, struct err *e)
{
	c->ids_len = jsn_len(list);
	if (c->ids_len > COMMAND_IDS_MAX)
		return err_set(e, ERR_INVALID, "command: .ids: more than %d",
		    COMMAND_IDS_MAX);
	c->ids = arena_array_of(a, const char *, c->ids_len);
	for (size_t i = 0; i < c->ids_len; i++) {
		struct str id = jsn_str(jsn_at(list, i));
		if (id.len == 0 || id.len > ID_MAX_BYTES)
			return err_set(e, ERR_INVALID,
			    "command: .ids[%zu]: is no instance id", i);
		c->ids[i] = arena_strndup(a, id.data, id.len);
	}
	return 0;
}

static int
make_query(const struct command *c, struct tag_query *ret, struct err *e)
{
	*ret = (struct tag_query){ .match = c->match };
	for (size_t i = 0; i < jsn_len(c->tags); i++) {
		int rc = tag_query_add(ret, jsn_str(jsn_at(c->tags, i)), e);
		if (rc < 0) {
			err_wrap(e, "command: .tags[%zu]", i);
			return err_set(
			    e, ERR_INVALID, "%s", e != NULL ? e->text : "");
		}
	}
	return 0;
}

static int
read_targets(
    struct arena *a, const struct jsn *v, struct command *c, struct err *e)
{
	const struct jsn *ids = jsn_get(v, "ids");
	c->tags = jsn_get(v, "tags");
	if (jsn_len(ids) > 0 && jsn_len(c->tags) > 0)
		return invalid(e, ".ids and .tags: only one may be given");
	if (jsn_len(ids) == 0 && jsn_len(c->tags) == 0)
		return invalid(e, "no target: .ids or .tags is needed");
	if (jsn_len(ids) > 0) {
		c->tags = NULL;
		return read_ids(a, ids, c, e);
	}
	struct tag_query query;
	return make_query(c, &query, e);
}

static const char *
copy_text(struct arena *a, const struct jsn *v, const char *key)
{
	const char *text = jsn_peek_str(v, key, NULL);
	return text != NULL ? arena_strdup(a, text) : NULL;
}

static bool
is_word(const struct jsn *v, const char *key, const char *word)
{
	return text_eq(jsn_peek_str(v, key, NULL), word);
}

static void
read_members(struct arena *a, const struct jsn *v, struct command *c)
{
	*c = (struct command){
		.cid = copy_text(a, v, "cid"),
		.kind = kind_of(jsn_peek_str(v, "kind", NULL)),
		.name = copy_text(a, v, "name"),
		.thread = copy_text(a, v, "thread"),
		.shutdown = copy_text(a, v, "shutdown"),
		.scope = copy_text(a, v, "deployment"),
		.attributes = jsn_get(v, "attributes"),
		.parameters = jsn_get(v, "parameters"),
		.match =
		    is_word(v, "match", "any") ? TAG_MATCH_ANY : TAG_MATCH_ALL,
		.any = is_word(v, "selector", "any"),
		.online_only = jsn_peek_bool(v, "online_only", false),
		.require_match = jsn_peek_bool(v, "require_match", false),
		.why_run = jsn_peek_bool(v, "why_run", false),
		.rerun = is_word(v, "on_interrupt", "rerun"),
		.attempts = jsn_peek_int(v, "attempts", ATTEMPTS),
		.timeout_ms = jsn_peek_int(v, "timeout_ms", 0),
		.issued_at = jsn_peek_int(v, "issued_at", 0),
		.not_after = jsn_peek_int(v, "not_after", 0),
		.hops = jsn_peek_int(v, "hops", 0),
	};
}

int
command_parse(struct arena *a, struct str payload, struct jsn **ret_value,
    struct command *ret_command, struct err *e)
{
	AUTO(jsn_free) struct jsn *v = NULL;
	int rc = jsn_parse(payload, "command", COMMAND_MAX_BYTES, &v, e);
	if (rc == 0)
		rc = wire_shape_check(&wire_payload_command, v, "command", e);
	if (rc < 0)
		return rc;
	struct command c;
	read_members(a, v, &c);
	rc = check_texts(&c, e);
	if (rc == 0)
		rc = check_numbers(&c, e);
	if (rc == 0 && c.parameters != NULL)
		rc = jsn_each(c.parameters, check_parameter, NULL, e);
	if (rc == 0)
		rc = read_targets(a, v, &c, e);
	if (rc < 0)
		return rc;
	*ret_command = c;
	*ret_value = TAKE(v);
	return 0;
}

static void
set_text(struct jsn *o, const char *key, const char *text)
{
	if (text != NULL)
		jsn_set_str(o, key, text);
}

static void
set_value(struct jsn *o, const char *key, struct jsn *value)
{
	if (value != NULL)
		jsn_set(o, key, jsn_ref(value));
}

static void
set_true(struct jsn *o, const char *key, bool value)
{
	if (value)
		jsn_set_bool(o, key, true);
}

static void
set_targets(struct jsn *o, const struct command *c)
{
	if (c->tags != NULL) {
		jsn_set(o, "tags", jsn_ref(c->tags));
		jsn_set_str(
		    o, "match", c->match == TAG_MATCH_ANY ? "any" : "all");
	} else {
		struct jsn *ids = jsn_new_array();
		for (size_t i = 0; i < c->ids_len; i++)
			jsn_push_str(ids, c->ids[i]);
		jsn_set(o, "ids", ids);
	}
	set_text(o, "selector", c->any ? "any" : NULL);
	set_text(o, "deployment", c->scope);
	set_true(o, "online_only", c->online_only);
	set_true(o, "require_match", c->require_match);
}

void
command_format(const struct command *c, struct buf *out)
{
	AUTO(jsn_free) struct jsn *o = jsn_new_object();
	jsn_set_str(o, "cid", c->cid);
	jsn_set_str(o, "kind", command_kind_name(c->kind));
	set_text(o, "name", c->name);
	set_value(o, "attributes", c->attributes);
	set_value(o, "parameters", c->parameters);
	set_targets(o, c);
	set_text(o, "thread", c->thread);
	if (c->timeout_ms != 0)
		jsn_set_int(o, "timeout_ms", c->timeout_ms);
	set_true(o, "why_run", c->why_run);
	if (c->rerun) {
		jsn_set_str(o, "on_interrupt", "rerun");
		jsn_set_int(
		    o, "attempts", c->attempts != 0 ? c->attempts : ATTEMPTS);
	}
	set_text(o, "shutdown", c->shutdown);
	if (c->hops != 0)
		jsn_set_int(o, "hops", c->hops);
	jsn_set_int(o, "issued_at", c->issued_at);
	jsn_set_int(o, "not_after", c->not_after);
	jsn_format(o, JSN_PLAIN, out);
}

bool
command_is_for(const struct command *c, const char *id, const struct tag *tags,
    size_t tags_len)
{
	for (size_t i = 0; i < c->ids_len; i++) {
		if (text_eq(c->ids[i], id))
			return true;
	}
	struct tag_query query;
	if (c->tags == NULL || make_query(c, &query, NULL) < 0)
		return false;
	return tag_query_matches(&query, tags, tags_len);
}
