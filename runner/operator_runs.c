/* SPDX-License-Identifier: MIT */
/* `rightlink runs` of the fleet: runs, commands, and one of either. */
#include <stdio.h>

#include "common/auto.h"
#include "common/clock.h"
#include "runner/operator_audits.h"
#include "runner/operator_results.h"

#define LIMIT_USUAL 50

struct listing {
	struct table *table;
	struct jsn *all;
	void (*row)(const struct operation *op, struct table *t,
	    const struct jsn *item);
};

static int
take_item(struct operation *op, struct jsn *item, void *arg, struct err *e)
{
	(void)e;
	struct listing *l = arg;
	if (op->t->output == TERM_TEXT)
		l->row(op, l->table, item);
	else if (op->t->output == TERM_JSONL)
		term_json(op->t, item);
	else
		jsn_push(l->all, jsn_ref(item));
	return 0;
}

static int
list_items(struct operation *op, enum api_route route, const char *const *query,
    const char *key, struct listing *l, const char *heads, struct err *e)
{
	AUTO(table_free) struct table *table = table_new(heads);
	AUTO(jsn_free) struct jsn *all = jsn_new_array();
	l->table = table;
	l->all = all;
	size_t limit = op->o->limit >= 0 ? (size_t)op->o->limit : LIMIT_USUAL;
	if (limit == 0)
		return EXIT_STATUS_OK;
	int rc =
	    operator_each(op, route, NULL, query, key, limit, take_item, l, e);
	if (rc < 0)
		return rc;
	table_print(table, op->t);
	if (op->t->output == TERM_JSON)
		term_json(op->t, all);
	return EXIT_STATUS_OK;
}

static void
when(int64_t ms, char out[CLOCK_TEXT_BYTES])
{
	clock_format(ms, out);
	out[10] = ' ';
	out[19] = '\0';
}

static void
audit_row(const struct operation *op, struct table *t, const struct jsn *audit)
{
	char at[CLOCK_TEXT_BYTES], took[32] = "";
	int64_t begun = jsn_peek_int(audit, "started_at", 0);
	int64_t ended = jsn_peek_int(audit, "ended_at", 0);
	when(begun, at);
	operator_duration(
	    (ended > 0 ? ended : clock_now_ms() + api_client_skew_ms(op->api)) -
		begun,
	    took);
	const char *status = jsn_peek_str(audit, "status", "?");
	int64_t updated = jsn_peek_int(audit, "updated", -1);
	table_row(t);
	table_cell(t, TERM_PLAIN, "%s", jsn_peek_str(audit, "aid", "?"));
	table_cell(t, TERM_PLAIN, "%s", jsn_peek_str(audit, "name", "?"));
	table_cell(t, TERM_PLAIN, "%s", at);
	table_cell(t, run_status_style(status), "%s", status);
	table_cell(t, TERM_PLAIN, "%s", took);
	if (updated >= 0)
		table_cell(t, updated > 0 ? TERM_CHANGE : TERM_PLAIN, "%d",
		    (int)updated);
	else
		table_cell(t, TERM_PLAIN, "-");
	table_cell(t, TERM_PLAIN, "%s", jsn_peek_str(audit, "kind", "?"));
	table_cell(t, TERM_PLAIN, "%s", jsn_peek_str(audit, "summary", ""));
}

static int
do_list(struct operation *op, struct err *e)
{
	const char *node = NULL, *query[7] = { NULL };
	int rc = operator_node_option(op, &node, e);
	if (rc < 0)
		return rc;
	size_t n = 0;
	if (node != NULL) {
		query[n++] = "id";
		query[n++] = node;
	}
	if (op->o->status != NULL) {
		query[n++] = "status";
		query[n++] = op->o->status;
	}
	struct listing l = { .row = audit_row };
	return list_items(op, API_audit_list, query, "audits", &l,
	    "RUN|NODE|STARTED|STATUS|>TOOK|>CHANGED|KIND|WHAT", e);
}

static void
add_count(const struct jsn *counts, enum delivery_state state, struct buf *out)
{
	const char *name = delivery_state_name(state);
	int64_t n = jsn_peek_int(counts, name, 0);
	if (n > 0)
		buf_printf(
		    out, "%s%d %s", out->len > 0 ? ", " : "", (int)n, name);
}

