/* SPDX-License-Identifier: MIT */
/* What the agent does for each request of wire/tbl/local_requests.h. */
#include <string.h>

#include "common/auto.h"
#include "runner/performer.h"
#include "runner/schedules.h"
#include "wire/frames.h"

/* Fills reply (which starts as {"ok": true}). */
typedef int (*handler_fn)(struct performer *p, const struct jsn *request,
    struct jsn *reply, struct err *e);
/* Tells the run of a request that was carried out, here or by the agent. */
typedef void (*told_fn)(
    struct performer *p, const struct jsn *request, const struct jsn *reply);

const char *
shutdown_level_name(enum shutdown_level level)
{
	switch (level) {
	case SHUTDOWN_CONTINUE:
		return "continue";
	case SHUTDOWN_REBOOT:
		return "reboot";
	case SHUTDOWN_STOP:
		return "stop";
	case SHUTDOWN_TERMINATE:
		return "terminate";
	}
	return "";
}

enum shutdown_level
shutdown_level_find(const char *name)
{
	for (int l = SHUTDOWN_CONTINUE; l <= SHUTDOWN_TERMINATE; l++) {
		enum shutdown_level level = (enum shutdown_level)l;
		if (text_eq(name, shutdown_level_name(level)))
			return level;
	}
	return SHUTDOWN_CONTINUE;
}

static void
tell_tag(struct performer *p, const char *event_name, const struct jsn *request,
    const struct jsn *reply)
{
	if (!jsn_peek_bool(reply, "changed", false))
		return;
	struct jsn *event = wire_event_new(event_name);
	jsn_set_str(event, "tag", jsn_peek_str(request, "tag", ""));
	run_event(p->run, event);
}

static void
told_published(
    struct performer *p, const struct jsn *request, const struct jsn *reply)
{
	tell_tag(p, "tag_published", request, reply);
}

static void
told_removed(
    struct performer *p, const struct jsn *request, const struct jsn *reply)
{
	tell_tag(p, "tag_removed", request, reply);
}

static int
publish(struct performer *p, const struct jsn *request, bool replace,
    struct jsn *reply, struct err *e)
{
	bool changed = false;
	int rc = fabric_publish(
	    p->fabric, jsn_str(jsn_get(request, "tag")), replace, &changed, e);
	if (rc < 0)
		return rc;
	jsn_set_bool(reply, "changed", changed);
	return 0;
}

static int
on_tag_publish(struct performer *p, const struct jsn *request,
    struct jsn *reply, struct err *e)
{
	return publish(p, request, false, reply, e);
}

static int
on_tag_set(struct performer *p, const struct jsn *request, struct jsn *reply,
    struct err *e)
{
	return publish(p, request, true, reply, e);
}

static int
on_tag_remove(struct performer *p, const struct jsn *request, struct jsn *reply,
    struct err *e)
{
	bool changed = false;
	int rc = fabric_remove(
	    p->fabric, jsn_str(jsn_get(request, "tag")), &changed, e);
	if (rc < 0)
		return rc;
	jsn_set_bool(reply, "changed", changed);
	return 0;
}

static int
on_tag_list(struct performer *p, const struct jsn *request, struct jsn *reply,
    struct err *e)
{
	(void)request;
	struct jsn *tags = NULL;
	int rc = fabric_list(p->fabric, &tags, e);
	if (rc < 0)
		return rc;
	jsn_set_str(reply, "id", state_id(&p->state));
	jsn_set(reply, "tags", tags);
	return 0;
}

static int
add_patterns(struct tag_query *q, const struct jsn *tags, struct err *e)
{
	for (size_t i = 0; tags != NULL && i < jsn_len(tags); i++) {
		int rc = tag_query_add(q, jsn_str(jsn_at(tags, i)), e);
		if (rc < 0)
			return rc;
	}
	return 0;
}

static int
on_tag_query(struct performer *p, const struct jsn *request, struct jsn *reply,
    struct err *e)
{
	bool all = text_eq(jsn_peek_str(request, "match", "any"), "all");
	struct tag_query q = { .match = all ? TAG_MATCH_ALL : TAG_MATCH_ANY };
	struct jsn *instances = NULL;
	int rc = add_patterns(&q, jsn_get(request, "tags"), e);
	if (rc == 0)
		rc = fabric_query(
		    p->fabric, &q, jsn_get(request, "ids"), &instances, e);
	if (rc < 0)
		return rc;
	jsn_set(reply, "instances", instances);
	return 0;
}

/* One of recipe and right_script. */
static int
read_target(const struct jsn *request, enum executable_kind *ret_kind,
    const char **ret_name, struct err *e)
{
	const char *recipe = jsn_peek_str(request, "recipe", NULL);
	const char *script = jsn_peek_str(request, "right_script", NULL);
	if ((recipe != NULL) == (script != NULL))
		return err_set(e, ERR_INVALID,
		    "one of recipe and right_script must be given");
	*ret_kind = recipe ? EXECUTABLE_RECIPE : EXECUTABLE_SCRIPT;
	*ret_name = recipe ? recipe : script;
	return 0;
}

