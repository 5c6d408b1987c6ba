/* SPDX-License-Identifier: MIT */
/*
 * Own tags in the journal. The table tag is what the router gave, tag_change
 * what it does not have yet; what we are is computed from both each time:
 * there are few, and so nothing can get out of step.
 */
#include "runner/journal_priv.h"

#include <string.h>

#include "common/auto.h"
#include "common/str.h"
#include "wire/tag.h"

#define CHANGES_MAX ((size_t)2 * JOURNAL_TAGS_MAX)
/* From so many on the changes are replaced by what they come to. */
#define CHANGES_MANY 200

/* Sorted, without doubles; texts live in the arena. */
struct tag_set {
	struct arena *arena;
	const char *items[2 * JOURNAL_TAGS_MAX];
	size_t len;
};

static size_t
place_of(const struct tag_set *set, const char *tag, bool *ret_there)
{
	size_t low = 0, high = set->len;
	*ret_there = false;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = strcmp(set->items[middle], tag);
		if (order == 0) {
			*ret_there = true;
			return middle;
		}
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static int
set_add(struct tag_set *set, const char *tag, struct err *e)
{
	bool there = false;
	size_t at = place_of(set, tag, &there);
	if (there)
		return 0;
	if (set->len == ARRAY_LEN(set->items))
		return err_set(
		    e, ERR_LIMIT, "more than %d tags", JOURNAL_TAGS_MAX);
	memmove(&set->items[at + 1], &set->items[at],
	    (set->len - at) * sizeof(set->items[0]));
	set->items[at] = arena_strdup(set->arena, tag);
	set->len++;
	return 0;
}

/* Takes off what `text` (a tag or pattern) matches, or shares its key with. */
static void
set_remove(struct tag_set *set, const char *text, bool same_key)
{
	struct tag drop, tag;
	struct err ignored = { 0 };
	if (tag_pattern_parse(str_from(text), &drop, &ignored) < 0)
		return;
	size_t kept = 0;
	for (size_t i = 0; i < set->len; i++) {
		bool parsed =
		    tag_parse(str_from(set->items[i]), &tag, &ignored) == 0;
		bool gone = parsed && (same_key ? tag_same_key(&drop, &tag)
						: tag_matches(&drop, &tag));
		if (!gone)
			set->items[kept++] = set->items[i];
	}
	set->len = kept;
}

static int
set_change(
    struct tag_set *set, enum journal_tag_op op, const char *tag, struct err *e)
{
	if (op == JOURNAL_TAG_REMOVE) {
		set_remove(set, tag, false);
		return 0;
	}
	if (op == JOURNAL_TAG_SET)
		set_remove(set, tag, true);
	return set_add(set, tag, e);
}

static bool
set_eq(const struct tag_set *a, const struct tag_set *b)
{
	bool same = a->len == b->len;
	for (size_t i = 0; same && i < a->len; i++)
		same = text_eq(a->items[i], b->items[i]);
	return same;
}

static int
read_set(struct journal *j, struct tag_set *set, struct err *e)
{
	struct db_stmt *s = journal_stmt(j, J_TAGS);
	int rc;
	while ((rc = db_step(s, e)) > 0) {
		rc = set_add(set, db_text(s, 0).data, e);
		if (rc < 0) {
			db_reset(s);
			return rc;
		}
	}
	return rc;
}

int
journal_tags_pending(struct arena *a, struct journal *j, size_t max,
    struct journal_tag_change **ret_list, size_t *ret_len, struct err *e)
{
	struct db_stmt *s = journal_stmt(j, J_CHANGES);
	size_t room = max < CHANGES_MAX ? max : CHANGES_MAX, len = 0;
	db_bind_int(s, 1, (int64_t)room);
	struct journal_tag_change *list =
	    arena_array_of(a, struct journal_tag_change, room);
	int rc;
	while ((rc = db_step(s, e)) > 0) {
		struct str tag = db_text(s, 2);
		list[len++] = (struct journal_tag_change){
			.place = db_int(s, 0),
			.op = (enum journal_tag_op)db_int(s, 1),
			.tag = arena_strndup(a, tag.data, tag.len),
			.ttl_ms = db_int(s, 3),
		};
	}
	if (rc < 0)
		return rc;
	*ret_list = list;
	*ret_len = len;
	return 0;
}

/* What this instance is: the set with the changes in it. */
static int
current(
    struct journal *j, struct tag_set *set, size_t *ret_changes, struct err *e)
{
	struct journal_tag_change *list = NULL;
	int rc = read_set(j, set, e);
	if (rc == 0)
		rc = journal_tags_pending(
		    set->arena, j, CHANGES_MAX, &list, ret_changes, e);
	for (size_t i = 0; rc == 0 && i < *ret_changes; i++)
		rc = set_change(set, list[i].op, list[i].tag, e);
	return rc;
}

static int
keep_change(struct journal *j, enum journal_tag_op op, const char *tag,
    int64_t ttl_ms, struct err *e)
{
	struct db_stmt *s = journal_stmt(j, J_CHANGE_PUT);
	db_bind_int(s, 1, op);
	db_bind_text(s, 2, str_from(tag));
	db_bind_int(s, 3, ttl_ms);
	return journal_write(j, s, NULL, e);
}

/* The lease that the newest change gives a tag; 0: none. */
static int64_t
lease_of(const struct journal_tag_change *list, size_t len, const char *tag)
{
	for (size_t i = len; i > 0; i--) {
		if (text_eq(list[i - 1].tag, tag))
			return list[i - 1].op != JOURNAL_TAG_REMOVE
				   ? list[i - 1].ttl_ms
				   : 0;
	}
	return 0;
}

/* While the router is away changes would pile up: the difference between its
 * set and ours says the same. */
static int
compact(struct journal *j, struct err *e)
{
	AUTO(arena_free) struct arena *a = arena_new();
	struct tag_set *theirs = arena_new_of(a, struct tag_set);
	struct tag_set *ours = arena_new_of(a, struct tag_set);
	struct journal_tag_change *list = NULL;
	size_t len = 0;
	theirs->arena = ours->arena = a;
	int rc = journal_begin(j, e);
	if (rc < 0)
		return rc;
	rc = read_set(j, theirs, e);
	if (rc == 0)
		rc = current(j, ours, &len, e);
	if (rc == 0)
		rc = journal_tags_pending(a, j, CHANGES_MAX, &list, &len, e);
	if (rc == 0)
		rc = journal_tags_forget(j, INT64_MAX, e);
	for (size_t i = 0; rc == 0 && i < theirs->len; i++) {
		bool there = false;
		(void)place_of(ours, theirs->items[i], &there);
		if (!there)
			rc = keep_change(
			    j, JOURNAL_TAG_REMOVE, theirs->items[i], 0, e);
	}
	for (size_t i = 0; rc == 0 && i < ours->len; i++) {
		bool there = false;
		int64_t lease = lease_of(list, len, ours->items[i]);
		(void)place_of(theirs, ours->items[i], &there);
		if (!there || lease > 0)
			rc = keep_change(
			    j, JOURNAL_TAG_ADD, ours->items[i], lease, e);
	}
	return journal_end(j, rc, e);
}

int
journal_tag_change(struct journal *j, enum journal_tag_op op, const char *tag,
    int64_t ttl_ms, bool *ret_changed, struct err *e)
{
	AUTO(arena_free) struct arena *a = arena_new();
	struct tag_set *before = arena_new_of(a, struct tag_set);
	struct tag_set *after = arena_new_of(a, struct tag_set);
	before->arena = a;
	size_t changes = 0;
	int rc = current(j, before, &changes, e);
	if (rc < 0)
		return rc;
	*after = *before;
	rc = set_change(after, op, tag, e);
	if (rc < 0)
		return rc;
	bool changed = !set_eq(before, after);
	if (changed && after->len > before->len &&
	    after->len > JOURNAL_TAGS_MAX)
		return err_set(
		    e, ERR_LIMIT, "more than %d tags", JOURNAL_TAGS_MAX);
	if (changed || ttl_ms > 0)
		rc = keep_change(j, op, tag, ttl_ms, e);
	if (rc == 0 && changes >= CHANGES_MANY)
		rc = compact(j, e);
	if (rc == 0)
		*ret_changed = changed;
	return rc;
}

static int
change_list(struct journal *j, const struct jsn *list, enum journal_tag_op op,
    int64_t ttl_ms, bool *changed, struct err *e)
{
	int rc = 0;
	for (size_t i = 0; rc == 0 && i < jsn_len(list); i++) {
		struct tag tag;
		bool one = false;
		struct str text = jsn_str(jsn_at(list, i));
		rc = op == JOURNAL_TAG_REMOVE ? tag_pattern_parse(text, &tag, e)
					      : tag_parse(text, &tag, e);
		if (rc == 0 && op == JOURNAL_TAG_SET && tag.raw)
			rc = err_set(e, ERR_INVALID,
			    "tag '%.*s': only namespace:predicate=value can "
			    "be set",
			    STR_ARG(text));
		if (rc == 0)
			rc = journal_tag_change(
			    j, op, text.data, ttl_ms, &one, e);
		*changed = *changed || one;
	}
	return rc;
}

int
journal_tags_change(struct journal *j, const struct jsn *add,
    const struct jsn *remove, bool set, int64_t ttl_ms, bool *ret_changed,
    struct err *e)
{
	bool changed = false;
	int rc = journal_begin(j, e);
	if (rc < 0)
		return rc;
	rc = change_list(j, remove, JOURNAL_TAG_REMOVE, 0, &changed, e);
	if (rc == 0)
		rc =
		    change_list(j, add, set ? JOURNAL_TAG_SET : JOURNAL_TAG_ADD,
			ttl_ms, &changed, e);
	rc = journal_end(j, rc, e);
	if (rc == 0)
		*ret_changed = changed;
	return rc;
}

int
journal_tags(struct journal *j, struct jsn **ret_tags, struct err *e)
{
	AUTO(arena_free) struct arena *a = arena_new();
	struct tag_set *set = arena_new_of(a, struct tag_set);
	set->arena = a;
	size_t changes = 0;
	int rc = current(j, set, &changes, e);
	if (rc < 0)
		return rc;
	struct jsn *tags = jsn_new_array();
	for (size_t i = 0; i < set->len; i++)
		jsn_push_str(tags, set->items[i]);
	*ret_tags = tags;
	return 0;
}

int64_t
journal_tags_version(const struct journal *j)
{
	CHECK_OBJ(j, JOURNAL_MAGIC);
	return j->tags_version;
}

static int
replace_set(struct journal *j, const struct jsn *tags, struct err *e)
{
	int rc = journal_write(j, journal_stmt(j, J_TAG_CLEAR), NULL, e);
	for (size_t i = 0; rc == 0 && i < jsn_len(tags); i++) {
		struct tag tag;
		struct err wrong = { 0 };
		struct str text = jsn_str(jsn_at(tags, i));
		if (i >= JOURNAL_TAGS_MAX || tag_parse(text, &tag, &wrong) < 0)
			continue;
		struct db_stmt *s = journal_stmt(j, J_TAG_PUT);
		db_bind_text(s, 1, text);
		rc = journal_write(j, s, NULL, e);
	}
	return rc;
}

int
journal_tags_settle(struct journal *j, const struct jsn *tags, int64_t version,
    int64_t upto, struct err *e)
{
	int rc = journal_begin(j, e);
	if (rc < 0)
		return rc;
	rc = replace_set(j, tags, e);
	if (rc == 0) {
		struct db_stmt *s = journal_stmt(j, J_CHANGE_DONE);
		db_bind_int(s, 1, upto);
		rc = journal_write(j, s, NULL, e);
	}
	if (rc == 0)
		rc = journal_put_int(j, "tags_version", version, e);
	rc = journal_end(j, rc, e);
	if (rc == 0)
		j->tags_version = version;
	return rc;
}

int
journal_tags_disown(struct journal *j, struct err *e)
{
	AUTO(arena_free) struct arena *a = arena_new();
	struct tag_set *set = arena_new_of(a, struct tag_set);
	set->arena = a;
	size_t changes = 0;
	int rc = current(j, set, &changes, e);
	if (rc == 0)
		rc = journal_write(j, journal_stmt(j, J_TAG_CLEAR), NULL, e);
	if (rc == 0) {
		struct db_stmt *s = journal_stmt(j, J_CHANGE_DONE);
		db_bind_int(s, 1, INT64_MAX);
		rc = journal_write(j, s, NULL, e);
	}
	/* A lease of the old router is not ours to give again. */
	for (size_t i = 0; rc == 0 && i < set->len; i++)
		rc = keep_change(j, JOURNAL_TAG_ADD, set->items[i], 0, e);
	if (rc == 0)
		rc = journal_put(j, "tags_version", NULL, e);
	if (rc == 0)
		j->tags_version = -1;
	return rc;
}

int
journal_tags_forget(struct journal *j, int64_t upto, struct err *e)
{
	struct db_stmt *s = journal_stmt(j, J_CHANGE_DONE);
	db_bind_int(s, 1, upto);
	return journal_write(j, s, NULL, e);
}
