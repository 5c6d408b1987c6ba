/* SPDX-License-Identifier: MIT */
/* What the agent does for each request of wire/tbl/local_requests.h. */
#include <stdlib.h>

#include "common/auto.h"
#include "common/log.h"
#include "runner/schedules.h"
#include "runner/supervisor_priv.h"
#include "wire/frames.h"

#define ANSWER_MS 120000

/* ---- tags ---- */

struct asking {
	struct supervisor *supervisor;
	struct control_ticket ticket;
};

static void
on_tags_changed(
    int rc, int status, const struct jsn *found, const struct err *e, void *arg)
{
	struct asking *a = arg;
	(void)status;
	if (rc < 0) {
		control_reply_err(a->supervisor->control, a->ticket, e);
	} else {
		struct jsn *reply = wire_reply_new();
		jsn_set_bool(
		    reply, "changed", jsn_peek_bool(found, "changed", false));
		control_reply(a->supervisor->control, a->ticket, reply);
	}
	free(a);
}

static int
check_tag(const struct jsn *request, bool removal, bool set, struct err *e)
{
	struct tag tag;
	struct str text = jsn_str(jsn_get(request, "tag"));
	int rc = removal ? tag_pattern_parse(text, &tag, e)
			 : tag_parse(text, &tag, e);
	if (rc == 0 && set && tag.raw)
		rc = err_set(e, ERR_INVALID,
		    "tag '%.*s': only namespace:predicate=value can be set",
		    STR_ARG(text));
	return rc;
}

static void
change_tag(struct supervisor *s, struct control_ticket t,
    const struct jsn *request, bool removal, bool set)
{
	struct err e = { 0 };
	if (check_tag(request, removal, set, &e) < 0) {
		control_reply_err(s->control, t, &e);
		return;
	}
	AUTO(jsn_free) struct jsn *list = jsn_new_array();
	jsn_push(list, jsn_new_string(jsn_str(jsn_get(request, "tag"))));
	struct asking *a = xcalloc(1, sizeof(*a));
	a->supervisor = s;
	a->ticket = t;
	s->ports.tags_change(removal ? NULL : list, removal ? list : NULL, set,
	    jsn_peek_int(request, "ttl_ms", 0),
	    jsn_peek_int(request, "timeout_ms", ANSWER_MS), on_tags_changed, a,
	    s->ports.arg);
}

static void
on_tag_publish(
    struct supervisor *s, struct control_ticket t, const struct jsn *request)
{
	change_tag(s, t, request, false, false);
}

static void
on_tag_set(
    struct supervisor *s, struct control_ticket t, const struct jsn *request)
{
	change_tag(s, t, request, false, true);
}

static void
on_tag_remove(
    struct supervisor *s, struct control_ticket t, const struct jsn *request)
{
	change_tag(s, t, request, true, false);
}

static struct jsn *
own_tags(const struct supervisor *s)
{
	struct jsn *tags = s->ports.tags_list(s->ports.arg);
	return tags != NULL ? tags : jsn_new_array();
}

static void
on_tag_list(
    struct supervisor *s, struct control_ticket t, const struct jsn *request)
{
	(void)request;
	struct jsn *reply = wire_reply_new();
	jsn_set_str(reply, "id", s->id);
	jsn_set(reply, "tags", own_tags(s));
	control_reply(s->control, t, reply);
}

static int
read_query(const struct jsn *request, struct tag_query *q, struct err *e)
{
	bool all = text_eq(jsn_peek_str(request, "match", "any"), "all");
	const struct jsn *tags = jsn_get(request, "tags");
	q->match = all ? TAG_MATCH_ALL : TAG_MATCH_ANY;
	int rc = 0;
	for (size_t i = 0; rc == 0 && i < jsn_len(tags); i++)
		rc = tag_query_add(q, jsn_str(jsn_at(tags, i)), e);
	return rc;
}

/* Does this instance answer the query, with these tags of its own? */
static bool
is_found(const struct supervisor *s, const struct tag_query *q,
    const struct jsn *ids, const struct jsn *own)
{
	bool named = ids == NULL || jsn_len(ids) == 0;
	for (size_t i = 0; ids != NULL && i < jsn_len(ids); i++)
		named |= str_eq_text(jsn_str(jsn_at(ids, i)), s->id);
	if (!named || (q->len == 0 && (ids == NULL || jsn_len(ids) == 0)))
		return false;
	size_t len = jsn_len(own), count = 0;
	struct tag *tags = xcalloc(len + 1, sizeof(*tags));
	for (size_t i = 0; i < len; i++) {
		struct err ignored = { 0 };
		if (tag_parse(
			jsn_str(jsn_at(own, i)), &tags[count], &ignored) == 0)
			count++;
	}
	bool found = q->len == 0 || tag_query_matches(q, tags, count);
	free(tags);
	return found;
}

