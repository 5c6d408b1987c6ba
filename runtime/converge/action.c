/* SPDX-License-Identifier: MIT */
/*
 * One action: started, guards, the action itself with its retries, one
 * record, completed (CORE-602, 605). `completed` follows `started` whatever
 * happens, except when control leaves for a frame outside.
 */
#include "common/clock.h"
#include "runtime/converge/engine.h"

enum attempt {
	ATTEMPT_LEFT = -2, /* control is leaving: touch nothing */
	ATTEMPT_FAILED = -1,
	ATTEMPT_DONE = 0,
};

struct progress {
	const struct converge_ops *ops;
	void *run;
	const struct converge_step *step;
	struct converge_record record;
	void *failure; /* of ATTEMPT_FAILED */
};

static enum attempt
take(struct progress *p)
{
	p->failure = p->ops->take_failure(p->run);
	return p->failure != NULL ? ATTEMPT_FAILED : ATTEMPT_LEFT;
}

static enum attempt
try_once(struct progress *p)
{
	const struct converge_ops *ops = p->ops;
	struct converge_outcome out = { RESULT_UP_TO_DATE, 0 };
	void *guard = NULL;
	int go;

	p->record.attempts++;
	go = ops->guard(p->run, p->step, &guard);
	if (go < 0)
		return take(p);
	if (go == 0) {
		p->record.result = RESULT_SKIPPED;
		return ops->skipped(p->run, p->step, guard) < 0 ? take(p)
								: ATTEMPT_DONE;
	}
	if (ops->perform(p->run, p->step, &out) < 0)
		return take(p);
	p->record.result = out.result;
	p->record.changes = out.changes;
	return ATTEMPT_DONE;
}

/* After a failed attempt: 1 to try again; else *ret_end. */
static int
wants_again(struct progress *p, enum attempt *ret_end)
{
	const struct converge_ops *ops = p->ops;
	struct converge_patience patience = { 0 };
	enum converge_failing how = FAILING_FOR_GOOD;

	if (ops->patience(p->run, p->step->resource, p->failure, &patience) <
	    0) {
		*ret_end = take(p);
		return 0;
	}
	if (patience.ignore_failure)
		how = FAILING_IGNORED;
	else if (patience.retries > 0)
		how = FAILING_RETRIED;
	if (ops->failed(p->run, p->step, p->failure, how) < 0) {
		*ret_end = take(p);
		return 0;
	}
	p->record.result =
	    how == FAILING_IGNORED ? RESULT_IGNORED : RESULT_FAILED;
	*ret_end = how == FAILING_IGNORED ? ATTEMPT_DONE : ATTEMPT_FAILED;
	if (how == FAILING_FOR_GOOD)
		p->failure = ops->blame(p->run, p->step, p->failure);
	if (how != FAILING_RETRIED)
		return 0;
	if (ops->pause(p->run, patience.pause_ms) < 0) {
		*ret_end = take(p);
		return 0;
	}
	return 1;
}

static enum attempt
try_all(struct progress *p)
{
	enum attempt end;

	do {
		end = try_once(p);
		if (end != ATTEMPT_FAILED)
			return end;
		p->record.result = RESULT_FAILED;
	} while (wants_again(p, &end));
	return end;
}

int
converge_action(
    const struct converge_ops *ops, void *run, const struct converge_step *s)
{
	struct progress p = { .ops = ops, .run = run, .step = s };
	int64_t start = clock_mono_ms();
	enum attempt end;

	if (ops->action_started(run, s) < 0 ||
	    ops->resolve(run, s->resource) < 0 || ops->prepare(run, s) < 0)
		end = take(&p);
	else
		end = try_all(&p);
	if (end == ATTEMPT_LEFT)
		return ERR_RUBY;
	if (end == ATTEMPT_FAILED)
		p.record.result = RESULT_FAILED;
	p.record.elapsed_ms = clock_mono_ms() - start;
	if (ops->completed(run, s, &p.record) < 0)
		return ERR_RUBY;
	if (end == ATTEMPT_DONE)
		return 0;
	ops->raise(run, &p.failure, 1, true);
	return ERR_RUBY;
}
