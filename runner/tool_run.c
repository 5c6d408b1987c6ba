/* SPDX-License-Identifier: MIT */
/* rs_run_recipe and rs_run_right_script. */
#include <stdlib.h>
#include <string.h>

#include "common/auto.h"
#include "common/clock.h"
#include "runner/json_option.h"
#include "runner/tools.h"
#include "wire/api.h"

#define ANSWER_MS 60000
#define POLL_MS 25000

struct request {
	const struct tool_options *o;
	bool is_recipe;
	const char *what, *name; /* "recipe", its name or id */
	struct jsn *frame, *attributes, *parameters;
};

static void
request_release(struct request *q)
{
	jsn_free(&q->frame);
	jsn_free(&q->attributes);
	jsn_free(&q->parameters);
}

/* ["text:a","text:b"] as scripts get it: joined by commas. */
static int
join_array(const char *text, struct buf *out, struct err *e)
{
	AUTO(jsn_free) struct jsn *list = NULL;
	int rc = jsn_parse(str_from(text), "the array", 65536, &list, e);
	if (rc < 0 || jsn_type(list) != JSN_ARRAY)
		return err_set(e, ERR_INVALID,
		    "must be a list such as [\"text:a\",\"text:b\"]");
	for (size_t i = 0; i < jsn_len(list); i++) {
		struct str item = jsn_str(jsn_at(list, i));
		if (!str_has_prefix(item, "text:"))
			return err_set(
			    e, ERR_INVALID, "item %zu is no text:VALUE", i + 1);
		buf_printf(out, "%s%.*s", i > 0 ? "," : "", (int)(item.len - 5),
		    item.data + 5);
	}
	return 0;
}

static int
add_value(struct jsn *out, const char *name, struct str type, const char *value,
    struct err *e)
{
	if (str_eq_text(type, "text")) {
		jsn_set_str(out, name, value);
		return 0;
	}
	if (str_eq_text(type, "array")) {
		AUTO_BUF struct buf joined = BUF_INIT(65536);
		int rc = join_array(value, &joined, e);
		if (rc == 0)
			jsn_set_str(out, name, buf_text(&joined));
		return rc;
	}
	if (str_eq_text(type, "env") || str_eq_text(type, "cred") ||
	    str_eq_text(type, "key"))
		return err_set(e, ERR_UNSUPPORTED,
		    "values of type %.*s lay with the RightScale service; give "
		    "text:VALUE, or set the input in the bundle",
		    STR_ARG(type));
	return err_set(e, ERR_INVALID,
	    "type '%.*s' is not one of text, env, cred, key, array",
	    STR_ARG(type));
}

/* NAME=TYPE:VALUE */
static int
add_parameter(struct jsn *out, const char *word, struct err *e)
{
	const char *sign = strchr(word, '=');
	const char *colon = sign != NULL ? strchr(sign, ':') : NULL;
	if (sign == NULL || sign == word || colon == NULL)
		return err_set(e, ERR_INVALID,
		    "Invalid parameter '%.100s': must be NAME=TYPE:VALUE",
		    word);
	char *name = xstrndup(word, (size_t)(sign - word));
	struct str type = { sign + 1, (size_t)(colon - sign - 1) };
	int rc = add_value(out, name, type, colon + 1, e);
	free(name);
	return rc < 0 ? err_wrap(e, "Invalid parameter '%.100s'", word) : 0;
}

static int
read_parameters(struct request *q, struct err *e)
{
	const struct option_list *list = &q->o->parameter;
	if (list->len == 0)
		return 0;
	q->parameters = jsn_new_object();
	for (size_t i = 0; i < list->len; i++) {
		int rc = add_parameter(q->parameters, list->list[i], e);
		if (rc < 0)
			return rc;
	}
	return 0;
}

