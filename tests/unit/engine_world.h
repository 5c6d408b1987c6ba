/* SPDX-License-Identifier: MIT */
/*
 * Doubles for the converge engine: resources are rows of a table, every call
 * that tells something writes a word into a log.
 */
#pragma once

#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include "common/arena.h"
#include "common/buf.h"
#include "runtime/converge/engine.h"

enum {
	RESOURCES_MAX = 16,
	EDGES_MAX = 8,
};

struct edge {
	struct row *target;
	const char *action;
	enum converge_cause when;
};

struct row {
	const char *name;
	const char *actions[4];
	struct edge edges[EDGES_MAX];
	size_t edge_count;
	int failures; /* performs that fail before one succeeds */
	bool changes; /* a performed action updates */
	bool blocked; /* a guard says no */
	bool unresolved;
	bool throws;         /* control leaves for a frame outside */
	struct row *inserts; /* added behind the insertion point once */
	struct converge_patience patience;
	bool updated; /* by the last action */
};

struct world {
	struct arena *arena;
	struct row *rows[RESOURCES_MAX];
	size_t count, insert_at, stop_behind;
	struct buf log;
	const char *failure; /* pending */
	bool leaving;
};

static void say(struct world *w, const char *fmt, ...) PRINTF_LIKE(2, 3);

static void
say(struct world *w, const char *fmt, ...)
{
	va_list ap;

	if (w->log.len > 0)
		buf_add_char(&w->log, ' ');
	va_start(ap, fmt);
	buf_vprintf(&w->log, fmt, ap);
	va_end(ap);
}

static int
break_with(struct world *w, const char *fmt, const char *name)
{
	char text[80];

	snprintf(text, sizeof(text), "%s:%s", fmt, name);
	w->failure = arena_strdup(w->arena, text);
	return ERR_RUBY;
}

static size_t
fake_count(void *run)
{
	return ((struct world *)run)->count;
}

static void *
fake_at(void *run, size_t index)
{
	return ((struct world *)run)->rows[index];
}

static int
fake_stand_at(void *run, size_t index)
{
	((struct world *)run)->insert_at = index + 1;
	return 0;
}

static int
fake_next_index(void *run, size_t index, size_t *ret_index)
{
	const struct world *w = run;

	if (w->stop_behind == index + 1)
		return 0;
	*ret_index = index + 1;
	return 1;
}

static int
fake_resolve(void *run, void *resource)
{
	struct row *r = resource;

	return r->unresolved ? break_with(run, "unresolved", r->name) : 0;
}

static int
fake_actions(void *run UNUSED, void *resource, struct converge_list *ret)
{
	struct row *r = resource;

	ret->list = r->actions;
	while (ret->count < 4 && r->actions[ret->count] != NULL)
		ret->count++;
	return 0;
}

static void *
fake_action(void *run UNUSED, void *list, size_t index)
{
	return (void *)(uintptr_t)((const char **)list)[index];
}

static bool
fake_is_updated(void *run UNUSED, void *resource)
{
	return ((struct row *)resource)->updated;
}

static int
fake_patience(void *run UNUSED, void *resource, void *failure UNUSED,
    struct converge_patience *ret)
{
	*ret = ((struct row *)resource)->patience;
	return 0;
}

static int
fake_action_started(void *run UNUSED, const struct converge_step *s UNUSED)
{
	return 0;
}

static int
fake_prepare(void *run UNUSED, const struct converge_step *s)
{
	((struct row *)s->resource)->updated = false;
	return 0;
}

static int
fake_guard(void *run UNUSED, const struct converge_step *s, void **ret_guard)
{
	struct row *r = s->resource;

	*ret_guard = r;
	if (strcmp(s->action, "nothing") == 0)
		return 0;
	return r->blocked ? 0 : 1;
}

static int
fake_skipped(void *run, const struct converge_step *s, void *guard UNUSED)
{
	say(run, "skip:%s", ((struct row *)s->resource)->name);
	return 0;
}

static void
insert(struct world *w, struct row *r)
{
	memmove(&w->rows[w->insert_at + 1], &w->rows[w->insert_at],
	    (w->count - w->insert_at) * sizeof(w->rows[0]));
	w->rows[w->insert_at++] = r;
	w->count++;
}

static int
fake_perform(
    void *run, const struct converge_step *s, struct converge_outcome *ret)
{
	struct world *w = run;
	struct row *r = s->resource;

	if (r->throws) {
		w->leaving = true;
		return ERR_RUBY;
	}
	if (r->failures > 0) {
		r->failures--;
		return break_with(w, "broken", r->name);
	}
	say(w, "%s.%s%s", r->name, (const char *)s->action,
	    s->cause == CAUSE_IMMEDIATE ? "!"
	    : s->cause == CAUSE_DELAYED ? "~"
					: "");
	if (r->inserts != NULL) {
		insert(w, r->inserts);
		r->inserts = NULL;
	}
	r->updated = r->changes;
	ret->result = r->changes ? RESULT_UPDATED : RESULT_UP_TO_DATE;
	ret->changes = r->changes ? 1 : 0;
	return 0;
}

static int
fake_failed(void *run, const struct converge_step *s, void *failure UNUSED,
    enum converge_failing how)
{
	static const char *const words[] = { [FAILING_IGNORED] = "ignored",
		[FAILING_RETRIED] = "retry",
		[FAILING_FOR_GOOD] = "failed" };
	struct row *r = s->resource;