static void
on_tag_query(
    struct supervisor *s, struct control_ticket t, const struct jsn *request)
{
	struct tag_query q = { .match = TAG_MATCH_ANY };
	struct err e = { 0 };
	if (read_query(request, &q, &e) < 0) {
		control_reply_err(s->control, t, &e);
		return;
	}
	if (supervisor_has_router(s)) {
		remote_query(s, t, request);
		return;
	}
	AUTO(jsn_free) struct jsn *own = own_tags(s);
	struct jsn *all = jsn_new_object();
	if (is_found(s, &q, jsn_get(request, "ids"), own)) {
		struct jsn *self = jsn_new_object();
		jsn_set(self, "tags", jsn_ref(own));
		jsn_set(all, s->id, self);
	}
	struct jsn *reply = wire_reply_new();
	jsn_set(reply, "instances", all);
	control_reply(s->control, t, reply);
}

/* ---- schedules, shutdown, state ---- */

static void
reply_changed(struct supervisor *s, struct control_ticket t, int rc,
    bool changed, const struct err *e)
{
	if (rc < 0) {
		control_reply_err(s->control, t, e);
		return;
	}
	struct jsn *reply = wire_reply_new();
	jsn_set_bool(reply, "changed", changed);
	control_reply(s->control, t, reply);
}

static int
create_schedule(struct supervisor *s, const struct jsn *request,
    bool *ret_changed, struct err *e)
{
	const char *recipe = jsn_peek_str(request, "recipe", NULL);
	const char *script = jsn_peek_str(request, "right_script", NULL);
	if ((recipe != NULL) == (script != NULL))
		return err_set(e, ERR_INVALID,
		    "one of recipe and right_script must be given");
	struct bundle_schedule row = {
		.name = jsn_peek_str(request, "name", ""),
		.kind = recipe ? EXECUTABLE_RECIPE : EXECUTABLE_SCRIPT,
		.executable = recipe ? recipe : script,
		.minute = jsn_peek_str(request, "minute", "*"),
		.hour = jsn_peek_str(request, "hour", "*"),
		.day = jsn_peek_str(request, "day", "*"),
		.month = jsn_peek_str(request, "month", "*"),
		.weekday = jsn_peek_str(request, "weekday", "*"),
	};
	int rc = commands_check_name(s, row.kind, row.executable, true, e);
	struct places own = *s->o.places;
	own.cron = NULL;
	return rc == 0 ? schedule_put(&own, &row, ret_changed, e) : rc;
}

static void
on_schedule_create(
    struct supervisor *s, struct control_ticket t, const struct jsn *request)
{
	bool changed = false;
	struct err e = { 0 };
	int rc = create_schedule(s, request, &changed, &e);
	if (rc == 0 && changed)
		timetable_changed(s);
	reply_changed(s, t, rc, changed, &e);
}

static void
on_schedule_delete(
    struct supervisor *s, struct control_ticket t, const struct jsn *request)
{
	struct places own = *s->o.places;
	own.cron = NULL;
	bool changed = false;
	struct err e = { 0 };
	int rc = schedule_delete(
	    &own, jsn_peek_str(request, "name", ""), &changed, &e);
	if (rc == 0 && changed)
		timetable_changed(s);
	reply_changed(s, t, rc, changed, &e);
}

static void
on_shutdown_request(
    struct supervisor *s, struct control_ticket t, const struct jsn *request)
{
	leave_want(s, shutdown_level_find(jsn_peek_str(request, "level", "")),
	    jsn_peek_bool(request, "immediately", false));
	struct jsn *reply = wire_reply_new();
	jsn_set_str(reply, "level", shutdown_level_name(s->leave.wanted));
	jsn_set_bool(reply, "immediately", s->leave.now);
	control_reply(s->control, t, reply);
}

static void
note_running(const struct queue_item *item, void *arg)
{
	struct jsn *reply = arg;
	if (item->running && jsn_get(reply, "run_id") == NULL)
		jsn_set_str(reply, "run_id", item->run_id);
}

static void
on_state_get(
    struct supervisor *s, struct control_ticket t, const struct jsn *request)
{
	(void)request;
	struct jsn *reply = wire_reply_new();
	jsn_set_str(reply, "state", instance_state_name(state_now(&s->state)));
	jsn_set_str(reply, "id", s->id);
	queue_each(s->queue, note_running, reply);
	control_reply(s->control, t, reply);
}