static int
read_request(struct request *q, struct err *e)
{
	const struct tool_options *o = q->o;
	q->name = o->name != NULL ? o->name : o->identity;
	if (q->name == NULL && o->args.len == 1)
		q->name = o->args.list[0];
	if (q->name == NULL)
		return err_set(e, ERR_INVALID,
		    "Missing identifier: --name says which %s", q->what);
	int rc = json_option_load(o->json, &q->attributes, e);
	if (rc == 0)
		rc = read_parameters(q, e);
	return rc;
}

static struct jsn *
words_of(const char *text)
{
	struct jsn *list = jsn_new_array();
	struct str rest = str_from(text), word;
	while (str_split(&rest, ' ', &word)) {
		if (word.len > 0)
			jsn_push(list, jsn_new_string(word));
	}
	return list;
}

static void
make_frame(struct request *q, const char *type)
{
	struct jsn *f = q->frame = jsn_new_object();
	jsn_set_str(f, "type", type);
	jsn_set_str(f, q->is_recipe ? "recipe" : "right_script", q->name);
	if (q->attributes != NULL)
		jsn_set(f, "attributes", jsn_ref(q->attributes));
	if (q->parameters != NULL)
		jsn_set(f, "parameters", jsn_ref(q->parameters));
}

static void
set_text(struct jsn *frame, const char *key, const char *text)
{
	if (text != NULL)
		jsn_set_str(frame, key, text);
}

static int
failed(const struct err *e)
{
	if (e->code == ERR_ABSENT || e->sys != 0)
		return tool_fail(e, TOOL_EXIT_OTHER);
	tool_complain("Failed to process request (%s)", e->text);
	return TOOL_EXIT_OPTION;
}

static int64_t
limit_ms(const struct tool_options *o)
{
	return o->timeout > 0 ? o->timeout * 1000 : ANSWER_MS;
}

static int
wait_here(const struct request *q, const char *run_id)
{
	AUTO(jsn_free) struct jsn *frame = jsn_new_object(), *reply = NULL;
	struct err e = { 0 };
	jsn_set_str(frame, "type", "run_wait");
	jsn_set_str(frame, "run_id", run_id);
	if (q->o->timeout > 0)
		jsn_set_int(frame, "timeout_ms", q->o->timeout * 1000);
	int64_t limit = q->o->timeout > 0 ? q->o->timeout * 1000 + POLL_MS : -1;
	if (tool_ask(frame, limit, &reply, &e) < 0)
		return failed(&e);
	const char *status = jsn_peek_str(reply, "status", "?");
	if (text_eq(status, "completed")) {
		tool_say("Completed after %.1f s",
		    (double)jsn_peek_int(reply, "elapsed_ms", 0) / 1000);
		return TOOL_EXIT_OK;
	}
	if (text_eq(status, "waiting") || text_eq(status, "running"))
		tool_complain("Not ended in time: it is %s", status);
	else
		tool_complain("Failed to process request (%s: %s)", status,
		    jsn_peek_str(reply, "reason", "no reason was given"));
	return TOOL_EXIT_OPTION;
}

static int
run_here(struct request *q)
{
	tool_say("Requesting to execute the %s '%s' locally on this server",
	    q->is_recipe ? "recipe" : "RightScript", q->name);
	make_frame(q, "run_request");
	set_text(q->frame, "thread", q->o->thread);
	set_text(q->frame, "policy", q->o->policy);
	if (q->o->audit_period >= 0)
		jsn_set_int(
		    q->frame, "audit_period_ms", q->o->audit_period * 1000);
	AUTO(jsn_free) struct jsn *reply = NULL;
	struct err e = { 0 };
	int64_t limit = q->o->wait ? ANSWER_MS : limit_ms(q->o);
	if (tool_ask(q->frame, limit, &reply, &e) < 0)
		return failed(&e);
	tool_say("Request processed successfully");
	if (!q->o->wait)
		return TOOL_EXIT_OK;
	return wait_here(q, jsn_peek_str(reply, "run_id", ""));
}