static bool
is_meant(struct performer *p, const struct remote_request *q)
{
	const char *id = state_id(&p->state);
	for (size_t i = 0; q->recipients && i < jsn_len(q->recipients); i++) {
		if (str_eq_text(jsn_str(jsn_at(q->recipients, i)), id))
			return true;
	}
	struct tag_query query = { .match = TAG_MATCH_ALL };
	struct err ignored = { 0 };
	AUTO(jsn_free) struct jsn *found = NULL;
	return add_patterns(&query, q->tags, &ignored) == 0 && query.len > 0 &&
	       fabric_query(p->fabric, &query, NULL, &found, &ignored) == 0 &&
	       jsn_get(found, id) != NULL;
}

/* This instance's own policy, told at once instead of after the run. */
static int
check_own_policy(
    struct performer *p, const struct remote_request *q, struct err *e)
{
	if (!is_meant(p, q) ||
	    bundle_find_remote(p->bundle, q->kind, q->name) != NULL)
		return 0;
	return err_set(e, ERR_INVALID,
	    "%s '%s' may not be requested from elsewhere: bundle '%s' does not "
	    "list it under operational with 'remote: true'",
	    executable_kind_name(q->kind), q->name, p->bundle->name);
}

static void
told_remote(
    struct performer *p, const struct jsn *request, const struct jsn *reply)
{
	struct jsn *event = wire_event_new("remote_requested");
	jsn_set_str(event, "request_id", jsn_peek_str(reply, "request_id", ""));
	jsn_set_str(event, "executable",
	    jsn_peek_str(
		request, "recipe", jsn_peek_str(request, "right_script", "")));
	jsn_set_int(event, "matched", jsn_peek_int(reply, "matched", 0));
	struct jsn *ids = jsn_get(reply, "ids");
	jsn_set(event, "ids", ids != NULL ? jsn_ref(ids) : jsn_new_array());
	run_event(p->run, event);
}

static int
on_remote_run(struct performer *p, const struct jsn *request, struct jsn *reply,
    struct err *e)
{
	const char *scope = jsn_peek_str(request, "scope", "all");
	struct remote_request q = {
		.attributes = jsn_get(request, "attributes"),
		.parameters = jsn_get(request, "parameters"),
		.recipients = jsn_get(request, "recipients"),
		.tags = jsn_get(request, "recipients_tags"),
		.single = text_eq(scope, "single"),
		.hops = p->hops,
	};
	int rc = read_target(request, &q.kind, &q.name, e);
	if (rc == 0 && q.recipients == NULL && q.tags == NULL)
		rc = err_set(e, ERR_INVALID,
		    "one of recipients and recipients_tags must be given");
	if (rc == 0)
		rc = check_own_policy(p, &q, e);
	struct remote_receipt receipt = { .ids = NULL };
	if (rc == 0)
		rc = fabric_send(p->fabric, &q, &receipt, e);
	if (rc < 0)
		return rc;
	jsn_set_str(reply, "request_id", receipt.request_id);
	jsn_set_int(reply, "matched", (int64_t)jsn_len(receipt.ids));
	jsn_set(reply, "ids", receipt.ids);
	return 0;
}

static int
on_schedule_create(struct performer *p, const struct jsn *request,
    struct jsn *reply, struct err *e)
{
	struct bundle_schedule s = {
		.name = jsn_peek_str(request, "name", ""),
		.minute = jsn_peek_str(request, "minute", "*"),
		.hour = jsn_peek_str(request, "hour", "*"),
		.day = jsn_peek_str(request, "day", "*"),
		.month = jsn_peek_str(request, "month", "*"),
		.weekday = jsn_peek_str(request, "weekday", "*"),
	};
	const struct bundle_entry *entry = NULL;
	bool changed = false;
	int rc = read_target(request, &s.kind, &s.executable, e);
	if (rc == 0)
		rc = bundle_find_executable(p->bundle, s.executable, &entry, e);
	if (rc == 0)
		rc = schedule_put(&p->places, &s, &changed, e);
	if (rc < 0)
		return rc;
	jsn_set_bool(reply, "changed", changed);
	return 0;
}

static void
told_scheduled(
    struct performer *p, const struct jsn *request, const struct jsn *reply)
{
	static const char *const fields[] = { "minute", "hour", "day", "month",
		"weekday" };
	if (!jsn_peek_bool(reply, "changed", false))
		return;
	AUTO_BUF struct buf times = BUF_INIT(4096);
	for (size_t i = 0; i < ARRAY_LEN(fields); i++)
		buf_printf(&times, "%s%s", i > 0 ? " " : "",
		    jsn_peek_str(request, fields[i], "*"));
	struct jsn *event = wire_event_new("schedule_created");
	jsn_set_str(event, "name", jsn_peek_str(request, "name", ""));
	jsn_set_str(event, "executable",
	    jsn_peek_str(
		request, "recipe", jsn_peek_str(request, "right_script", "")));
	jsn_set_str(event, "times", buf_text(&times));
	run_event(p->run, event);
}