/* ---- the agent's own ---- */

static void
on_log_level(
    struct supervisor *s, struct control_ticket t, const struct jsn *request)
{
	const char *wanted = jsn_peek_str(request, "level", NULL);
	struct err e = { 0 };
	const char *now;
	if (jsn_peek_bool(request, "agent", false)) {
		now = s->ports.log_level != NULL
			  ? s->ports.log_level(wanted, s->ports.arg)
			  : log_level_name(log_get_level());
	} else {
		if (wanted != NULL && supervisor_set_level(s, wanted, &e) < 0) {
			control_reply_err(s->control, t, &e);
			return;
		}
		now = s->log_level != NULL ? s->log_level
		      : s->bundle != NULL && s->bundle->log_level != NULL
			  ? s->bundle->log_level
			  : "warn";
	}
	struct jsn *reply = wire_reply_new();
	jsn_set_str(reply, "level", now);
	control_reply(s->control, t, reply);
}

static void
on_inputs_patch(
    struct supervisor *s, struct control_ticket t, const struct jsn *request)
{
	bool changed = false;
	struct err e = { 0 };
	int rc =
	    inputs_store(s->o.places, jsn_get(request, "values"), &changed, &e);
	reply_changed(s, t, rc, changed, &e);
	if (rc == 0 && changed)
		boot_look(s);
}

static void
on_reenrolled(
    int rc, int status, const struct jsn *found, const struct err *e, void *arg)
{
	struct asking *a = arg;
	(void)status;
	if (rc < 0) {
		control_reply_err(a->supervisor->control, a->ticket, e);
	} else {
		struct jsn *reply = wire_reply_new();
		jsn_set_str(
		    reply, "id", jsn_peek_str(found, "id", a->supervisor->id));
		control_reply(a->supervisor->control, a->ticket, reply);
	}
	free(a);
}

static void
on_reenroll(
    struct supervisor *s, struct control_ticket t, const struct jsn *request)
{
	struct err e = { 0 };
	struct asking *a = xcalloc(1, sizeof(*a));
	a->supervisor = s;
	a->ticket = t;
	int rc = s->ports.reenroll == NULL
		     ? err_set(&e, ERR_STATE, "no router was joined")
		     : s->ports.reenroll(jsn_peek_str(request, "token", NULL),
			   on_reenrolled, a, s->ports.arg, &e);
	if (rc == 0)
		return;
	free(a);
	control_reply_err(s->control, t, &e);
}

static void
on_script_run(
    struct supervisor *s, struct control_ticket t, const struct jsn *request)
{
	(void)request;
	struct err e = { 0 };
	(void)err_set(&e, ERR_UNSUPPORTED,
	    "script_run is for the socket of a run ($%s)", WIRE_SOCKET_ENV);
	control_reply_err(s->control, t, &e);
}

static const struct {
	const char *type;
	void (*fn)(struct supervisor *s, struct control_ticket t,
	    const struct jsn *request);
} handlers[] = {
	{ "tag_publish", on_tag_publish },
	{ "tag_set", on_tag_set },
	{ "tag_remove", on_tag_remove },
	{ "tag_list", on_tag_list },
	{ "tag_query", on_tag_query },
	{ "remote_run", remote_run },
	{ "script_run", on_script_run },
	{ "schedule_create", on_schedule_create },
	{ "schedule_delete", on_schedule_delete },
	{ "shutdown_request", on_shutdown_request },
	{ "state_get", on_state_get },
	{ "run_request", control_run_request },
	{ "run_wait", control_run_wait },
	{ "run_stop", control_run_stop },
	{ "remote_status", remote_status },
	{ "agent_status", control_agent_status },
	{ "log_level", on_log_level },
	{ "inputs_patch", on_inputs_patch },
	{ "decommission", control_decommission },
	{ "reenroll", on_reenroll },
};

void
control_handle(
    struct supervisor *s, struct control_ticket t, const struct jsn *request)
{
	const struct wire_request *kind = NULL;
	struct err e = { 0 };
	if (wire_request_check(request, &kind, &e) < 0) {
		control_reply_err(s->control, t, &e);
		return;
	}
	for (size_t i = 0; i < ARRAY_LEN(handlers); i++) {
		if (text_eq(handlers[i].type, kind->shape.name)) {
			handlers[i].fn(s, t, request);
			return;
		}
	}
	(void)err_set(&e, ERR_UNSUPPORTED, "request '%s' has no handler",
	    kind->shape.name);
	control_reply_err(s->control, t, &e);
}
