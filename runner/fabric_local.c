/* SPDX-License-Identifier: MIT */
/*
 * The fabric of one machine: a tag file that is replaced atomically under a
 * lock (a command and a run may change tags at the same time), and loopback
 * delivery into the inbox.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>

#include "common/auto.h"
#include "common/clock.h"
#include "common/fsat.h"
#include "runner/fabric.h"
#include "runner/inbox.h"

#define TAGS_MAX_BYTES ((size_t)4 << 20)

struct local {
	struct fabric fabric;
	const struct places *places;
	char *id;
};

struct tag_file {
	int lock_fd;
	char *path;
	struct jsn *root; /* {"version":1,"tags":[...]} */
};

static struct local *
local_of(struct fabric *f)
{
	return (struct local *)f;
}

static void
tag_file_close(struct tag_file *t)
{
	fd_close(&t->lock_fd);
	str_free(&t->path);
	jsn_free(&t->root);
}

static int
check_tags(const struct tag_file *t, struct err *e)
{
	struct jsn *tags = NULL;
	int rc = jsn_need(t->root, t->path, "tags", JSN_ARRAY, &tags, e);
	for (size_t i = 0; rc == 0 && i < jsn_len(tags); i++) {
		struct tag tag;
		rc = tag_parse(jsn_str(jsn_at(tags, i)), &tag, e);
		if (rc < 0)
			return err_wrap(e, "%s", t->path);
	}
	return rc;
}

