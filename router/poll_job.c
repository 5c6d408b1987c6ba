/* SPDX-License-Identifier: MIT */
/* From the JSON of a poll to a job of the store. */
#include "router/poll_job.h"

#include "common/log.h"

#define REPORTS_MAX 1000
#define REASON_MAX_BYTES 1024
#define VERSION_MAX_BYTES 64

static const char instance_states[] =
    "pending|booting|operational|stranded|decommissioning|decommissioned";

/* Text of others, cut to a length; never in the middle of a character. */
static const char *
cut(struct arena *a, const char *text, size_t max)
{
	if (text == NULL)
		return NULL;
	struct str s = str_from(text);
	if (s.len > max) {
		s.len = max;
		while (
		    s.len > 0 && ((unsigned char)s.data[s.len] & 0xc0) == 0x80)
			s.len--;
	}
	return arena_strndup(a, s.data, s.len);
}

static int
texts(struct arena *a, const struct jsn *body, const char *name,
    const char *const **ret, size_t *ret_len, struct err *e)
{
	const struct jsn *list = jsn_get(body, name);
	size_t len = jsn_len(list);
	if (len > REPORTS_MAX)
		return err_set(e, ERR_INVALID, "%s: more than %d at once", name,
		    REPORTS_MAX);
	const char **items = arena_array_of(a, const char *, len + 1);
	for (size_t i = 0; i < len; i++) {
		struct str s = jsn_str(jsn_at(list, i));
		items[i] = arena_strndup(a, s.data, s.len);
	}
	*ret = items;
	*ret_len = len;
	return 0;
}

static int
results(struct arena *a, const struct jsn *list, struct store_poll *j,
    struct err *e)
{
	size_t len = jsn_len(list);
	if (len > REPORTS_MAX)
		return err_set(e, ERR_INVALID, "results: more than %d at once",
		    REPORTS_MAX);
	struct store_result *items =
	    arena_array_of(a, struct store_result, len + 1);
	for (size_t i = 0; i < len; i++) {
		const struct jsn *r = jsn_at(list, i);
		int rc = delivery_state_find(
		    jsn_peek_str(r, "state", ""), &items[i].state, e);
		if (rc < 0)
			return rc;
		items[i].cid = arena_strdup(a, jsn_peek_str(r, "cid", ""));
		items[i].run_id =
		    cut(a, jsn_peek_str(r, "run_id", NULL), STORE_ID_BYTES - 1);
		items[i].reason =
		    cut(a, jsn_peek_str(r, "reason", NULL), REASON_MAX_BYTES);
		items[i].updated = jsn_peek_int(r, "updated", -1);
		items[i].elapsed_ms = jsn_peek_int(r, "elapsed_ms", -1);
		items[i].exit_status = jsn_peek_int(r, "exit_status", -1);
	}
	j->results = items;
	j->results_len = len;
	return 0;
}

static int
states(struct arena *a, const struct jsn *list, struct store_poll *j,
    struct err *e)
{
	size_t len = jsn_len(list);
	if (len > REPORTS_MAX)
		return err_set(e, ERR_INVALID, "states: more than %d at once",
		    REPORTS_MAX);
	struct store_started *items =
	    arena_array_of(a, struct store_started, len + 1);
	for (size_t i = 0; i < len; i++) {
		const struct jsn *s = jsn_at(list, i);
		items[i].cid = arena_strdup(a, jsn_peek_str(s, "cid", ""));
		items[i].run_id =
		    cut(a, jsn_peek_str(s, "run_id", NULL), STORE_ID_BYTES - 1);
	}
	j->states = items;
	j->states_len = len;
	return 0;
}

static int
fill(struct store_job *job, const struct jsn *body, struct err *e)
{
	struct store_poll *j = &job->poll;
	struct arena *a = job->a;
	const char *state = jsn_peek_str(body, "state", NULL);
	if (state != NULL && !wire_words_have(instance_states, str_from(state)))
		return err_set(e, ERR_INVALID, "state: must be one of %s",
		    instance_states);
	j->state = cut(a, state, VERSION_MAX_BYTES);
	j->version =
	    cut(a, jsn_peek_str(body, "version", NULL), VERSION_MAX_BYTES);
	int rc = results(a, jsn_get(body, "results"), j, e);
	if (rc >= 0)
		rc = states(a, jsn_get(body, "states"), j, e);
	if (rc >= 0)
		rc = texts(
		    a, body, "received", &j->received, &j->received_len, e);
	if (rc >= 0)
		rc = texts(a, body, "unknown", &j->unknown, &j->unknown_len, e);
	return rc;
}

int
poll_job_new(const struct poll *p, const struct jsn *body,
    struct store_job **ret_job, struct err *e)
{
	AUTO(store_job_free)
	struct store_job *job =
	    store_job_new(STORE_poll, p->thread, NULL, NULL);
	struct store_poll *j = &job->poll;
	j->id = arena_strdup(job->a, p->id);
	j->now = clock_now_ms();
	int rc = fill(job, body, e);
	if (rc < 0)
		return rc;
	if (j->state == NULL && j->version == NULL &&
	    j->results_len + j->states_len + j->received_len + j->unknown_len ==
		0)
		return 0;
	*ret_job = TAKE(job);
	return 0;
}

void
poll_job_offered(const struct poll *p, const char *const *cids, size_t len)
{
	struct store_job *job =
	    store_job_new(STORE_offered, p->thread, NULL, NULL);
	const char **copies = arena_array_of(job->a, const char *, len + 1);
	for (size_t i = 0; i < len; i++)
		copies[i] = arena_strdup(job->a, cids[i]);
	job->offered =
	    (struct store_offered){ .id = arena_strdup(job->a, p->id),
		    .cids = copies,
		    .cids_len = len,
		    .now = clock_now_ms() };
	store_submit(p->fabric->router->store, job);
}

void
poll_job_cloned(const struct poll *p)
{
	struct store_job *job =
	    store_job_new(STORE_instance_clone, p->thread, NULL, NULL);
	job->instance_clone =
	    (struct store_instance_clone){ .id = arena_strdup(job->a, p->id),
		    .now = clock_now_ms() };
	log_event(LOG_LEVEL_WARN, "instance_cloned", LOG_STR("id", p->id));
	store_submit(p->fabric->router->store, job);
}
