/* SPDX-License-Identifier: MIT */
/*
 * http_request: one request (RES-http_request). A head request is sent to
 * find out whether something changed; a why-run sends nothing.
 */
#include <string.h>

#include "common/auto.h"
#include "providers/fetch.h"
#include "providers/tbl/files.h"

#define ANSWER_MAX_BYTES ((size_t)64 << 20)

struct verb {
	const char *action, *method;
	bool in_query; /* the message goes into the URL */
	bool has_body;
};

static const struct verb verbs[] = {
	{ "get", "GET", true, false },
	{ "head", "HEAD", true, false },
	{ "put", "PUT", false, true },
	{ "post", "POST", false, true },
	{ "delete", "DELETE", false, false },
};

static const struct verb *
find_verb(const char *action)
{
	for (size_t i = 0; i < ARRAY_LEN(verbs); i++) {
		if (strcmp(verbs[i].action, action) == 0)
			return &verbs[i];
	}
	return NULL;
}

/* Bytes that cannot stand in a URL are written as %XX. */
static void
add_query(struct buf *out, const char *text)
{
	for (const unsigned char *c = (const unsigned char *)text; *c != '\0';
	     c++) {
		if (*c <= ' ' || *c >= 0x7f || *c == '"' || *c == '#')
			buf_printf(out, "%%%02X", *c);
		else
			buf_add_char(out, (char)*c);
	}
}

/* URL?message=MESSAGE, or with & when there is a query (RES-http_request-1). */
static const char *
url_with_message(struct provider_run *run, const char *url, const char *message)
{
	AUTO_BUF struct buf out = BUF_INIT(ANSWER_MAX_BYTES);
	buf_printf(
	    &out, "%s%cmessage=", url, strchr(url, '?') != NULL ? '&' : '?');
	add_query(&out, message);
	return arena_strdup(run->arena, buf_text(&out));
}

static int
http_request_plan(struct provider_run *run, const struct view *view,
    struct plan *plan, struct err *e)
{
	(void)view;
	const struct verb *v = find_verb(run->action);
	const char *url = resource_text(run->want, "url", NULL);
	if (v == NULL)
		return provider_fail(run, e, "NoMethodError",
		    "%s: the action %s is not implemented", run->want->id,
		    run->action);
	if (url == NULL)
		return provider_fail(
		    run, e, "ArgumentError", "%s has no url", run->want->id);
	run->state = arena_new_of(run->arena, struct verb);
	*(struct verb *)run->state = *v;
	struct change *c = plan_change(plan, 0, NULL);
	bool head = strcmp(v->action, "head") == 0;
	plan_describe(plan, c, "%s %s to %s%s", run->want->id, v->method,
	    fetch_shown(run->arena, url),
	    head ? " returned modified, trigger notifications" : "");
	return 0;
}

static int
http_request_apply(struct provider_run *run, struct host *host,
    const struct change *change, struct err *e)
{
	(void)host;
	(void)change;
	const struct verb *v = run->state;
	const struct services *s = run->services;
	const char *url = resource_text(run->want, "url", NULL);
	const struct value *given = resource_get(run->want, "message");
	const char *message = value_to_s(run->arena, given);
	AUTO_BUF struct buf body = BUF_INIT(ANSWER_MAX_BYTES);
	const struct download d = {
		.url = v->in_query ? url_with_message(run, url, message) : url,
		.headers = fetch_headers(
		    run->arena, resource_get(run->want, "headers"), NULL),
		.method = v->method,
		.body = v->has_body ? str_from(message) : (struct str){ 0 },
		.output = &body,
	};
	struct download_answer answer = { 0 };
	int rc = s->download(s->arg, &d, &answer, e);
	if (rc < 0)
		return fetch_blame(run, rc);
	buf_release(&answer.headers);
	rc = fetch_check_status(run, answer.status, e);
	if (rc < 0)
		return rc;
	s->log(s->arg, SERVICE_INFO,
	    arena_printf(run->arena, "%s %s to %s successful", run->want->id,
		v->method, fetch_shown(run->arena, url)));
	return strcmp(v->action, "head") == 0 && answer.status == 304;
}

const struct provider provider_http_request = {
	.ruby_class = "HttpRequest",
	.type = "http_request",
	.plan = http_request_plan,
	.apply = http_request_apply,
};
