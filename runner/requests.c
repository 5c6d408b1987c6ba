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

static void
tell_tag(struct performer *p, const char *event_name, const struct jsn *request)
{
	struct jsn *event = wire_event_new(event_name);
	jsn_set_str(event, "tag", jsn_peek_str(request, "tag", ""));
	run_event(p->run, event);
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
	if (changed)
		tell_tag(p, "tag_published", request);
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
	if (changed)
		tell_tag(p, "tag_removed", request);
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
tell_remote(struct performer *p, const struct remote_request *q,
    const struct remote_receipt *receipt)
{
	struct jsn *event = wire_event_new("remote_requested");
	jsn_set_str(event, "request_id", receipt->request_id);
	jsn_set_str(event, "executable", q->name);
	jsn_set_int(event, "matched", (int64_t)jsn_len(receipt->ids));
	jsn_set(event, "ids", jsn_ref(receipt->ids));
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
	tell_remote(p, &q, &receipt);
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
	if (!changed)
		return 0;
	AUTO_STR char *times = schedule_times(&s);
	struct jsn *event = wire_event_new("schedule_created");
	jsn_set_str(event, "name", s.name);
	jsn_set_str(event, "executable", s.executable);
	jsn_set_str(event, "times", times);
	run_event(p->run, event);
	return 0;
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
	if (changed) {
		struct jsn *event = wire_event_new("schedule_deleted");
		jsn_set_str(event, "name", name);
		run_event(p->run, event);
	}
	return 0;
}

static int
on_shutdown_request(struct performer *p, const struct jsn *request,
    struct jsn *reply, struct err *e)
{
	(void)e;
	const char *word = jsn_peek_str(request, "level", "continue");
	for (int l = SHUTDOWN_CONTINUE; l <= SHUTDOWN_TERMINATE; l++) {
		enum shutdown_level level = (enum shutdown_level)l;
		if (text_eq(word, shutdown_level_name(level)) &&
		    level > p->shutdown)
			p->shutdown = level;
	}
	bool now = jsn_peek_bool(request, "immediately", false) &&
		   p->shutdown != SHUTDOWN_CONTINUE;
	p->shutdown_now = p->shutdown_now || now;
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

/* script_run is not here: its answer comes later. */
static const struct {
	const char *type;
	handler_fn fn;
} handlers[] = {
	{ "tag_publish", on_tag_publish },
	{ "tag_set", on_tag_set },
	{ "tag_remove", on_tag_remove },
	{ "tag_list", on_tag_list },
	{ "tag_query", on_tag_query },
	{ "remote_run", on_remote_run },
	{ "schedule_create", on_schedule_create },
	{ "schedule_delete", on_schedule_delete },
	{ "shutdown_request", on_shutdown_request },
	{ "state_get", on_state_get },
};

static int
handle(struct performer *p, const char *type, const struct jsn *request,
    struct jsn *reply, struct err *e)
{
	for (size_t i = 0; i < ARRAY_LEN(handlers); i++) {
		if (text_eq(handlers[i].type, type))
			return handlers[i].fn(p, request, reply, e);
	}
	return err_set(e, ERR_UNSUPPORTED, "request '%s' has no handler", type);
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
	struct jsn *reply = wire_reply_new();
	if (handle(p, type, request, reply, &e) < 0) {
		jsn_free(&reply);
		reply = wire_reply_error(&e);
	}
	request_reply(slot, reply);
}
