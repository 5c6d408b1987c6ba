/* SPDX-License-Identifier: MIT */
/* Counting answers by route and status, and writing all numbers down. */
#include "router/metrics.h"

#include <stdatomic.h>

#include "common/auto.h"
#include "common/clock.h"
#include "router/events.h"
#include "router/fabric.h"
#include "router/httpd.h"
#include "router/router.h"
#include "router/store.h"

static const int statuses[] = {
#define STATUS(number_, reason_, code_) number_,
#include "router/tbl/statuses.h"
#undef STATUS
};

/* One thread writes, any thread reads. */
struct counters {
	_Atomic int64_t answers[API_ROUTES + 1][ARRAY_LEN(statuses)];
};

struct metrics {
	int threads;
	int64_t started_ms;
	struct counters *counters;
};

struct metrics *
metrics_new(int threads)
{
	struct metrics *m = xcalloc(1, sizeof(*m));
	m->threads = threads;
	m->started_ms = clock_now_ms();
	m->counters = xcalloc((size_t)threads, sizeof(*m->counters));
	return m;
}

void
metrics_free(struct metrics **m)
{
	if (m == NULL || *m == NULL)
		return;
	free((*m)->counters);
	free(*m);
	*m = NULL;
}

static size_t
slot_of(int status)
{
	for (size_t i = 0; i < ARRAY_LEN(statuses); i++) {
		if (statuses[i] == status)
			return i;
	}
	assert_fail("a status of router/tbl/statuses.h", __FILE__, __LINE__);
}

void
metrics_request(struct metrics *m, int thread, enum api_route route, int status)
{
	ASSERT(thread >= 0 && thread < m->threads);
	atomic_fetch_add_explicit(
	    &m->counters[thread].answers[route][slot_of(status)], 1,
	    memory_order_relaxed);
}

static int64_t
sum(const struct metrics *m, size_t route, size_t slot)
{
	int64_t n = 0;
	for (int i = 0; i < m->threads; i++)
		n += atomic_load_explicit(
		    &m->counters[i].answers[route][slot], memory_order_relaxed);
	return n;
}

int64_t
metrics_requests(const struct metrics *m, enum api_route route, int status)
{
	return sum(m, route, slot_of(status));
}

static void
head(struct buf *out, const char *name, const char *type, const char *help)
{
	buf_printf(out, "# HELP rightlink_%s %s\n# TYPE rightlink_%s %s\n",
	    name, help, name, type);
}

static void
one(struct buf *out, const char *name, const char *type, int64_t value,
    const char *help)
{
	head(out, name, type, help);
	buf_printf(out, "rightlink_%s %lld\n", name, (long long)value);
}

static void
format_answers(const struct metrics *m, struct buf *out)
{
	head(out, "http_requests_total", "counter",
	    "answers by route and status");
	for (size_t r = 0; r <= API_ROUTES; r++) {
		const char *name =
		    r < API_ROUTES ? wire_routes[r].name : "none";
		for (size_t s = 0; s < ARRAY_LEN(statuses); s++) {
			int64_t n = sum(m, r, s);
			if (n > 0)
				buf_printf(out,
				    "rightlink_http_requests_total{route=\"%s\""
				    ",status=\"%d\"} %lld\n",
				    name, statuses[s], (long long)n);
		}
	}
}

static void
format_server(const struct httpd *h, struct buf *out)
{
	struct httpd_counts n;
	httpd_count(h, &n);
	one(out, "connections", "gauge", n.connections, "open connections");
	one(out, "connections_max", "gauge", n.max_connections,
	    "connections beyond this are answered 503");
	one(out, "requests_open", "gauge", n.exchanges,
	    "requests that are not answered yet");
	one(out, "polls_parked", "gauge", n.parked,
	    "requests that wait for news");
}

