/* SPDX-License-Identifier: MIT */
/*
 * Discovery and delivery between instances: put a tag, ask who carries tags,
 * send a request to run something. The machinery above does not know who
 * answers: on one machine the local tag store and loopback delivery do, with
 * a router its session will.
 *
 * Tags and requests are durable when a call returns 0.
 */
#pragma once

#include "common/err.h"
#include "common/jsn.h"
#include "runner/bundle.h"
#include "runner/places.h"
#include "wire/tag.h"

#define FABRIC_TAGS_MAX 1000
#define FABRIC_HOPS_MAX 8

/* A request to run something elsewhere (or here). */
struct remote_request {
	enum executable_kind kind;
	const char *name;
	struct jsn *attributes; /* object or NULL; borrowed */
	struct jsn *parameters; /* object or NULL; borrowed */
	struct jsn *recipients; /* array of ids or NULL; borrowed */
	struct jsn *tags;       /* array of tags or NULL; borrowed */
	bool single;            /* one instance is enough */
	int hops; /* requests that led to this one; refused over the limit */
};

struct remote_receipt {
	char request_id[32];
	struct jsn *ids; /* array, caller frees: who will get it */
};

struct fabric;
struct fabric_ops {
	int (*publish)(struct fabric *f, struct str tag, bool replace,
	    bool *ret_changed, struct err *e);
	int (*remove)(
	    struct fabric *f, struct str tag, bool *ret_changed, struct err *e);
	int (*list)(struct fabric *f, struct jsn **ret_tags, struct err *e);
	int (*query)(struct fabric *f, const struct tag_query *q,
	    const struct jsn *ids, struct jsn **ret_instances, struct err *e);
	int (*send)(struct fabric *f, const struct remote_request *request,
	    struct remote_receipt *ret_receipt, struct err *e);
	void (*close)(struct fabric *f);
};

/* Every implementation begins with this. */
struct fabric {
	const struct fabric_ops *ops;
};

/* Puts a tag on this instance; replace takes away others of the same
 * namespace:predicate. ERR_INVALID (tag), ERR_LIMIT. */
int fabric_publish(struct fabric *f, struct str tag, bool replace,
    bool *ret_changed, struct err *e) MUST_CHECK;
/* Takes one off; "ns:p=*" takes all values. */
int fabric_remove(struct fabric *f, struct str tag, bool *ret_changed,
    struct err *e) MUST_CHECK;
/* Own tags, sorted; caller frees. */
int fabric_list(
    struct fabric *f, struct jsn **ret_tags, struct err *e) MUST_CHECK;
/* {id: {"tags": [...]}} of the instances that answer the query and are named
 * in ids (NULL or empty: everyone). Without patterns ids alone decide. */
int fabric_query(struct fabric *f, const struct tag_query *q,
    const struct jsn *ids, struct jsn **ret_instances,
    struct err *e) MUST_CHECK;
/* Hands the request over to everyone it is meant for; nobody is no error. */
int fabric_send(struct fabric *f, const struct remote_request *request,
    struct remote_receipt *ret_receipt, struct err *e) MUST_CHECK;
void fabric_close(struct fabric **f);

/* The running agent of this machine: its tags, its router, its requests.
 * ERR_ABSENT: there is none. */
int fabric_open_agent(const struct places *p, struct fabric **ret_fabric,
    struct err *e) MUST_CHECK;
/* One machine: tags.json and inbox/ of the state directory; `id` is copied. */
struct fabric *fabric_open_local(const struct places *p, const char *id);
