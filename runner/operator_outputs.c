/* SPDX-License-Identifier: MIT */
/* Fetching outputs of many runs and printing them in groups. */
#include "runner/operator_outputs.h"

#include <stdlib.h>

#include "common/auto.h"
#include "runner/operator_group.h"
#include "runner/operator_results.h"
#include "runner/operator_stream.h"

#define AT_ONCE 16
#define WAIT_MS 10000
#define TEXT_MAX_BYTES ((size_t)1 << 20) /* of one run: its beginning */

struct outputs;

struct one_output {
	struct outputs *all;
	const char *name, *run_id;
	struct audit_stream *stream;
	struct buf text;
};

struct outputs {
	struct operation *op;
	struct one_output *list;
	size_t len, next, open;
	struct loop_watch *limit;
	bool late;
};

static void begin_more(struct outputs *o);

static void
on_bytes(struct str bytes, void *arg)
{
	struct one_output *one = arg;
	size_t room = TEXT_MAX_BYTES - one->text.len;
	buf_add(&one->text, bytes.data, bytes.len < room ? bytes.len : room);
}

static void
on_end(int rc, const struct err *e, void *arg)
{
	struct one_output *one = arg;
	struct outputs *o = one->all;
	one->stream = NULL;
	if (rc < 0)
		term_note(o->op->t, "output of '%s': %s", one->name, e->text);
	o->open--;
	begin_more(o);
	if (o->open == 0)
		loop_stop(o->op->loop);
}

static void
begin(struct outputs *o, struct one_output *one)
{
	struct audit_stream_spec spec = {
		.aid = one->run_id,
		.part = "text",
		.follow = true,
		.begin_ms = WAIT_MS,
		.on_bytes = on_bytes,
		.on_end = on_end,
		.arg = one,
	};
	struct err e = { 0 };
	if (audit_stream_start(o->op->api, &spec, &one->stream, &e) < 0)
		term_note(o->op->t, "output of '%s': %s", one->name, e.text);
	else
		o->open++;
}

static void
begin_more(struct outputs *o)
{
	while (!o->late && o->open < AT_ONCE && o->next < o->len)
		begin(o, &o->list[o->next++]);
}

static void
on_limit(void *arg)
{
	struct outputs *o = arg;
	loop_unwatch(&o->limit);
	o->late = true;
	loop_stop(o->op->loop);
}

/* What has come until now is shown; of the others that they are missing. */
static void
stop_all(struct outputs *o)
{
	size_t cut = 0;
	for (size_t i = 0; i < o->len; i++) {
		cut += i >= o->next || o->list[i].stream != NULL;
		audit_stream_stop(&o->list[i].stream);
	}
	if (cut > 0)
		term_note(o->op->t,
		    "the output of %zu run%s is still on its way: 'rightlink "
		    "logs' shows it later",
		    cut, cut == 1 ? "" : "s");
	loop_unwatch(&o->limit);
}

static void
print_groups(const struct outputs *o)
{
	AUTO(output_groups_free)
	struct output_groups *groups = output_groups_new();
	for (size_t i = 0; i < o->len; i++) {
		const struct one_output *one = &o->list[i];
		if (one->text.len > 0)
			output_groups_add(groups, one->name,
			    (struct str){ one->text.data, one->text.len });
	}
	output_groups_sort(groups);
	const struct term *t = o->op->t;
	for (size_t i = 0; i < output_groups_len(groups); i++) {
		struct output_group g = output_groups_at(groups, i);
		AUTO_BUF struct buf out = BUF_INIT(TEXT_MAX_BYTES * 4);
		buf_printf(&out, "\n%s==> ", term_escape(t, TERM_TITLE));
		output_group_title(&g, &out);
		buf_printf(&out, "%s\n", term_escape(t, TERM_PLAIN));
		output_group_body(&g, &out);
		term_data(t, (struct str){ out.data, out.len });
	}
}

static void
outputs_release(struct outputs *o)
{
	for (size_t i = 0; i < o->len; i++)
		buf_release(&o->list[i].text);
	free(o->list);
}

int
outputs_print(struct operation *op, const struct jsn *const *deliveries,
    size_t len, bool only_failed, struct err *e)
{
	AUTO(outputs_release)
	struct outputs o = { .op = op,
		.list = xcalloc(len + 1, sizeof(*o.list)) };
	for (size_t i = 0; i < len; i++) {
		const char *run_id =
		    jsn_peek_str(deliveries[i], "run_id", NULL);
		bool ok = result_exit(deliveries[i]) == EXIT_STATUS_OK;
		if (run_id == NULL || (only_failed && ok))
			continue;
		o.list[o.len++] = (struct one_output){
			.name = jsn_peek_str(deliveries[i], "name", "?"),
			.run_id = run_id,
			.text = BUF_INIT(TEXT_MAX_BYTES),
		};
	}
	/* The list does not move any more. */
	for (size_t i = 0; i < o.len; i++)
		o.list[i].all = &o;
	o.limit = loop_after(op->loop, WAIT_MS, on_limit, &o);
	begin_more(&o);
	int rc = 0;
	while (o.open > 0 && !o.late && rc >= 0)
		rc = loop_run(op->loop, e);
	stop_all(&o);
	if (rc >= 0)
		print_groups(&o);
	return rc < 0 ? rc : 0;
}