/* "3 ok, 1 failed" in the order of the table. */
static void
add_counts(const struct jsn *counts, struct buf *out)
{
#define DELIVERY(name_, number_, end_, prose_)                                 \
	add_count(counts, DELIVERY_##name_, out);
#include "wire/tbl/deliveries.h"
#undef DELIVERY
}

static void
command_row(
    const struct operation *op, struct table *t, const struct jsn *command)
{
	(void)op;
	char at[CLOCK_TEXT_BYTES];
	when(jsn_peek_int(command, "created", 0), at);
	AUTO_BUF struct buf counts = BUF_INIT(4096);
	add_counts(jsn_get(command, "counts"), &counts);
	table_row(t);
	table_cell(t, TERM_PLAIN, "%s", jsn_peek_str(command, "cid", "?"));
	table_cell(t, TERM_PLAIN, "%s", at);
	table_cell(t, TERM_PLAIN, "%s", jsn_peek_str(command, "kind", "?"));
	table_cell(t, TERM_PLAIN, "%s", jsn_peek_str(command, "name", "-"));
	table_cell(
	    t, TERM_PLAIN, "%d", (int)jsn_peek_int(command, "matched", 0));
	table_cell(t,
	    jsn_peek_bool(command, "done", false) ? TERM_PLAIN : TERM_WARN,
	    "%s", buf_text(&counts));
}

static int
do_commands(struct operation *op, struct err *e)
{
	struct listing l = { .row = command_row };
	return list_items(op, API_command_list, NULL, "commands", &l,
	    "COMMAND|ACCEPTED|KIND|NAME|>NODES|STATES", e);
}

static int
keep_delivery(struct operation *op, struct jsn *item, void *arg, struct err *e)
{
	(void)op;
	(void)e;
	jsn_push(arg, jsn_ref(item));
	return 0;
}

static void
print_command(const struct operation *op, const struct jsn *command,
    const struct jsn *deliveries)
{
	AUTO(table_free)
	struct table *head =
	    table_new("COMMAND|ACCEPTED|KIND|NAME|>NODES|STATES");
	command_row(op, head, command);
	table_print(head, op->t);
	if (jsn_len(deliveries) == 0)
		return;
	term_data(op->t, STR("\n"));
	AUTO(table_free)
	struct table *t = table_new("NODE|STATE|>TOOK|>CHANGED|RUN|REASON");
	for (size_t i = 0; i < jsn_len(deliveries); i++)
		results_table_row(t, jsn_at(deliveries, i));
	table_print(t, op->t);
}

static int
show_command(struct operation *op, struct jsn *command, struct err *e)
{
	AUTO(jsn_free) struct jsn *deliveries = jsn_new_array();
	int rc = operator_each(op, API_delivery_list,
	    jsn_peek_str(command, "cid", ""), NULL, "deliveries", 0,
	    keep_delivery, deliveries, e);
	if (rc < 0)
		return rc;
	if (op->t->output == TERM_TEXT) {
		print_command(op, command, deliveries);
		return EXIT_STATUS_OK;
	}
	jsn_set(command, "deliveries", TAKE(deliveries));
	term_json(op->t, command);
	return EXIT_STATUS_OK;
}

static void
print_audit(const struct operation *op, const struct jsn *a)
{
	AUTO_BUF struct buf out = BUF_INIT(65536);
	static const char *const keys[] = { "aid", "name", "kind", "summary",
		"status", "reason", "cid" };
	for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
		const char *value = jsn_peek_str(a, keys[i], NULL);
		if (value != NULL)
			buf_printf(&out, "%-9s %s\n",
			    i == 0   ? "run"
			    : i == 1 ? "node"
			    : i == 6 ? "command"
				     : keys[i],
			    value);
	}
	char at[CLOCK_TEXT_BYTES];
	int64_t begun = jsn_peek_int(a, "started_at", 0);
	int64_t ended = jsn_peek_int(a, "ended_at", 0);
	when(begun, at);
	buf_printf(&out, "%-9s %s\n", "started", at);
	if (ended > 0) {
		char took[32];
		operator_duration(ended - begun, took);
		buf_printf(&out, "%-9s %s\n", "took", took);
	}
	int64_t updated = jsn_peek_int(a, "updated", -1);
	if (updated >= 0)
		buf_printf(&out, "%-9s %d\n", "changed", (int)updated);
	term_data(op->t, (struct str){ out.data, out.len });
	term_note(op->t, "'rightlink logs %s' shows its output",
	    jsn_peek_str(a, "aid", ""));
}

static int
do_show(struct operation *op, struct err *e)
{
	const char *word = op->o->args.list[1];
	AUTO(jsn_free) struct jsn *reply = NULL, *audits = NULL;
	int rc =
	    operator_call(op, API_command_get, word, NULL, NULL, &reply, e);
	if (rc == 0)
		return show_command(op, jsn_get(reply, "command"), e);
	if (rc == ERR_ABSENT)
		rc = operator_find_audits(op, word, NULL, &audits, e);
	if (rc < 0)
		return rc;
	if (op->t->output != TERM_TEXT)
		term_json(op->t, jsn_at(audits, 0));
	else
		print_audit(op, jsn_at(audits, 0));
	return EXIT_STATUS_OK;
}

static int
runs_action(struct operation *op, struct err *e)
{
	static const struct operator_action actions[] = {
		{ "list", "runs [list]", 0, 0, do_list },
		{ "show", "runs show RUN|COMMAND", 1, 1, do_show },
		{ "commands", "runs commands", 0, 0, do_commands },
	};
	operator_fn fn = NULL;
	int rc = operator_find_action(
	    op, "runs", actions, ARRAY_LEN(actions), &fn, e);
	return rc < 0 ? rc : fn(op, e);
}

int
operator_runs(const struct options *o, struct term *t)
{
	return operator_do(o, t, runs_action);
}