static int
tag_file_open(const struct local *l, struct tag_file *ret, struct err *e)
{
	struct tag_file t = { .lock_fd = -1 };
	AUTO_STR char *lock = places_state(l->places, "tags.lock");
	t.lock_fd = open(lock, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (t.lock_fd < 0)
		return err_sys(e, "open '%s'", lock);
	if (flock(t.lock_fd, LOCK_EX) < 0) {
		int rc = err_sys(e, "lock '%s'", lock);
		tag_file_close(&t);
		return rc;
	}
	t.path = places_state(l->places, "tags.json");
	int rc = jsn_load(AT_FDCWD, t.path, TAGS_MAX_BYTES, &t.root, e);
	if (rc == ERR_ABSENT) {
		t.root = jsn_new_object();
		jsn_set_int(t.root, "version", 1);
		jsn_set(t.root, "tags", jsn_new_array());
		rc = 0;
	}
	if (rc == 0)
		rc = check_tags(&t, e);
	if (rc < 0) {
		tag_file_close(&t);
		return rc;
	}
	*ret = t;
	return 0;
}

/* Replaces the list (taken over) and makes it durable. */
static int
tag_file_save(struct tag_file *t, struct jsn *tags, struct err *e)
{
	jsn_set(t->root, "tags", tags);
	AUTO_BUF struct buf text = BUF_INIT(TAGS_MAX_BYTES);
	jsn_format(t->root, JSN_PRETTY, &text);
	return fsat_replace(
	    AT_FDCWD, t->path, (struct str){ text.data, text.len }, 0600, 0, e);
}

static int
compare_text(const void *a, const void *b)
{
	const struct str *x = a, *y = b;
	size_t len = x->len < y->len ? x->len : y->len;
	int order = len > 0 ? memcmp(x->data, y->data, len) : 0;
	return order != 0 ? order : (x->len > y->len) - (x->len < y->len);
}

static struct jsn *
sorted(const struct jsn *tags)
{
	size_t len = jsn_len(tags);
	struct str *list = xcalloc(len + 1, sizeof(*list));
	for (size_t i = 0; i < len; i++)
		list[i] = jsn_str(jsn_at(tags, i));
	qsort(list, len, sizeof(*list), compare_text);
	struct jsn *out = jsn_new_array();
	for (size_t i = 0; i < len; i++)
		jsn_push(out, jsn_new_string(list[i]));
	free(list);
	return out;
}

/* The tags but those that `drop` matches (by key when same_key). */
static struct jsn *
without(const struct jsn *tags, const struct tag *drop, bool same_key)
{
	struct jsn *kept = jsn_new_array();
	for (size_t i = 0; i < jsn_len(tags); i++) {
		struct tag tag;
		struct err ignored = { 0 };
		struct str text = jsn_str(jsn_at(tags, i));
		if (tag_parse(text, &tag, &ignored) < 0)
			continue;
		if (same_key ? !tag_same_key(drop, &tag)
			     : !tag_matches(drop, &tag))
			jsn_push(kept, jsn_new_string(text));
	}
	return kept;
}

static bool
holds(const struct jsn *tags, struct str text)
{
	for (size_t i = 0; i < jsn_len(tags); i++) {
		if (str_eq(jsn_str(jsn_at(tags, i)), text))
			return true;
	}
	return false;
}

static int
local_publish(struct fabric *f, struct str text, bool replace,
    bool *ret_changed, struct err *e)
{
	struct tag tag;
	int rc = tag_parse(text, &tag, e);
	if (rc < 0)
		return rc;
	if (replace && tag.raw)
		return err_set(e, ERR_INVALID,
		    "tag '%.*s': only namespace:predicate=value can be set",
		    STR_ARG(text));
	AUTO(tag_file_close) struct tag_file t = { .lock_fd = -1 };
	rc = tag_file_open(local_of(f), &t, e);
	if (rc < 0)
		return rc;
	const struct jsn *have = jsn_get(t.root, "tags");
	struct jsn *now = without(have, &tag, replace);
	if (holds(have, text) && jsn_len(now) + 1 == jsn_len(have)) {
		jsn_free(&now);
		*ret_changed = false;
		return 0;
	}
	if (jsn_len(now) >= FABRIC_TAGS_MAX) {
		jsn_free(&now);
		return err_set(
		    e, ERR_LIMIT, "more than %d tags", FABRIC_TAGS_MAX);
	}
	jsn_push(now, jsn_new_string(text));
	struct jsn *ordered = sorted(now);
	jsn_free(&now);
	*ret_changed = true;
	return tag_file_save(&t, ordered, e);
}

static int
local_remove(
    struct fabric *f, struct str text, bool *ret_changed, struct err *e)
{
	struct tag pattern;
	int rc = tag_pattern_parse(text, &pattern, e);
	if (rc < 0)
		return rc;
	AUTO(tag_file_close) struct tag_file t = { .lock_fd = -1 };
	rc = tag_file_open(local_of(f), &t, e);
	if (rc < 0)
		return rc;
	const struct jsn *have = jsn_get(t.root, "tags");
	struct jsn *now = without(have, &pattern, false);
	*ret_changed = jsn_len(now) != jsn_len(have);
	if (*ret_changed)
		return tag_file_save(&t, now, e);
	jsn_free(&now);
	return 0;
}

static int
local_list(struct fabric *f, struct jsn **ret_tags, struct err *e)
{
	AUTO(tag_file_close) struct tag_file t = { .lock_fd = -1 };
	int rc = tag_file_open(local_of(f), &t, e);
	if (rc < 0)
		return rc;
	*ret_tags = sorted(jsn_get(t.root, "tags"));
	return 0;
}

static bool
answers(const struct local *l, const struct tag_query *q, const struct jsn *ids,
    const struct jsn *tags)
{
	if (jsn_type(ids) == JSN_ARRAY && jsn_len(ids) > 0 &&
	    !holds(ids, str_from(l->id)))
		return false;
	if (q->len == 0)
		return jsn_type(ids) == JSN_ARRAY && jsn_len(ids) > 0;
	size_t len = jsn_len(tags);
	struct tag *list = xcalloc(len + 1, sizeof(*list));
	size_t count = 0;
	for (size_t i = 0; i < len; i++) {
		struct err ignored = { 0 };
		if (tag_parse(
			jsn_str(jsn_at(tags, i)), &list[count], &ignored) == 0)
			count++;
	}
	bool matches = tag_query_matches(q, list, count);
	free(list);
	return matches;
}

static int
local_query(struct fabric *f, const struct tag_query *q, const struct jsn *ids,
    struct jsn **ret_instances, struct err *e)
{
	AUTO(jsn_free) struct jsn *tags = NULL;
	int rc = local_list(f, &tags, e);
	if (rc < 0)
		return rc;
	struct jsn *instances = jsn_new_object();
	if (answers(local_of(f), q, ids, tags)) {
		struct jsn *self = jsn_new_object();
		jsn_set(self, "tags", TAKE(tags));
		jsn_set(instances, local_of(f)->id, self);
	}
	*ret_instances = instances;
	return 0;
}

/* Is this instance meant: by its id, or by carrying all of the tags? */
static int
is_target(struct fabric *f, const struct remote_request *request,
    bool *ret_target, struct err *e)
{
	const struct local *l = local_of(f);
	*ret_target = jsn_type(request->recipients) == JSN_ARRAY &&
		      holds(request->recipients, str_from(l->id));
	if (*ret_target || jsn_type(request->tags) != JSN_ARRAY)
		return 0;
	struct tag_query q = { .match = TAG_MATCH_ALL };
	for (size_t i = 0; i < jsn_len(request->tags); i++) {
		int rc =
		    tag_query_add(&q, jsn_str(jsn_at(request->tags, i)), e);
		if (rc < 0)
			return rc;
	}
	AUTO(jsn_free) struct jsn *tags = NULL;
	int rc = local_list(f, &tags, e);
	if (rc == 0 && q.len > 0)
		*ret_target = answers(l, &q, NULL, tags);
	return rc;
}

static int
local_send(struct fabric *f, const struct remote_request *request,
    struct remote_receipt *ret_receipt, struct err *e)
{
	struct local *l = local_of(f);
	bool target = false;
	int rc = is_target(f, request, &target, e);
	if (rc < 0)
		return rc;
	if (target && request->hops >= FABRIC_HOPS_MAX)
		return err_set(e, ERR_LIMIT,
		    "remote request '%s': more than %d requests led to one "
		    "another",
		    request->name, FABRIC_HOPS_MAX);
	struct remote_receipt receipt = { .ids = NULL };
	ulid_new(receipt.request_id);
	if (target)
		rc =
		    inbox_put(l->places, receipt.request_id, l->id, request, e);
	if (rc < 0)
		return rc;
	receipt.ids = jsn_new_array();
	if (target)
		jsn_push_str(receipt.ids, l->id);
	*ret_receipt = receipt;
	return 0;
}

static void
local_close(struct fabric *f)
{
	struct local *l = local_of(f);
	free(l->id);
	free(l);
}

struct fabric *
fabric_open_local(const struct places *p, const char *id)
{
	static const struct fabric_ops ops = {
		.publish = local_publish,
		.remove = local_remove,
		.list = local_list,
		.query = local_query,
		.send = local_send,
		.close = local_close,
	};
	struct local *l = xcalloc(1, sizeof(*l));
	l->fabric.ops = &ops;
	l->places = p;
	l->id = xstrdup(id);
	return &l->fabric;
}