static void
format_router(struct router *r, struct buf *out)
{
	struct tls_look look;
	struct err e = { 0 };
	one(out, "instances_online", "gauge", fabric_online_count(r->fabric),
	    "instances that their polls prove to be here");
	one(out, "event_listeners", "gauge", events_listeners(r->events),
	    "who reads the event stream");
	one(out, "trust_version", "gauge", router_trust(r)->version,
	    "of the trust bundle");
	one(out, "start_time_seconds", "gauge", r->metrics->started_ms / 1000,
	    "when the router began");
	if (tls_look(
		r->data_fd, ROUTER_TLS_DIR "/" TLS_SERVER_FILE, &look, &e) == 0)
		one(out, "certificate_end_seconds", "gauge",
		    look.not_after / 1000, "when the certificate ends");
}

static void
format_store(const struct store_stats *s, struct buf *out)
{
	one(out, "instances", "gauge", s->instances, "enrolled instances");
	one(out, "commands_open", "gauge", s->commands_open,
	    "commands that are not done");
	one(out, "commands_unbound", "gauge", s->unbound,
	    "commands that wait for an instance to match");
	one(out, "deliveries_open", "gauge", s->deliveries_open,
	    "deliveries that are not terminal");
	one(out, "audits", "gauge", s->audits, "records of runs");
	one(out, "store_core_bytes", "gauge", s->core_bytes, "size of core.db");
	one(out, "store_audit_bytes", "gauge", s->audit_bytes,
	    "size of audit.db");
	one(out, "store_free_bytes", "gauge", s->free_bytes,
	    "free space below the store");
	one(out, "store_jobs_waiting", "gauge", s->queued,
	    "changes that wait for a commit");
	one(out, "store_jobs_total", "counter", s->jobs, "changes");
}

/* Buckets of Prometheus hold what is at most their bound. scale: what one of
 * the unit is in the bounds. */
static void
format_buckets(struct buf *out, const char *name, const int64_t *counts,
    const int64_t *bounds, size_t len, double scale)
{
	int64_t n = 0;
	for (size_t i = 0; i < len; i++) {
		n += counts[i];
		buf_printf(out, "rightlink_%s_bucket{le=\"", name);
		if (i + 1 < len)
			buf_printf(out, "%g", (double)bounds[i] / scale);
		else
			buf_add_str(out, "+Inf");
		buf_printf(out, "\"} %lld\n", (long long)n);
	}
	buf_printf(out, "rightlink_%s_count %lld\n", name, (long long)n);
}

static void
format_commits(const struct store_stats *s, struct buf *out)
{
	head(out, "store_commit_seconds", "histogram",
	    "time of commits, from their first change to the disk's word");
	format_buckets(out, "store_commit_seconds", s->by_time,
	    store_time_bounds_us, STORE_TIME_BUCKETS, 1e6);
	buf_printf(out, "rightlink_store_commit_seconds_sum %.6f\n",
	    (double)s->commit_us_sum / 1e6);
	head(out, "store_group_size", "histogram", "changes in one commit");
	format_buckets(out, "store_group_size", s->by_group, store_group_bounds,
	    STORE_GROUP_BUCKETS, 1);
	buf_printf(
	    out, "rightlink_store_group_size_sum %lld\n", (long long)s->jobs);
}

static void
format_deliveries(const struct store_stats *s, struct buf *out)
{
	head(out, "deliveries_ended_total", "counter",
	    "deliveries by their terminal state");
	for (int i = 0; i < (int)ARRAY_LEN(s->ended); i++) {
		enum delivery_state state = (enum delivery_state)i;
		if (s->ended[i] > 0)
			buf_printf(out,
			    "rightlink_deliveries_ended_total{state=\"%s\"} "
			    "%lld\n",
			    delivery_state_name(state), (long long)s->ended[i]);
	}
}

void
metrics_format(struct router *r, int thread, struct buf *out)
{
	struct store_stats s;
	struct err e = { 0 };
	format_server(r->httpd, out);
	format_router(r, out);
	format_answers(r->metrics, out);
	if (store_stats(r->store, thread, &s, &e) < 0)
		return;
	format_store(&s, out);
	format_commits(&s, out);
	format_deliveries(&s, out);
}
