/* SPDX-License-Identifier: MIT */
/*
 * Policies (RightLink 6, section 2.6): the runs of a policy share one record,
 * "Reconvergence Policy 'NAME'", made at the first use in the agent's life.
 * Successes are counted there, one line each audit period; a failure has its
 * own record as well and begins the count anew.
 */
#include <stdlib.h>

#include "common/auto.h"
#include "common/log.h"
#include "runner/supervisor_priv.h"
#include "wire/frames.h"

#define POLICIES_MAX 100
#define PERIOD_MS ((int64_t)24 * 3600 * 1000)

struct policy {
	struct policy *next;
	char *name;
	struct run *run;
	struct term term;
	struct options options;
	int64_t successes, since_ms; /* monotonic */
};

struct policies {
	struct policy *list;
	size_t len;
};

struct policies *
policies_new(void)
{
	return xcalloc(1, sizeof(struct policies));
}

static int
open_record(struct supervisor *s, struct policy *p, struct err *e)
{
	p->options =
	    (struct options){ .limit = -1, .timeout = -1, .quiet = true };
	term_init(&p->term, &p->options);
	AUTO_STR char *title = xasprintf("Reconvergence Policy '%s'", p->name);
	AUTO(jsn_free) struct jsn *names = jsn_new_array();
	jsn_push_str(names, title);
	struct run_start start = { .places = s->o.places,
		.term = &p->term,
		.kind = "schedule",
		.bundle_name = s->bundle != NULL ? s->bundle->name : "?",
		.bundle_version = s->bundle != NULL ? s->bundle->version : NULL,
		.bundle_dir = s->bundle_dir != NULL ? s->bundle_dir : "?",
		.executables = names,
		.upload = supervisor_has_router(s) && !s->o.no_upload };
	int rc = run_open(&start, &p->run, e);
	if (rc == 0 && start.upload)
		spool_began(s, run_id(p->run));
	return rc;
}

static struct policy *
get(struct supervisor *s, const char *name)
{
	struct policies *all = s->policies;
	for (struct policy *p = all->list; p != NULL; p = p->next) {
		if (text_eq(p->name, name))
			return p;
	}
	if (all->len == POLICIES_MAX)
		return NULL;
	struct policy *p = xcalloc(1, sizeof(*p));
	struct err e = { 0 };
	p->name = xstrdup(name);
	if (open_record(s, p, &e) < 0) {
		log_event(LOG_LEVEL_WARN, "policy_not_recorded",
		    LOG_STR("policy", name), LOG_STR("text", e.text));
		free(p->name);
		free(p);
		return NULL;
	}
	p->since_ms = clock_mono_ms();
	p->next = all->list;
	all->list = p;
	all->len++;
	return p;
}

static void
count_success(struct policy *p, int64_t period_ms)
{
	p->successes++;
	int64_t now = clock_mono_ms();
	if (now - p->since_ms < period_ms)
		return;
	struct jsn *event = wire_event_new("policy_succeeded");
	jsn_set_str(event, "policy", p->name);
	jsn_set_int(event, "runs", p->successes);
	jsn_set_int(event, "period_ms", now - p->since_ms);
	run_event(p->run, event);
	p->successes = 0;
	p->since_ms = now;
}

static void
tell_failure(struct policy *p, const struct queue_end *end)
{
	struct jsn *event = wire_event_new("policy_failed");
	jsn_set_str(event, "policy", p->name);
	jsn_set_str(event, "run_id", end->run_id != NULL ? end->run_id : "");
	jsn_set_str(
	    event, "text", end->reason != NULL ? end->reason : "failed");
	run_event(p->run, event);
	p->successes = 0;
	p->since_ms = clock_mono_ms();
}

void
policy_run_ended(struct supervisor *s, const struct queue_end *end)
{
	struct policy *p = end->policy != NULL ? get(s, end->policy) : NULL;
	if (p == NULL)
		return;
	int64_t period_ms =
	    end->audit_period_ms > 0 ? end->audit_period_ms : PERIOD_MS;
	if (end->state == DELIVERY_ok) {
		count_success(p, period_ms);
		spool_forget(s, end->run_id);
	} else {
		tell_failure(p, end);
	}
	spool_grew(s, run_id(p->run));
}

/* The record ends with the agent's life. */
void
policies_close(struct policies **at)
{
	if (at == NULL || *at == NULL)
		return;
	while ((*at)->list != NULL) {
		struct policy *p = (*at)->list;
		struct err e = { 0 };
		(*at)->list = p->next;
		if (run_finish(p->run, RUN_COMPLETED, NULL, 0, &e) < 0)
			log_event(LOG_LEVEL_WARN, "policy_not_recorded",
			    LOG_STR("policy", p->name),
			    LOG_STR("text", e.text));
		run_close(&p->run);
		free(p->name);
		free(p);
	}
	free(*at);
	*at = NULL;
}
