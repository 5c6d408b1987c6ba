/* SPDX-License-Identifier: MIT */
/* What the journal holds: entries of commands, and whose they are. */
#include "runner/journal_priv.h"

#include "common/auto.h"
#include "common/str.h"

/* NULL stays NULL. */
static const char *
copy_text(struct arena *a, const struct db_stmt *s, int column)
{
	struct str text = db_text(s, column);
	return text.data != NULL ? arena_strndup(a, text.data, text.len) : NULL;
}

static void
read_entry(struct arena *a, const struct db_stmt *s, struct journal_entry *ret)
{
	struct str payload = db_text(s, 5);
	*ret = (struct journal_entry){
		.place = db_int(s, 0),
		.cid = copy_text(a, s, 1),
		.state = (enum journal_state)db_int(s, 2),
		.local = db_int(s, 3) != 0,
		.thread = copy_text(a, s, 4),
		.payload = { copy_text(a, s, 5), payload.len },
		.issuer = copy_text(a, s, 6),
		.from_instance = db_int(s, 7) != 0,
		.attempts = db_int(s, 8),
		.attempts_max = db_int(s, 9),
		.suspends = db_int(s, 10),
		.suspended_boot = copy_text(a, s, 11),
		.issued_at = db_int(s, 12),
		.not_after = db_int(s, 13),
		.run_id = copy_text(a, s, 14),
		.result = {
			.state = copy_text(a, s, 15),
			.run_id = copy_text(a, s, 14),
			.reason = copy_text(a, s, 16),
			.updated = db_int(s, 17),
			.elapsed_ms = db_int(s, 18),
			.exit_status = db_int(s, 19),
		},
	};
}

int
journal_find(struct arena *a, struct journal *j, const char *cid,
    struct journal_entry *ret_entry, struct err *e)
{
	struct db_stmt *s = journal_stmt(j, J_FIND);
	db_bind_text(s, 1, str_from(cid));
	int rc = db_step(s, e);
	if (rc > 0) {
		read_entry(a, s, ret_entry);
		db_reset(s);
	}
	return rc;
}

int
journal_list(struct arena *a, struct journal *j, enum journal_state state,
    int64_t after, size_t max, struct journal_entry **ret_list, size_t *ret_len,
    struct err *e)
{
	struct db_stmt *s = journal_stmt(j, J_LIST);
	db_bind_int(s, 1, state);
	db_bind_int(s, 2, after);
	db_bind_int(s, 3, (int64_t)max);
	struct journal_entry *list = NULL;
	size_t len = 0, room = 0;
	int rc;
	while ((rc = db_step(s, e)) > 0) {
		if (len == room) {
			room = room > 0 ? 2 * room : 8;
			struct journal_entry *more =
			    arena_array_of(a, struct journal_entry, room);
			for (size_t i = 0; i < len; i++)
				more[i] = list[i];
			list = more;
		}
		read_entry(a, s, &list[len++]);
	}
	if (rc < 0)
		return rc;
	*ret_list = list;
	*ret_len = len;
	return 0;
}

int64_t
journal_count(struct journal *j, enum journal_state state)
{
	struct db_stmt *s = journal_stmt(j, J_COUNT);
	struct err ignored = { 0 };
	db_bind_int(s, 1, state);
	if (db_step(s, &ignored) <= 0)
		return 0;
	int64_t count = db_int(s, 0);
	db_reset(s);
	return count;
}

static int
forget_strange(struct journal *j, const char *instance, struct err *e)
{
	int rc = journal_write(j, journal_stmt(j, J_STRANGE), NULL, e);
	if (rc == 0)
		rc = journal_tags_disown(j, e);
	if (rc == 0)
		rc = journal_put(j, "instance", instance, e);
	return rc;
}

int
journal_adopt(struct journal *j, const char *instance, struct err *e)
{
	AUTO(arena_free) struct arena *a = arena_new();
	const char *before = journal_get(a, j, "instance");
	if (text_eq(before, instance))
		return 0;
	int rc = journal_begin(j, e);
	if (rc < 0)
		return rc;
	rc = before != NULL ? forget_strange(j, instance, e)
			    : journal_put(j, "instance", instance, e);
	return journal_end(j, rc, e);
}
