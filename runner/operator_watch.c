/* SPDX-License-Identifier: MIT */
/* Watching deliveries: asking for changes, telling ends. */
#include "runner/operator_watch_priv.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/auto.h"

#define WAIT_MS 25000
#define REST_MS 50 /* between two answers about one command */
#define REST_PER_NODE_US 200
#define STREAMS_MAX 64
#define TICK_MS 1000
#define ABSENT_MS 2000
#define STREAM_BEGIN_MS 30000
#define ANSWER_MAX_BYTES ((size_t)32 << 20)

static void command_ask(struct watched_command *c);
static void start_streams(struct watch *w);

static size_t
count_open(const struct watch *w)
{
	size_t n = 0;
	for (size_t i = 0; i < w->commands_len; i++)
		n += !w->commands[i]->done;
	return n;
}

void
watch_look_around(struct watch *w)
{
	bool over = count_open(w) == 0 && w->streams == 0;
	if (over)
		w->ended = true;
	if (over || w->rc < 0 || w->late || w->detached)
		loop_stop(w->op->loop);
}

static void
show_progress(struct watch *w)
{
	struct result_counts c;
	size_t len;
	const struct jsn *const *results = watch_results(w, &len);
	results_count(results, len, &c);
	size_t waiting = c.of[DELIVERY_queued] + c.of[DELIVERY_offered];
	size_t running = c.of[DELIVERY_running] + c.of[DELIVERY_granted];
	char elapsed[32];
	operator_duration(clock_mono_ms() - w->begun_ms, elapsed);
	size_t total = c.total > w->o.expected ? c.total : w->o.expected;
	AUTO_BUF struct buf line = BUF_INIT(1024);
	buf_printf(
	    &line, "%zu of %zu ended", c.total - waiting - running, total);
	if (running > 0)
		buf_printf(&line, ", %zu running", running);
	if (waiting > 0)
		buf_printf(&line, ", %zu waiting", waiting);
	term_progress(w->op->t, "%s  %s", buf_text(&line), elapsed);
}

/* Nobody reads any more: `| head` and the like. */
static void
check_reader(struct watch *w)
{
	if (term_is_broken() && !w->detached) {
		watch_name_commands(w);
		watch_detach(w, SIGPIPE);
	}
}

static void
tell_end(struct watch *w, struct watched_node *n)
{
	n->is_told = true;
	const struct term *t = w->op->t;
	if (t->output == TERM_JSONL) {
		term_json(t, n->delivery);
		return;
	}
	bool ok = result_exit(n->delivery) == EXIT_STATUS_OK;
	bool replaced =
	    text_eq(jsn_peek_str(n->delivery, "state", ""), "revoked");
	if (t->output != TERM_TEXT || replaced || (w->o.quiet && ok))
		return;
	AUTO_BUF struct buf line = BUF_INIT(65536);
	result_line(t, n->delivery, w->o.name_width, &line);
	term_data(t, (struct str){ line.data, line.len });
}

static bool
is_streamable(const struct watched_node *n)
{
	return !n->has_streamed && n->stream == NULL &&
	       jsn_peek_str(n->delivery, "run_id", NULL) != NULL;
}

/* The line of a node comes after its output. */
static void
tell_ends(struct watch *w)
{
	for (size_t i = 0; i < w->nodes_len; i++) {
		struct watched_node *n = w->nodes[i];
		if (n->is_told || result_is_open(n->delivery) ||
		    n->stream != NULL || (w->o.follow && is_streamable(n)))
			continue;
		tell_end(w, n);
	}
	check_reader(w);
}

static void
on_bytes(struct str bytes, void *arg)
{
	struct watched_node *n = arg;
	line_printer_add(&n->printer, bytes);
	check_reader(n->watch);
}

/* A log that cannot be read is no failure of the run. */
static void
on_stream_end(int rc, const struct err *e, void *arg)
{
	struct watched_node *n = arg;
	struct watch *w = n->watch;
	n->stream = NULL;
	line_printer_end(&n->printer);
	w->streams--;
	if (rc < 0)
		term_note(w->op->t, "output of '%s': %s", n->name, e->text);
	start_streams(w);
	tell_ends(w);
	watch_look_around(w);
}

