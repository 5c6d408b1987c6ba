/* SPDX-License-Identifier: MIT */
/*
 * `rightlink run` on nodes: resolve, show, ask, sign, submit batch by batch,
 * watch, sum up. shutdown and decommission of nodes go the same way.
 */
#include "runner/operator_run.h"

#include <stdlib.h>
#include <string.h>

#include "common/auto.h"
#include "common/sign.h"
#include "runner/json_option.h"
#include "runner/operator_batch.h"
#include "runner/operator_outputs.h"
#include "runner/operator_submit.h"
#include "runner/operator_target.h"
#include "runner/operator_watch.h"

struct fleet_run {
	struct operation *op;
	struct command command; /* without targets and times */
	const char *what;       /* "recipe[x]" for people */
	struct target target;
	struct batch_spec batches;
	struct amount max_fail;
	struct sign_key *key;
	struct jsn *attributes, *parameters;
	struct watch *watch;
	struct jsn *cids; /* array */
	size_t sent;      /* nodes that were asked */
	enum watch_end end;
};

static void
fleet_run_release(struct fleet_run *r)
{
	watch_free(&r->watch);
	sign_key_free(&r->key);
	jsn_free(&r->attributes);
	jsn_free(&r->parameters);
	jsn_free(&r->cids);
}

/* "script[x]", "recipe[x]", or the name of a recipe. */
static int
read_executable(struct fleet_run *r, const char *text, struct err *e)
{
	static const struct {
		const char *begin;
		enum command_kind kind;
	} forms[] = {
		{ "recipe[", COMMAND_RUN_RECIPE },
		{ "script[", COMMAND_RUN_SCRIPT },
		{ "right_script[", COMMAND_RUN_SCRIPT },
	};
	struct command *c = &r->command;
	struct arena *a = r->op->arena;
	c->kind = COMMAND_RUN_RECIPE;
	c->name = text;
	for (size_t i = 0; i < ARRAY_LEN(forms); i++) {
		size_t len = strlen(forms[i].begin);
		if (!text_has_prefix(text, forms[i].begin))
			continue;
		if (!text_has_suffix(text, "]"))
			return err_set(e, ERR_UNSUPPORTED,
			    "run: '%.100s' has no ']'", text);
		c->kind = forms[i].kind;
		c->name = arena_strndup(a, text + len, strlen(text) - len - 1);
	}
	r->what =
	    arena_printf(a, "%s[%s]", command_kind_name(c->kind), c->name);
	return 0;
}

/* What the options say of the command itself. */
static int
read_options(struct fleet_run *r, struct err *e)
{
	const struct options *o = r->op->o;
	struct command *c = &r->command;
	int rc = batch_parse(o->batch, &r->batches, e);
	if (rc == 0)
		rc = max_fail_parse(o->max_fail, &r->max_fail, e);
	if (rc == 0 && r->batches.len > 0 && o->no_wait)
		rc = err_set(e, ERR_INVALID,
		    "--batch must wait for each batch: not with --no-wait");
	if (rc == 0 && r->batches.len > 0 && o->any)
		rc = err_set(
		    e, ERR_INVALID, "--any is one node: not with --batch");
	if (rc == 0 && o->parameters.len > 0 && c->kind != COMMAND_RUN_SCRIPT)
		rc = err_set(e, ERR_INVALID,
		    "--param is for scripts; a recipe takes --json");
	if (rc < 0)
		return err_set(e, ERR_UNSUPPORTED, "run: %s",
		    arena_strdup(r->op->arena, e->text));
	c->thread = o->thread;
	c->why_run = o->why_run;
	c->rerun = o->rerun;
	c->any = o->any;
	c->timeout_ms = o->timeout > 0 ? o->timeout * 1000 : 0;
	return 0;
}

static int
submit_ids(struct fleet_run *r, size_t from, size_t len, struct err *e)
{
	struct operation *op = r->op;
	struct command c = r->command;
	c.ids = arena_array_of(op->arena, const char *, len);
	c.ids_len = len;
	for (size_t i = 0; i < len; i++)
		c.ids[i] = r->target.nodes[from + i].id;
	char cid[ULID_TEXT_BYTES];
	AUTO(jsn_free) struct jsn *reply = NULL;
	int rc = command_submit(op, r->key, &c, cid, &reply, e);
	if (rc < 0)
		return rc;
	jsn_push_str(r->cids, cid);
	r->sent += len;
	if (r->watch != NULL)
		watch_add(r->watch, cid);
	return 0;
}

/* Any of those that carry the tags: the router may choose again, also among
 * nodes that come later. */