static int
on_schedule_delete(struct performer *p, const struct jsn *request,
    struct jsn *reply, struct err *e)
{
	const char *name = jsn_peek_str(request, "name", "");
	bool changed = false;
	int rc = schedule_delete(&p->places, name, &changed, e);
	if (rc < 0)
		return rc;
	jsn_set_bool(reply, "changed", changed);
	return 0;
}

static void
told_unscheduled(
    struct performer *p, const struct jsn *request, const struct jsn *reply)
{
	if (!jsn_peek_bool(reply, "changed", false))
		return;
	struct jsn *event = wire_event_new("schedule_deleted");
	jsn_set_str(event, "name", jsn_peek_str(request, "name", ""));
	run_event(p->run, event);
}

static int
on_shutdown_request(struct performer *p, const struct jsn *request,
    struct jsn *reply, struct err *e)
{
	(void)e;
	performer_raise_shutdown(p,
	    shutdown_level_find(jsn_peek_str(request, "level", "")),
	    jsn_peek_bool(request, "immediately", false));
	jsn_set_str(reply, "level", shutdown_level_name(p->shutdown));
	jsn_set_bool(reply, "immediately", p->shutdown_now);
	if (p->shutdown == SHUTDOWN_CONTINUE)
		return 0;
	struct jsn *event = wire_event_new("shutdown_requested");
	jsn_set_str(event, "level", shutdown_level_name(p->shutdown));
	jsn_set_bool(event, "immediately", p->shutdown_now);
	run_event(p->run, event);
	return 0;
}

static int
on_state_get(struct performer *p, const struct jsn *request, struct jsn *reply,
    struct err *e)
{
	(void)request;
	(void)e;
	jsn_set_str(reply, "state", instance_state_name(state_now(&p->state)));
	jsn_set_str(reply, "id", state_id(&p->state));
	jsn_set_str(reply, "run_id", run_id(p->run));
	return 0;
}

/* script_run is not here: its answer comes later. What is shared between
 * runs or instances is the agent's when there is one: such requests are handed
 * over to it. */
static const struct handler {
	const char *type;
	handler_fn fn;
	bool agent;
	told_fn told; /* or NULL */
} handlers[] = {
	{ "tag_publish", on_tag_publish, true, told_published },
	{ "tag_set", on_tag_set, true, told_published },
	{ "tag_remove", on_tag_remove, true, told_removed },
	{ "tag_list", on_tag_list, true, NULL },
	{ "tag_query", on_tag_query, true, NULL },
	{ "remote_run", on_remote_run, true, told_remote },
	{ "schedule_create", on_schedule_create, true, told_scheduled },
	{ "schedule_delete", on_schedule_delete, true, told_unscheduled },
	{ "shutdown_request", on_shutdown_request, false, NULL },
	{ "state_get", on_state_get, false, NULL },
};

static const struct handler *
find_handler(const char *type)
{
	for (size_t i = 0; i < ARRAY_LEN(handlers); i++) {
		if (text_eq(handlers[i].type, type))
			return &handlers[i];
	}
	return NULL;
}

static void
handle(struct performer *p, struct request_slot *slot, const struct handler *h,
    const struct jsn *request)
{
	if (h->agent && relay_request(p, slot, request, h->told))
		return;
	struct err e = { 0 };
	struct jsn *reply = wire_reply_new();
	if (h->fn(p, request, reply, &e) < 0) {
		jsn_free(&reply);
		reply = wire_reply_error(&e);
	} else if (h->told != NULL) {
		h->told(p, request, reply);
	}
	request_reply(slot, reply);
}

void
request_handle(struct performer *p, struct request_slot *slot,
    const struct jsn *request, struct child **script)
{
	const struct wire_request *kind = NULL;
	struct err e = { 0 };
	if (wire_request_check(request, &kind, &e) < 0) {
		request_reply(slot, wire_reply_error(&e));
		return;
	}
	const char *type = kind->shape.name;
	if (text_eq(type, "script_run")) {
		if (script_start(p, slot, request, script, &e) < 0)
			request_reply(slot, wire_reply_error(&e));
		return;
	}
	const struct handler *h = find_handler(type);
	if (h != NULL) {
		handle(p, slot, h, request);
		return;
	}
	(void)err_set(&e, ERR_UNSUPPORTED,
	    "request '%s' is for the agent, not for a run", type);
	request_reply(slot, wire_reply_error(&e));
}