static void
start_stream(struct watch *w, struct watched_node *n, size_t number)
{
	n->has_streamed = true;
	line_printer_init(&n->printer, w->op->t, w->o.prefixed ? n->name : "",
	    w->o.name_width, number);
	struct audit_stream_spec spec = {
		.aid = jsn_peek_str(n->delivery, "run_id", ""),
		.part = "text",
		.follow = true,
		.begin_ms = STREAM_BEGIN_MS,
		.on_bytes = on_bytes,
		.on_end = on_stream_end,
		.arg = n,
	};
	struct err e = { 0 };
	if (audit_stream_start(w->op->api, &spec, &n->stream, &e) < 0) {
		line_printer_end(&n->printer);
		term_note(w->op->t, "output of '%s': %s", n->name, e.text);
		return;
	}
	w->streams++;
}

static void
start_streams(struct watch *w)
{
	for (size_t i = 0; w->o.follow && i < w->nodes_len; i++) {
		if (w->streams >= STREAMS_MAX)
			return;
		if (is_streamable(w->nodes[i]))
			start_stream(w, w->nodes[i], i);
	}
}

/* Answers keep their order: the search begins where the last one ended. */
static struct watched_node *
find_node(const struct watch *w, const char *cid, const char *id, size_t *at)
{
	for (size_t i = 0; i < w->nodes_len; i++) {
		size_t k = (*at + i) % w->nodes_len;
		const struct jsn *d = w->nodes[k]->delivery;
		if (!text_eq(jsn_peek_str(d, "id", ""), id) ||
		    !text_eq(jsn_peek_str(d, "cid", ""), cid))
			continue;
		*at = k + 1;
		return w->nodes[k];
	}
	return NULL;
}

static void
take_delivery(
    struct watch *w, const char *cid, struct jsn *delivery, size_t *at)
{
	jsn_set_str(delivery, "cid", cid);
	struct watched_node *n =
	    find_node(w, cid, jsn_peek_str(delivery, "id", ""), at);
	if (n == NULL) {
		n = xcalloc(1, sizeof(*n));
		n->watch = w;
		n->name = xstrdup(jsn_peek_str(delivery, "name", "?"));
		w->nodes = xreallocarray(
		    w->nodes, w->nodes_len + 1, sizeof(*w->nodes));
		w->results = xreallocarray(
		    w->results, w->nodes_len + 1, sizeof(*w->results));
		n->number = w->nodes_len;
		w->nodes[w->nodes_len++] = n;
	}
	jsn_free(&n->delivery);
	n->delivery = jsn_ref(delivery);
	w->results[n->number] = n->delivery;
}

static void
on_rested(void *arg)
{
	struct watched_command *c = arg;
	loop_unwatch(&c->rest);
	command_ask(c);
}

static void
on_deliveries(
    int rc, const struct api_answer *a, const struct err *e, void *arg)
{
	struct watched_command *c = arg;
	struct watch *w = c->watch;
	c->call = NULL;
	if (rc < 0) {
		w->rc = rc;
		w->e = *e;
		watch_look_around(w);
		return;
	}
	const struct jsn *list = jsn_get(a->body, "deliveries");
	size_t at = 0;
	for (size_t i = 0; i < jsn_len(list); i++)
		take_delivery(w, c->cid, jsn_at(list, i), &at);
	c->rev = jsn_peek_int(a->body, "rev", c->rev);
	c->done = jsn_peek_bool(a->body, "done", false);
	start_streams(w);
	show_progress(w);
	tell_ends(w);
	if (!c->done)
		c->rest = loop_after(w->op->loop,
		    REST_MS + (int64_t)jsn_len(list) * REST_PER_NODE_US / 1000,
		    on_rested, c);
	watch_look_around(w);
}

static void
command_ask(struct watched_command *c)
{
	struct watch *w = c->watch;
	char after[24], wait[24];
	snprintf(after, sizeof(after), "%lld", (long long)c->rev);
	snprintf(wait, sizeof(wait), "%d", WAIT_MS);
	const char *query[] = { "limit", "10000", "after", after, "wait_ms",
		wait, NULL };
	/* At first nothing is known: no waiting. */
	if (c->rev < 0)
		query[2] = NULL;
	struct api_request q = {
		.route = API_delivery_list,
		.vars = { c->cid },
		.query = query,
		.wait_ms = WAIT_MS,
		.give_up_ms = -1,
		.max_bytes = ANSWER_MAX_BYTES,
		.done = on_deliveries,
		.arg = c,
	};
	w->rc = api_start(w->op->api, &q, &c->call, &w->e);
}

static void
on_look(void *arg)
{
	struct watch *w = arg;
	loop_unwatch(&w->look);
	size_t len;
	const struct jsn *const *results = watch_results(w, &len);
	absent_look(w->absent, results, len);
}

