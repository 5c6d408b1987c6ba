/* SPDX-License-Identifier: MIT */
/* Deliveries as exit statuses, lines and counts. */
#include "runner/operator_results.h"

#include "runner/operator.h"

static const struct {
	enum delivery_state state;
	enum exit_status exit;
	enum term_style style;
} results[] = {
#define RESULT(state_, exit_, style_)                                          \
	{ DELIVERY_##state_, EXIT_STATUS_##exit_, TERM_##style_ },
#define SEVERITY(exit_)
#include "runner/tbl/results.h"
#undef RESULT
#undef SEVERITY
};

static const enum exit_status severities[] = {
#define RESULT(state_, exit_, style_)
#define SEVERITY(exit_) EXIT_STATUS_##exit_,
#include "runner/tbl/results.h"
#undef RESULT
#undef SEVERITY
};

/* An unknown state is a newer router's: it is open. */
static enum delivery_state
state_of(const struct jsn *delivery)
{
	enum delivery_state state = DELIVERY_queued;
	struct err ignored = { 0 };
	if (delivery_state_find(
		jsn_peek_str(delivery, "state", ""), &state, &ignored) < 0)
		return DELIVERY_queued;
	return state;
}

static size_t
row_of(const struct jsn *delivery)
{
	enum delivery_state state = state_of(delivery);
	for (size_t i = 0; i < ARRAY_LEN(results); i++) {
		if (results[i].state == state)
			return i;
	}
	return 0;
}

static bool
is_timed_out(const struct jsn *delivery)
{
	return state_of(delivery) == DELIVERY_failed &&
	       jsn_peek_int(delivery, "exit_status", 0) ==
		   EXIT_STATUS_TIMED_OUT;
}

enum exit_status
result_exit(const struct jsn *delivery)
{
	if (is_timed_out(delivery))
		return EXIT_STATUS_TIMED_OUT;
	return results[row_of(delivery)].exit;
}

enum exit_status
results_exit(const struct jsn *const *deliveries, size_t len, bool we_cancelled)
{
	size_t worst = ARRAY_LEN(severities);
	for (size_t i = 0; i < len; i++) {
		enum exit_status exit = result_exit(deliveries[i]);
		bool cut = exit == EXIT_STATUS_CANCELLED ||
			   state_of(deliveries[i]) == DELIVERY_interrupted;
		if (we_cancelled && cut)
			return EXIT_STATUS_CANCELLED;
		for (size_t k = 0; k < worst; k++) {
			if (severities[k] == exit)
				worst = k;
		}
	}
	return worst < ARRAY_LEN(severities) ? severities[worst]
					     : EXIT_STATUS_OK;
}

bool
result_is_open(const struct jsn *delivery)
{
	return !delivery_state_is_terminal(state_of(delivery));
}

/* "timed out" is what a person wants to read, not "failed". */
static const char *
shown_state(const struct jsn *delivery)
{
	return is_timed_out(delivery)
		   ? "timed out"
		   : jsn_peek_str(delivery, "state", "unknown");
}

/* Of what never ran, durations and changes are no numbers. */
static int64_t
number(const struct jsn *delivery, const char *key)
{
	enum delivery_state state = state_of(delivery);
	bool ran = state == DELIVERY_ok || state == DELIVERY_failed ||
		   state == DELIVERY_interrupted;
	return ran ? jsn_peek_int(delivery, key, -1) : -1;
}

static void
took(const struct jsn *delivery, char out[32])
{
	int64_t ms = number(delivery, "elapsed_ms");
	out[0] = '\0';
	if (ms >= 0)
		operator_duration(ms, out);
}

void
result_line(const struct term *t, const struct jsn *delivery, size_t name_width,
    struct buf *out)
{
	const char *name = jsn_peek_str(delivery, "name", "?");
	const char *reason = jsn_peek_str(delivery, "reason", NULL);
	size_t columns = text_columns(str_from(name));
	size_t pad = name_width > columns ? name_width - columns : 0;
	int64_t updated = number(delivery, "updated");
	char duration[32];
	took(delivery, duration);
	buf_printf(out, "%s%*s  %s%-11s%s  %8s", name, (int)pad, "",
	    term_escape(t, results[row_of(delivery)].style),
	    shown_state(delivery), term_escape(t, TERM_PLAIN), duration);
	if (updated >= 0)
		buf_printf(out, "  %d changed", (int)updated);
	if (reason != NULL)
		buf_printf(out, "  %s", reason);
	while (out->len > 0 && out->data[out->len - 1] == ' ')
		out->data[--out->len] = '\0';
	buf_add_char(out, '\n');
}

void
results_table_row(struct table *t, const struct jsn *delivery)
{
	char duration[32];
	took(delivery, duration);
	int64_t updated = number(delivery, "updated");
	table_row(t);
	table_cell(t, TERM_PLAIN, "%s", jsn_peek_str(delivery, "name", "?"));
	table_cell(
	    t, results[row_of(delivery)].style, "%s", shown_state(delivery));
	table_cell(t, TERM_PLAIN, "%s", duration);
	if (updated >= 0)
		table_cell(t, TERM_PLAIN, "%d", (int)updated);
	else
		table_cell(t, TERM_PLAIN, "-");
	table_cell(t, TERM_PLAIN, "%s", jsn_peek_str(delivery, "run_id", "-"));
	table_cell(t, TERM_PLAIN, "%s", jsn_peek_str(delivery, "reason", ""));
}

void
results_count(const struct jsn *const *deliveries, size_t len,
    struct result_counts *ret_counts)
{
	struct result_counts c = { .total = 0 };
	for (size_t i = 0; i < len; i++) {
		enum delivery_state state = state_of(deliveries[i]);
		/* Another node has it instead. */
		if (state == DELIVERY_revoked)
			continue;
		c.of[state]++;
		c.total++;
	}
	*ret_counts = c;
}

void
result_counts_format(const struct result_counts *c, struct buf *out)
{
	buf_printf(out, "%zu node%s", c->total, c->total == 1 ? "" : "s");
	const char *separator = ": ";
	for (size_t i = 0; i < ARRAY_LEN(results); i++) {
		size_t n = c->of[results[i].state];
		if (n == 0)
			continue;
		buf_printf(out, "%s%zu %s", separator, n,
		    delivery_state_name(results[i].state));
		separator = ", ";
	}
}
