/* SPDX-License-Identifier: MIT */
/* The fabric as the running agent of this machine has it: each call is one
 * request on STATE/agent.sock. */
#include <stdlib.h>
#include <string.h>

#include "common/auto.h"
#include "runner/agent_link.h"
#include "runner/fabric.h"

/* The agent tells the end of its own patience (120 s) before that. */
#define ASK_MS 140000

struct agent_fabric {
	struct fabric fabric;
	int fd;
};

/* Sends and frees the request. */
static int
ask(struct fabric *f, struct jsn *request, struct jsn **ret_reply,
    struct err *e)
{
	const struct agent_fabric *a = (const struct agent_fabric *)f;
	int rc = agent_ask(a->fd, request, ASK_MS, NULL, NULL, ret_reply, e);
	jsn_free(&request);
	return rc;
}

static struct jsn *
request_of(const char *type)
{
	struct jsn *q = jsn_new_object();
	jsn_set_str(q, "type", type);
	return q;
}

static int
change(struct fabric *f, const char *type, struct str tag, bool *ret_changed,
    struct err *e)
{
	struct jsn *q = request_of(type);
	jsn_set(q, "tag", jsn_new_string(tag));
	AUTO(jsn_free) struct jsn *reply = NULL;
	int rc = ask(f, q, &reply, e);
	if (rc == 0)
		*ret_changed = jsn_peek_bool(reply, "changed", false);
	return rc;
}

static int
agent_publish(struct fabric *f, struct str tag, bool replace, bool *ret_changed,
    struct err *e)
{
	return change(
	    f, replace ? "tag_set" : "tag_publish", tag, ret_changed, e);
}

static int
agent_remove(struct fabric *f, struct str tag, bool *ret_changed, struct err *e)
{
	return change(f, "tag_remove", tag, ret_changed, e);
}

/* A member of the reply, owned by the caller. */
static int
take(struct jsn *reply, const char *name, enum jsn_type type,
    struct jsn **ret_value, struct err *e)
{
	struct jsn *value = NULL;
	int rc = jsn_need(reply, "agent", name, type, &value, e);
	if (rc == 0)
		*ret_value = jsn_ref(value);
	return rc;
}

static int
agent_list(struct fabric *f, struct jsn **ret_tags, struct err *e)
{
	AUTO(jsn_free) struct jsn *reply = NULL;
	int rc = ask(f, request_of("tag_list"), &reply, e);
	return rc == 0 ? take(reply, "tags", JSN_ARRAY, ret_tags, e) : rc;
}

static int
agent_query(struct fabric *f, const struct tag_query *query,
    const struct jsn *ids, struct jsn **ret_instances, struct err *e)
{
	struct jsn *q = request_of("tag_query");
	struct jsn *tags = jsn_new_array();
	for (size_t i = 0; i < query->len; i++)
		jsn_push(tags, jsn_new_string(query->patterns[i].text));
	jsn_set(q, "tags", tags);
	jsn_set_str(q, "match", query->match == TAG_MATCH_ALL ? "all" : "any");
	if (ids != NULL)
		jsn_set(q, "ids", jsn_copy(ids));
	AUTO(jsn_free) struct jsn *reply = NULL;
	int rc = ask(f, q, &reply, e);
	return rc == 0 ? take(reply, "instances", JSN_OBJECT, ret_instances, e)
		       : rc;
}

static void
set_value(struct jsn *q, const char *name, struct jsn *value)
{
	if (value != NULL)
		jsn_set(q, name, jsn_ref(value));
}

static int
agent_send(struct fabric *f, const struct remote_request *request,
    struct remote_receipt *ret_receipt, struct err *e)
{
	struct jsn *q = request_of("remote_run");
	jsn_set_str(q,
	    request->kind == EXECUTABLE_SCRIPT ? "right_script" : "recipe",
	    request->name);
	set_value(q, "attributes", request->attributes);
	set_value(q, "parameters", request->parameters);
	set_value(q, "recipients", request->recipients);
	set_value(q, "recipients_tags", request->tags);
	jsn_set_str(q, "scope", request->single ? "single" : "all");
	jsn_set_int(q, "hops", request->hops);
	AUTO(jsn_free) struct jsn *reply = NULL;
	int rc = ask(f, q, &reply, e);
	if (rc < 0)
		return rc;
	struct remote_receipt r = { .ids = NULL };
	const char *id = jsn_peek_str(reply, "request_id", "");
	if (strlen(id) >= sizeof(r.request_id))
		return err_set(e, ERR_PROTOCOL, "agent: a request id '%s'", id);
	memcpy(r.request_id, id, strlen(id) + 1);
	rc = take(reply, "ids", JSN_ARRAY, &r.ids, e);
	if (rc == 0)
		*ret_receipt = r;
	return rc;
}

static void
agent_close(struct fabric *f)
{
	struct agent_fabric *a = (struct agent_fabric *)f;
	fd_close(&a->fd);
	free(a);
}

int
fabric_open_agent(
    const struct places *p, struct fabric **ret_fabric, struct err *e)
{
	static const struct fabric_ops ops = {
		.publish = agent_publish,
		.remove = agent_remove,
		.list = agent_list,
		.query = agent_query,
		.send = agent_send,
		.close = agent_close,
	};
	int fd = agent_connect(p, e);
	if (fd < 0)
		return fd;
	struct agent_fabric *a = xcalloc(1, sizeof(*a));
	a->fabric.ops = &ops;
	a->fd = fd;
	*ret_fabric = &a->fabric;
	return 0;
}