void
watch_add(struct watch *w, const char *cid)
{
	struct watched_command *c = xcalloc(1, sizeof(*c));
	c->watch = w;
	c->rev = -1;
	memcpy(c->cid, cid, sizeof(c->cid));
	w->commands = xreallocarray(
	    w->commands, w->commands_len + 1, sizeof(*w->commands));
	w->commands[w->commands_len++] = c;
	w->ended = false;
	loop_unwatch(&w->look);
	w->look = loop_after(w->op->loop, ABSENT_MS, on_look, w);
	command_ask(c);
}

static void
on_tick(void *arg)
{
	struct watch *w = arg;
	loop_unwatch(&w->tick);
	show_progress(w);
	w->tick = loop_after(w->op->loop, TICK_MS, on_tick, w);
}

static void
on_limit(void *arg)
{
	struct watch *w = arg;
	loop_unwatch(&w->limit);
	w->late = true;
	watch_look_around(w);
}

void
watch_detach(struct watch *w, int signal_number)
{
	w->detached = true;
	w->signal_number = signal_number;
	watch_look_around(w);
}

struct watch *
watch_new(struct operation *op, const struct watch_options *o)
{
	struct watch *w = xcalloc(1, sizeof(*w));
	w->op = op;
	w->o = *o;
	w->begun_ms = clock_mono_ms();
	w->absent = absent_new(op);
	w->on_int = loop_watch_signal(op->loop, SIGINT, watch_on_interrupt, w);
	w->on_term =
	    loop_watch_signal(op->loop, SIGTERM, watch_on_terminate, w);
	if (o->wait_limit_ms >= 0)
		w->limit = loop_after(op->loop, o->wait_limit_ms, on_limit, w);
	term_progress_begin(op->t);
	if (op->t->progress != NULL)
		w->tick = loop_after(op->loop, TICK_MS, on_tick, w);
	return w;
}

static void
node_free(struct watched_node *n)
{
	if (n->stream != NULL)
		line_printer_end(&n->printer);
	audit_stream_stop(&n->stream);
	jsn_free(&n->delivery);
	free(n->name);
	free(n);
}

void
watch_free(struct watch **at)
{
	if (at == NULL || *at == NULL)
		return;
	struct watch *w = *at;
	term_progress_end(w->op->t);
	loop_unwatch(&w->on_int);
	loop_unwatch(&w->on_term);
	loop_unwatch(&w->tick);
	loop_unwatch(&w->limit);
	loop_unwatch(&w->nap);
	loop_unwatch(&w->look);
	absent_free(&w->absent);
	for (size_t i = 0; i < w->commands_len; i++) {
		api_cancel(&w->commands[i]->call);
		api_cancel(&w->commands[i]->cancel);
		loop_unwatch(&w->commands[i]->rest);
		free(w->commands[i]);
	}
	for (size_t i = 0; i < w->nodes_len; i++)
		node_free(w->nodes[i]);
	free(w->commands);
	free(w->nodes);
	free(w->results);
	free(w);
	*at = NULL;
}

static enum watch_end
end_of(const struct watch *w)
{
	if (w->detached)
		return WATCH_DETACHED;
	return w->late ? WATCH_LATE : WATCH_ENDED;
}

int
watch_run(struct watch *w, enum watch_end *ret_end, struct err *e)
{
	while (!w->ended && !w->late && !w->detached && w->rc >= 0) {
		int rc = loop_run(w->op->loop, e);
		if (rc < 0)
			return rc;
	}
	if (w->rc < 0) {
		*e = w->e;
		return w->rc;
	}
	if (w->late)
		watch_name_commands(w);
	*ret_end = end_of(w);
	return 0;
}

static void
on_nap_over(void *arg)
{
	struct watch *w = arg;
	loop_unwatch(&w->nap);
	w->rested = true;
	loop_stop(w->op->loop);
}

int
watch_rest(struct watch *w, int64_t ms, enum watch_end *ret_end, struct err *e)
{
	w->rested = false;
	w->nap = loop_after(w->op->loop, ms, on_nap_over, w);
	while (!w->rested && !w->late && !w->detached) {
		int rc = loop_run(w->op->loop, e);
		if (rc < 0)
			return rc;
	}
	loop_unwatch(&w->nap);
	*ret_end = end_of(w);
	return 0;
}

const struct jsn *const *
watch_results(const struct watch *w, size_t *ret_len)
{
	*ret_len = w->nodes_len;
	return w->results;
}

bool
watch_was_cancelled(const struct watch *w)
{
	return w->cancelled;
}

int
watch_signal(const struct watch *w)
{
	return w->signal_number;
}