static int
submit_any(struct fleet_run *r, struct err *e)
{
	struct operation *op = r->op;
	const struct options *o = op->o;
	if (o->tags.len == 0 || o->ids.len > 0)
		return submit_ids(r, 0, r->target.len, e);
	struct command c = r->command;
	AUTO(jsn_free) struct jsn *tags = jsn_new_array();
	for (size_t i = 0; i < o->tags.len; i++)
		jsn_push_str(tags, o->tags.list[i]);
	c.tags = tags;
	c.match =
	    text_eq(o->match_nodes, "any") ? TAG_MATCH_ANY : TAG_MATCH_ALL;
	c.scope = o->deployment;
	c.online_only = o->online_only;
	char cid[ULID_TEXT_BYTES];
	AUTO(jsn_free) struct jsn *reply = NULL;
	int rc = command_submit(op, r->key, &c, cid, &reply, e);
	if (rc < 0)
		return rc;
	jsn_push_str(r->cids, cid);
	r->sent = r->target.len;
	if (r->watch != NULL)
		watch_add(r->watch, cid);
	return 0;
}

/* One batch, as several commands when it is very large. */
static int
submit_batch(struct fleet_run *r, size_t from, size_t len, struct err *e)
{
	if (r->command.any)
		return submit_any(r, e);
	int rc = 0;
	while (len > 0 && rc == 0) {
		size_t n = len < SUBMIT_IDS_MAX ? len : SUBMIT_IDS_MAX;
		rc = submit_ids(r, from, n, e);
		from += n;
		len -= n;
	}
	return rc;
}

static size_t
count_failures(const struct fleet_run *r)
{
	size_t len, failures = 0;
	const struct jsn *const *results = watch_results(r->watch, &len);
	for (size_t i = 0; i < len; i++)
		failures += result_exit(results[i]) != EXIT_STATUS_OK;
	return failures;
}

/* After a batch: may the next one begin? Rests before it. */
static bool
may_go_on(struct fleet_run *r, size_t number, int *rc, struct err *e)
{
	struct operation *op = r->op;
	size_t failures = count_failures(r);
	if (r->end != WATCH_ENDED || watch_was_cancelled(r->watch))
		return false;
	if (max_fail_passed(&r->max_fail, r->target.len, failures)) {
		term_note(op->t,
		    "%zu failure%s after batch %zu: %zu node%s not asked any "
		    "more (see --max-fail)",
		    failures, failures == 1 ? "" : "s", number,
		    r->target.len - r->sent,
		    r->target.len - r->sent == 1 ? " is" : "s are");
		return false;
	}
	if (op->o->batch_sleep > 0)
		*rc =
		    watch_rest(r->watch, op->o->batch_sleep * 1000, &r->end, e);
	return *rc >= 0 && r->end == WATCH_ENDED;
}

static int
run_batches(struct fleet_run *r, struct err *e)
{
	size_t number = 0;
	int rc = 0;
	while (rc >= 0 && r->sent < r->target.len) {
		size_t left = r->target.len - r->sent;
		size_t size =
		    batch_size(&r->batches, number, r->target.len, left);
		if (r->batches.len > 0 && !r->op->o->quiet)
			term_note(r->op->t, "batch %zu: %zu node%s", number + 1,
			    size, size == 1 ? "" : "s");
		rc = submit_batch(r, r->sent, size, e);
		if (rc == 0 && r->watch != NULL)
			rc = watch_run(r->watch, &r->end, e);
		number++;
		if (rc < 0 || r->watch == NULL || r->sent == r->target.len)
			continue;
		if (!may_go_on(r, number, &rc, e))
			break;
	}
	return rc;
}

static int
exit_of(const struct fleet_run *r)
{
	size_t len;
	const struct jsn *const *results = watch_results(r->watch, &len);
	if (r->end == WATCH_DETACHED)
		return 128 + watch_signal(r->watch);
	enum exit_status status =
	    results_exit(results, len, watch_was_cancelled(r->watch));
	if (r->end == WATCH_LATE && status != EXIT_STATUS_FAILED)
		return EXIT_STATUS_TIMED_OUT;
	/* Nodes of batches that never began did not get it. */
	if (status == EXIT_STATUS_OK && r->sent < r->target.len)
		return EXIT_STATUS_UNDELIVERED;
	return (int)status;
}

static void
print_json(const struct fleet_run *r, int exit_status)
{
	size_t len;
	const struct jsn *const *results = watch_results(r->watch, &len);
	bool lines = r->op->t->output == TERM_JSONL;
	AUTO(jsn_free) struct jsn *v = jsn_new_object();
	struct jsn *nodes = jsn_new_array();
	for (size_t i = 0; i < len; i++)
		jsn_push(nodes, jsn_ref((struct jsn *)(uintptr_t)results[i]));
	jsn_set_str(v, "what", r->what);
	jsn_set(v, "commands", jsn_ref(r->cids));
	jsn_set_int(v, "matched", (int64_t)r->target.len);
	jsn_set_int(v, "asked", (int64_t)r->sent);
	jsn_set_int(v, "exit", exit_status);
	/* As lines the nodes have been printed. */
	if (!lines)
		jsn_set(v, "nodes", jsn_ref(nodes));
	jsn_free(&nodes);
	term_json(r->op->t, v);
}

