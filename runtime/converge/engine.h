/* SPDX-License-Identifier: MIT */
/*
 * The converge engine: which action of which resource runs when, and what
 * happens after it. It knows no Ruby: resources, actions, notifications and
 * failures are handles, everything about them is asked through one table of
 * functions, which the runtime fills with Ruby behind it and a unit test with
 * a few lines of C.
 *
 * Order (CORE-601 to 641). References of all resources are resolved. Then,
 * resource by resource in the live collection, each of its actions: guards,
 * the action, retries; if it changed something, its immediate notifications
 * run at once (recursively) and its delayed ones are queued, each target and
 * action once per converge. After the last resource the queue runs. When
 * something failed, the queue still runs, and all failures are raised at the
 * end. A resource inserted while the queue runs is run too.
 *
 * Handles given to `hold` stay alive until the converge ends; all others only
 * while they are on the engine's stack.
 */
#pragma once

#include "common/base.h"
#include "common/err.h"

enum converge_cause {
	CAUSE_LIST, /* its turn in the collection, or a direct call */
	CAUSE_IMMEDIATE,
	CAUSE_DELAYED,
};

/* One action of one resource. */
struct converge_step {
	void *resource;
	void *action;
	enum converge_cause cause;
	void *notifier; /* NULL when not notified */
};

struct converge_notice {
	void *target;
	void *action;
	void *notifier;
};

/* A list of the runtime and its length. */
struct converge_list {
	void *list;
	size_t count;
};

enum converge_result {
	RESULT_UPDATED,
	RESULT_UP_TO_DATE,
	RESULT_SKIPPED,
	RESULT_BYPASSED, /* why-run, and the provider cannot */
	RESULT_FAILED,
	RESULT_IGNORED, /* failed, ignore_failure */
};

/* The one record of an action. */
struct converge_record {
	enum converge_result result;
	size_t changes;
	unsigned attempts;
	int64_t elapsed_ms;
};

/* What a performed action says about itself. */
struct converge_outcome {
	enum converge_result result; /* UPDATED, UP_TO_DATE or BYPASSED */
	size_t changes;
};

struct converge_patience {
	bool ignore_failure;
	int64_t retries;  /* left */
	int64_t pause_ms; /* before the next attempt */
};

enum converge_failing {
	FAILING_IGNORED,
	FAILING_RETRIED,
	FAILING_FOR_GOOD,
};

enum converge_sending {
	SENDING_NOW,
	SENDING_DELAYED,
	SENDING_QUEUED_BEFORE,
};

/*
 * Functions return 0 or more, or a negative code; then `take_failure` must
 * have an answer: the failure's handle, or NULL when control is on its way to
 * a frame outside (throw, break): the engine then returns at once and calls
 * nothing more.
 */
struct converge_ops {
	/* the collection */
	size_t (*count)(void *run);
	void *(*at)(void *run, size_t index);
	/* The resource at index is about to run. */
	int (*stand_at)(void *run, size_t index);
	/* 1 and the next index, or 0 to stop. */
	int (*next_index)(void *run, size_t index, size_t *ret_index);

	/* one resource */
	int (*resolve)(void *run, void *resource);
	int (*actions)(void *run, void *resource, struct converge_list *ret);
	void *(*action)(void *run, void *list, size_t index);
	bool (*is_updated)(void *run, void *resource);
	/* What the resource says about failing, for this failure. */
	int (*patience)(void *run, void *resource, void *failure,
	    struct converge_patience *ret);

	/* one action */
	int (*action_started)(void *run, const struct converge_step *s);
	/* Says what comes, clears the flag of the last action. */
	int (*prepare)(void *run, const struct converge_step *s);
	/* 1: go; 0: blocked by *ret_guard. */
	int (*guard)(
	    void *run, const struct converge_step *s, void **ret_guard);
	int (*skipped)(void *run, const struct converge_step *s, void *guard);
	int (*perform)(void *run, const struct converge_step *s,
	    struct converge_outcome *ret);
	/* Tells the world; for FAILING_RETRIED also counts the retry. */
	int (*failed)(void *run, const struct converge_step *s, void *failure,
	    enum converge_failing how);
	/* The failure as it is raised: says which resource had it. */
	void *(*blame)(void *run, const struct converge_step *s, void *failure);
	int (*pause)(void *run, int64_t ms);
	int (*completed)(void *run, const struct converge_step *s,
	    const struct converge_record *record);

	/* notifications */
	int (*notices)(void *run, void *resource, enum converge_cause which,
	    struct converge_list *ret);
	int (*notice)(
	    void *run, void *list, size_t index, struct converge_notice *ret);
	bool (*same_notice)(void *run, const struct converge_notice *a,
	    const struct converge_notice *b);
	int (*sending)(void *run, const struct converge_notice *n,
	    enum converge_sending how);
	/* Makes a failure: immediate notifications go round in a ring. */
	int (*too_deep)(
	    void *run, const struct converge_step *s, unsigned depth);

	/* failures */
	void *(*take_failure)(void *run);
	/* The queue runs although the converge failed. */
	void (*flushing)(void *run);
	/* Makes the failures pending again as one; first_is_run: the first is
	 * of the converge itself, not of a delayed notification. */
	void (*raise)(
	    void *run, void *const *failures, size_t count, bool first_is_run);
	void (*hold)(void *run, void *handle);
};

/* The whole collection. 0, or ERR_RUBY with a pending failure. */
int converge_all(const struct converge_ops *ops, void *run) MUST_CHECK;
/* One action with guards and retries, without notifications (CORE-618). */
int converge_action(const struct converge_ops *ops, void *run,
    const struct converge_step *s) MUST_CHECK;