	if (how == FAILING_RETRIED)
		r->patience.retries--;
	say(run, "%s:%s", words[how], r->name);
	return 0;
}

static void *
fake_blame(void *run, const struct converge_step *s UNUSED, void *failure)
{
	struct world *w = run;

	return arena_printf(w->arena, "<%s>", (const char *)failure);
}

static int
fake_pause(void *run, int64_t ms)
{
	say(run, "pause:%d", (int)ms);
	return 0;
}

static int
fake_completed(void *run, const struct converge_step *s,
    const struct converge_record *record)
{
	static const char letters[] = {
		[RESULT_UPDATED] = 'U',
		[RESULT_UP_TO_DATE] = 'O',
		[RESULT_SKIPPED] = 'S',
		[RESULT_BYPASSED] = 'B',
		[RESULT_FAILED] = 'F',
		[RESULT_IGNORED] = 'I',
	};

	ASSERT(record->elapsed_ms >= 0);
	say(run, "%s=%c%u", ((struct row *)s->resource)->name,
	    letters[record->result], record->attempts);
	return 0;
}

struct found {
	const struct row *row;
	enum converge_cause which;
};

static int
fake_notices(void *run, void *resource, enum converge_cause which,
    struct converge_list *ret)
{
	struct world *w = run;
	struct row *r = resource;
	struct found *f = arena_new_of(w->arena, struct found);
	size_t i;

	*f = (struct found){ r, which };
	ret->list = f;
	for (i = 0; i < r->edge_count; i++)
		if (r->edges[i].when == which)
			ret->count++;
	return 0;
}

static int
fake_notice(
    void *run UNUSED, void *list, size_t index, struct converge_notice *ret)
{
	const struct found *f = list;
	const struct edge *e = f->row->edges;

	while (e->when != f->which || index-- > 0)
		e++;
	*ret = (struct converge_notice){ e->target,
		(void *)(uintptr_t)e->action, (void *)(uintptr_t)f->row };
	return 0;
}

static bool
fake_same_notice(void *run UNUSED, const struct converge_notice *a,
    const struct converge_notice *b)
{
	return a->target == b->target && strcmp(a->action, b->action) == 0;
}

static int
fake_sending(
    void *run, const struct converge_notice *n, enum converge_sending how)
{
	if (how == SENDING_QUEUED_BEFORE)
		say(run, "dup:%s", ((struct row *)n->target)->name);
	return 0;
}

static int
fake_too_deep(void *run, const struct converge_step *s, unsigned depth UNUSED)
{
	return break_with(run, "ring", ((struct row *)s->resource)->name);
}

static void *
fake_take_failure(void *run)
{
	struct world *w = run;
	const char *text = w->failure;

	w->failure = NULL;
	if (w->leaving)
		return NULL;
	ASSERT(text != NULL);
	return (void *)(uintptr_t)text;
}

static void
fake_flushing(void *run)
{
	say(run, "flush");
}

static void
fake_raise(void *run, void *const *failures, size_t count, bool first_is_run)
{
	struct world *w = run;
	size_t i;

	w->failure = count == 1 ? failures[0] : "";
	for (i = 0; count > 1 && i < count; i++)
		w->failure = arena_printf(w->arena, "%s%s%s", w->failure,
		    i == 0 && first_is_run ? "run " : "",
		    (const char *)failures[i]);
}

static void
fake_hold(void *run UNUSED, void *handle UNUSED)
{
}

static const struct converge_ops fake_ops = {
	.count = fake_count,
	.at = fake_at,
	.stand_at = fake_stand_at,
	.next_index = fake_next_index,
	.resolve = fake_resolve,
	.actions = fake_actions,
	.action = fake_action,
	.is_updated = fake_is_updated,
	.patience = fake_patience,
	.action_started = fake_action_started,
	.prepare = fake_prepare,
	.guard = fake_guard,
	.skipped = fake_skipped,
	.perform = fake_perform,
	.failed = fake_failed,
	.blame = fake_blame,
	.pause = fake_pause,
	.completed = fake_completed,
	.notices = fake_notices,
	.notice = fake_notice,
	.same_notice = fake_same_notice,
	.sending = fake_sending,
	.too_deep = fake_too_deep,
	.take_failure = fake_take_failure,
	.flushing = fake_flushing,
	.raise = fake_raise,
	.hold = fake_hold,
};

static void
world_init(struct world *w)
{
	memset(w, 0, sizeof(*w));
	w->arena = arena_new();
	buf_init(&w->log, (size_t)1 << 16);
}

static void
world_release(struct world *w)
{
	arena_free(&w->arena);
	buf_release(&w->log);
}

#define WORLD __attribute__((cleanup(world_release))) struct world

static struct row *
add(struct world *w, const char *name, const char *action, bool changes)
{
	struct row *r = arena_new_of(w->arena, struct row);

	r->name = name;
	r->actions[0] = action;
	r->changes = changes;
	w->rows[w->count++] = r;
	return r;
}

static void
edge(struct row *from, struct row *to, const char *action,
    enum converge_cause when)
{
	from->edges[from->edge_count++] = (struct edge){ to, action, when };
}