static int
sum_up(struct fleet_run *r, struct err *e)
{
	struct operation *op = r->op;
	size_t len;
	const struct jsn *const *results = watch_results(r->watch, &len);
	int exit_status = exit_of(r);
	term_progress_end(op->t);
	if (op->t->output != TERM_TEXT) {
		print_json(r, exit_status);
		return exit_status;
	}
	const char *display = op->o->display;
	if (display == NULL)
		display = op->o->follow || op->o->quiet ? "none" : "all";
	int rc = 0;
	if (!text_eq(display, "none") && r->end != WATCH_DETACHED)
		rc = outputs_print(
		    op, results, len, text_eq(display, "failed"), e);
	struct result_counts counts;
	results_count(results, len, &counts);
	AUTO_BUF struct buf text = BUF_INIT(4096);
	result_counts_format(&counts, &text);
	term_note(op->t, "%s", buf_text(&text));
	return rc < 0 ? rc : exit_status;
}

static int
print_cids(const struct fleet_run *r)
{
	const struct term *t = r->op->t;
	if (t->output != TERM_TEXT) {
		AUTO(jsn_free) struct jsn *v = jsn_new_object();
		jsn_set(v, "commands", jsn_ref(r->cids));
		jsn_set_int(v, "matched", (int64_t)r->target.len);
		term_json(t, v);
		return EXIT_STATUS_OK;
	}
	for (size_t i = 0; i < jsn_len(r->cids); i++) {
		struct str cid = jsn_str(jsn_at(r->cids, i));
		AUTO_STR char *line = xasprintf("%.*s\n", STR_ARG(cid));
		term_data(t, str_from(line));
	}
	return EXIT_STATUS_OK;
}

static int
nobody(const struct fleet_run *r)
{
	struct operation *op = r->op;
	int status = op->o->allow_empty ? EXIT_STATUS_OK : EXIT_STATUS_NO_MATCH;
	struct err e = { 0 };
	(void)err_set(&e, ERR_ABSENT, "%s: no node matches", r->what);
	if (status != EXIT_STATUS_OK)
		term_error_hint(op->t, &e,
		    "'rightlink nodes' lists them with their tags", status);
	else
		term_note(op->t, "%s", e.text);
	return status;
}

static void
start_watch(struct fleet_run *r)
{
	const struct options *o = r->op->o;
	struct watch_options w = {
		.name_width = r->target.name_width,
		.expected = r->command.any ? 1 : r->target.len,
		.follow = o->follow && r->op->t->output == TERM_TEXT,
		.prefixed = r->target.len > 1,
		.quiet = o->quiet,
		.wait_limit_ms = o->wait_limit >= 0 ? o->wait_limit * 1000 : -1,
	};
	if (!o->no_wait)
		r->watch = watch_new(r->op, &w);
}

/* With the command and its name set: everything after. */
static int
perform(struct fleet_run *r, struct err *e)
{
	struct operation *op = r->op;
	int rc = operator_key(op, &r->key, e);
	if (rc < 0) {
		term_error(op->t, e, EXIT_STATUS_CONFIG);
		return EXIT_STATUS_CONFIG;
	}
	rc = target_resolve(op, &r->target, e);
	if (rc < 0)
		return rc;
	if (r->target.len == 0)
		return nobody(r);
	if (!target_confirm(op, &r->target, r->what)) {
		term_note(op->t, "nothing was done");
		return EXIT_STATUS_CANCELLED;
	}
	start_watch(r);
	rc = run_batches(r, e);
	if (rc < 0)
		return rc;
	return r->watch != NULL ? sum_up(r, e) : print_cids(r);
}

static int
run_action(struct operation *op, struct err *e)
{
	const struct option_list *args = &op->o->args;
	AUTO(fleet_run_release)
	struct fleet_run r = { .op = op, .cids = jsn_new_array() };
	if (args->len != 1)
		return err_set(e, ERR_UNSUPPORTED,
		    "run on nodes takes one recipe or script, not %zu",
		    args->len);
	int rc = read_executable(&r, args->list[0], e);
	if (rc == 0)
		rc = read_options(&r, e);
	if (rc < 0)
		return rc;
	if (json_option_load(op->o->json, &r.attributes, e) < 0 ||
	    parameters_parse(&op->o->parameters, &r.parameters, e) < 0) {
		term_error(op->t, e, EXIT_STATUS_CONFIG);
		return EXIT_STATUS_CONFIG;
	}
	r.command.attributes = r.attributes;
	r.command.parameters = r.parameters;
	return perform(&r, e);
}

int
operator_run(const struct options *o, struct term *t)
{
	return operator_do(o, t, run_action);
}

int
operator_send(struct operation *op, const struct command *command,
    const char *what, struct err *e)
{
	AUTO(fleet_run_release)
	struct fleet_run r = { .op = op,
		.cids = jsn_new_array(),
		.command = *command,
		.what = what };
	return perform(&r, e);
}