/* One line a server; true when all are ok. */
static bool
tell_deliveries(const struct jsn *deliveries)
{
	bool good = true;
	for (size_t i = 0; i < jsn_len(deliveries); i++) {
		const struct jsn *d = jsn_at(deliveries, i);
		const char *state = jsn_peek_str(d, "state", "?");
		const char *reason = jsn_peek_str(d, "reason", NULL);
		if (text_eq(state, "revoked"))
			continue;
		good = good && text_eq(state, "ok");
		tool_say("%s: %s%s%s", jsn_peek_str(d, "name", "?"), state,
		    reason ? ": " : "", reason ? reason : "");
	}
	return good;
}

static int
wait_there(const struct request *q, const char *request_id)
{
	int64_t until =
	    q->o->timeout > 0 ? clock_mono_ms() + q->o->timeout * 1000 : -1;
	int64_t rev = -1;
	for (;;) {
		AUTO(jsn_free)
		struct jsn *frame = jsn_new_object(), *reply = NULL;
		struct err e = { 0 };
		int64_t wait = POLL_MS;
		if (until >= 0 && until - clock_mono_ms() < wait)
			wait = until - clock_mono_ms();
		jsn_set_str(frame, "type", "remote_status");
		jsn_set_str(frame, "request_id", request_id);
		jsn_set_int(frame, "wait_ms", wait > 0 ? wait : 0);
		if (rev >= 0)
			jsn_set_int(frame, "after", rev);
		if (tool_ask(frame, wait + ANSWER_MS, &reply, &e) < 0)
			return failed(&e);
		rev = jsn_peek_int(reply, "rev", 0);
		const struct jsn *deliveries = jsn_get(reply, "deliveries");
		if (jsn_peek_bool(reply, "done", false))
			return tell_deliveries(deliveries) ? TOOL_EXIT_OK
							   : TOOL_EXIT_OPTION;
		if (until < 0 || clock_mono_ms() < until)
			continue;
		(void)tell_deliveries(deliveries);
		tool_complain("Not ended in time");
		return TOOL_EXIT_OPTION;
	}
}

static int
run_there(struct request *q)
{
	const char *scope = q->o->scope != NULL ? q->o->scope : "all";
	AUTO(jsn_free) struct jsn *tags = words_of(q->o->recipient_tags);
	AUTO_BUF struct buf shown = BUF_INIT(65536);
	jsn_format(tags, JSN_PLAIN, &shown);
	tool_say("Requesting to execute the %s '%s' on '%s' servers with tags "
		 "%s",
	    q->is_recipe ? "recipe" : "RightScript", q->name, scope,
	    buf_text(&shown));
	make_frame(q, "remote_run");
	jsn_set(q->frame, "recipients_tags", jsn_ref(tags));
	jsn_set_str(q->frame, "scope", scope);
	AUTO(jsn_free) struct jsn *reply = NULL;
	struct err e = { 0 };
	if (tool_ask(q->frame, q->o->wait ? ANSWER_MS : limit_ms(q->o), &reply,
		&e) < 0)
		return failed(&e);
	int64_t matched = jsn_peek_int(reply, "matched", 0);
	if (matched == 0) {
		tool_complain("Failed to process request (no server carries "
			      "these tags)");
		return TOOL_EXIT_OPTION;
	}
	tool_say("Request sent successfully");
	if (!q->o->wait)
		return TOOL_EXIT_OK;
	return wait_there(q, jsn_peek_str(reply, "request_id", ""));
}

static int
run(const struct tool_options *o, bool is_recipe)
{
	AUTO(request_release)
	struct request q = { .o = o,
		.is_recipe = is_recipe,
		.what = is_recipe ? "recipe" : "RightScript" };
	struct err e = { 0 };
	if (read_request(&q, &e) < 0)
		return tool_wrong("%s", e.text);
	return o->recipient_tags != NULL ? run_there(&q) : run_here(&q);
}

int
tool_rs_run_recipe(const struct tool_options *o)
{
	return run(o, true);
}

int
tool_rs_run_right_script(const struct tool_options *o)
{
	return run(o, false);
}
