/* SPDX-License-Identifier: MIT */
/* What lasts on disk: state, tags, inbox, schedules, runs. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/auto.h"
#include "common/fsat.h"
#include "runner/inbox.h"
#include "runner/run.h"
#include "runner/schedules.h"
#include "runner/state.h"
#include "wire/frames.h"

struct world {
	char top[64];
	struct places places;
	struct fabric *fabric;
};

static int
set_up(void **at)
{
	struct world *w = xcalloc(1, sizeof(*w));
	struct err e = { 0 };
	memcpy(w->top, "/tmp/store-XXXXXX", 18);
	assert_non_null(mkdtemp(w->top));
	AUTO_STR char *cron = path_join(w->top, "cron");
	assert_int_equal(places_find(w->top, cron, &w->places, &e), 0);
	assert_int_equal(places_prepare(&w->places, &e), 0);
	w->fabric = fabric_open_local(&w->places, "i-1");
	*at = w;
	return 0;
}

static int
tear_down(void **at)
{
	struct world *w = *at;
	struct err e = { 0 };
	fabric_close(&w->fabric);
	assert_int_equal(fsat_remove_tree(AT_FDCWD, w->top, &e), 0);
	places_release(&w->places);
	free(w);
	return 0;
}

static void
write_file(const struct world *w, const char *name, const char *text)
{
	struct err e = { 0 };
	AUTO_STR char *path = places_state(&w->places, name);
	assert_int_equal(fsat_replace(AT_FDCWD, path, str_from(text), 0600,
			     FSAT_NO_SYNC, &e),
	    0);
}

/* Caller frees. */
static char *
read_file(const struct world *w, const char *name)
{
	struct err e = { 0 };
	AUTO_STR char *path = places_state(&w->places, name);
	struct buf text = BUF_INIT((size_t)1 << 20);
	if (fsat_read(AT_FDCWD, path, (size_t)1 << 20, &text, &e) < 0)
		fail_msg("%s", e.text);
	return buf_take(&text);
}

/* ---- state ---- */

/* What each event makes of each state; -1: it does not belong there. */
static void
rl6_1_4_every_pair_of_state_and_event_follows_the_table(void **at)
{
	(void)at;
	enum {
		NO = -1,
		BOOTING = STATE_BOOTING,
		GOOD = STATE_OPERATIONAL,
		BAD = STATE_STRANDED,
		LEAVING = STATE_DECOMMISSIONING,
		GONE = STATE_DECOMMISSIONED,
	};
	static const int table[STATES][STATE_EVENTS] = {
		/* boot started, completed, failed, leave started, ended */
		[STATE_PENDING] = { BOOTING, NO, NO, LEAVING, NO },
		[STATE_BOOTING] = { BOOTING, GOOD, BAD, LEAVING, NO },
		[STATE_OPERATIONAL] = { BOOTING, NO, NO, LEAVING, NO },
		[STATE_STRANDED] = { BOOTING, NO, NO, LEAVING, NO },
		[STATE_DECOMMISSIONING] = { NO, NO, NO, NO, GONE },
		[STATE_DECOMMISSIONED] = { BOOTING, NO, NO, NO, NO },
	};
	for (int from = 0; from < STATES; from++) {
		const char *name =
		    instance_state_name((enum instance_state)from);
		assert_int_equal(instance_state_find(name), from);
		for (int event = 0; event < STATE_EVENTS; event++) {
			AUTO(state_release) struct state s = { .root = NULL };
			struct err e = { 0 };
			state_lend("i-1", name, NULL, false, &s);
			int to = table[from][event];
			int rc = state_move(&s, (enum state_event)event, &e);
			assert_int_equal(rc, to == NO ? ERR_STATE : 0);
			assert_int_equal(state_now(&s), to == NO ? from : to);
		}
	}
}

static void
a_new_instance_is_pending_and_a_lent_state_is_not_saved(void **at)
{
	struct world *w = *at;
	AUTO(state_release) struct state s = { .root = NULL };
	AUTO(state_release) struct state lent = { .root = NULL };
	AUTO_STR char *path = places_state(&w->places, "state.json");
	struct err e = { 0 };
	assert_int_equal(state_load(&w->places, &s, &e), 0);
	assert_int_equal(state_now(&s), STATE_PENDING);
	AUTO(jsn_free) struct jsn *past = jsn_new_array();
	jsn_push_str(past, "one");
	state_lend("i-2", "booting", past, true, &lent);
	assert_true(state_has_run(&lent, "one"));
	assert_true(lent.reboot);
	assert_int_equal(state_save(&lent, &e), 0);
	assert_int_equal(access(path, F_OK), -1);
}

static void
rl6_1_5_a_reboot_is_seen_by_the_boot_id(void **at)
{
	struct world *w = *at;
	AUTO(state_release) struct state s = { .root = NULL };
	struct err e = { 0 };
	assert_int_equal(state_load(&w->places, &s, &e), 0);
	state_note_boot(&s);
	assert_false(s.reboot);
	state_note_boot(&s);
	assert_false(s.reboot);
	state_set_text(&s, "boot_id", "another");
	assert_true(state_was_rebooted(&s));
	state_note_boot(&s);
	assert_true(s.reboot);
	assert_false(state_was_rebooted(&s));
	write_file(w, "boots", "container-1\nmore\n");
	AUTO_STR char *file = places_state(&w->places, "boots");
	setenv("RIGHTLINK_BOOT_ID_FILE", file, 1);
	AUTO_STR char *id = machine_boot_id();
	unsetenv("RIGHTLINK_BOOT_ID_FILE");
	assert_string_equal(id, "container-1");
}

static void
rl6_1_4_the_state_of_another_instance_is_forgotten(void **at)
{
	struct world *w = *at;
	AUTO(state_release) struct state s = { .root = NULL };
	struct err e = { 0 };
	assert_int_equal(state_load(&w->places, &s, &e), 0);
	assert_int_equal(state_move(&s, STATE_BOOT_STARTED, &e), 0);
	state_add_run(&s, "one");
	AUTO_STR char *id = xstrdup(state_id(&s));
	state_adopt(&s, id);
	assert_int_equal(state_now(&s), STATE_BOOTING);
	state_adopt(&s, "i-other");
	assert_int_equal(state_now(&s), STATE_PENDING);
	assert_string_equal(state_id(&s), "i-other");
	assert_false(state_has_run(&s, "one"));
}

static void
state_lasts_and_a_broken_file_is_named(void **at)
{
	struct world *w = *at;
	AUTO(state_release) struct state s = { .root = NULL };
	AUTO(state_release) struct state again = { .root = NULL };
	struct err e = { 0 };
	assert_int_equal(state_load(&w->places, &s, &e), 0);
	state_add_run(&s, "one");
	state_add_run(&s, "one");
	assert_int_equal(state_save(&s, &e), 0);
	assert_int_equal(state_load(&w->places, &again, &e), 0);
	assert_string_equal(state_id(&again), state_id(&s));
	assert_true(state_has_run(&again, "one"));
	assert_false(state_has_run(&again, "two"));
	write_file(w, "state.json", "{\"id\": ");
	struct state none = { .root = NULL };
	assert_int_equal(state_load(&w->places, &none, &e), ERR_SYNTAX);
	assert_non_null(strstr(e.text, "state.json"));
}

/* ---- fabric ---- */

static bool
publish(struct world *w, const char *tag, bool replace)
{
	bool changed = false;
	struct err e = { 0 };
	if (fabric_publish(w->fabric, str_from(tag), replace, &changed, &e) < 0)
		fail_msg("%s", e.text);
	return changed;
}

static void
assert_tags(struct world *w, const char *wanted)
{
	AUTO(jsn_free) struct jsn *tags = NULL;
	struct err e = { 0 };
	assert_int_equal(fabric_list(w->fabric, &tags, &e), 0);
	AUTO_BUF struct buf text = BUF_INIT(10000);
	for (size_t i = 0; i < jsn_len(tags); i++) {
		struct str tag = jsn_str(jsn_at(tags, i));
		buf_printf(&text, "%.*s;", STR_ARG(tag));
	}
	assert_string_equal(buf_text(&text), wanted);
}

static void
rl6_6_5_set_replaces_and_publish_adds(void **at)
{
	struct world *w = *at;
	assert_true(publish(w, "a:b=2", false));
	assert_true(publish(w, "a:b=1", false));
	assert_false(publish(w, "a:b=1", false));
	assert_true(publish(w, "web", false));
	assert_tags(w, "a:b=1;a:b=2;web;");
	assert_true(publish(w, "a:b=3", true));
	assert_false(publish(w, "a:b=3", true));
	assert_tags(w, "a:b=3;web;");
	assert_true(publish(w, "a:c=1", true));
	bool changed = false;
	struct err e = { 0 };
	assert_int_equal(
	    fabric_remove(w->fabric, STR("a:b=*"), &changed, &e), 0);
	assert_true(changed);
	assert_int_equal(
	    fabric_remove(w->fabric, STR("a:b=*"), &changed, &e), 0);
	assert_false(changed);
	assert_tags(w, "a:c=1;web;");
	assert_int_equal(
	    fabric_publish(w->fabric, STR("web"), true, &changed, &e),
	    ERR_INVALID);
}

static void
ids_and_patterns_choose_instances(void **at)
{
	struct world *w = *at;
	publish(w, "a:b=1", false);
	static const struct {
		const char *pattern, *id;
		size_t found;
	} table[] = {
		{ "a:b=*", NULL, 1 },
		{ "a:b=2", NULL, 0 },
		{ "a:b=1", "i-1", 1 },
		{ "a:b=1", "i-2", 0 },
		{ NULL, "i-1", 1 },
		{ NULL, NULL, 0 },
	};
	for (size_t i = 0; i < ARRAY_LEN(table); i++) {
		struct tag_query q = { .match = TAG_MATCH_ANY };
		struct err e = { 0 };
		if (table[i].pattern != NULL)
			assert_int_equal(
			    tag_query_add(&q, str_from(table[i].pattern), &e),
			    0);
		AUTO(jsn_free) struct jsn *ids = jsn_new_array();
		if (table[i].id != NULL)
			jsn_push_str(ids, table[i].id);
		AUTO(jsn_free) struct jsn *found = NULL;
		assert_int_equal(
		    fabric_query(w->fabric, &q, ids, &found, &e), 0);
		assert_int_equal(jsn_len(found), table[i].found);
	}
}

static size_t
send_to(struct world *w, const char *tag, int hops, struct err *e)
{
	AUTO(jsn_free) struct jsn *tags = jsn_new_array();
	AUTO(jsn_free) struct jsn *attributes = jsn_new_object();
	struct jsn *remote = jsn_new_object();
	jsn_push_str(tags, tag);
	jsn_set_str(remote, "mine", "kept");
	jsn_set(attributes, "remote_recipe", remote);
	struct remote_request q = { .kind = EXECUTABLE_RECIPE,
		.name = "a::b",
		.attributes = attributes,
		.tags = tags,
		.hops = hops };
	struct remote_receipt receipt = { .ids = NULL };
	if (fabric_send(w->fabric, &q, &receipt, e) < 0)
		return SIZE_MAX;
	size_t matched = jsn_len(receipt.ids);
	jsn_free(&receipt.ids);
	return matched;
}

static void
rl6_10_2_17_a_request_waits_in_the_inbox_and_is_taken_once(void **at)
{
	struct world *w = *at;
	AUTO(arena_free) struct arena *a = arena_new();
	struct inbox_item item = { .name = NULL };
	struct err e = { 0 };
	publish(w, "a:b=1", false);
	assert_int_equal(send_to(w, "no:such=tag", 0, &e), 0);
	assert_int_equal(inbox_take(a, &w->places, &item, &e), 0);
	assert_int_equal(send_to(w, "a:b=1", 2, &e), 1);
	assert_int_equal(inbox_take(a, &w->places, &item, &e), 1);
	assert_string_equal(item.name, "a::b");
	assert_int_equal(item.hops, 3);
	const struct jsn *remote = jsn_get(item.attributes, "remote_recipe");
	assert_string_equal(jsn_peek_str(remote, "from", ""), "i-1");
	assert_string_equal(jsn_peek_str(remote, "mine", ""), "kept");
	assert_int_equal(jsn_len(jsn_get(remote, "tags")), 1);
	inbox_item_release(&item);
	assert_int_equal(inbox_take(a, &w->places, &item, &e), 0);
	assert_int_equal(send_to(w, "a:b=1", FABRIC_HOPS_MAX, &e), SIZE_MAX);
	assert_non_null(strstr(e.text, "led to one another"));
}

static void
a_broken_request_is_put_aside(void **at)
{
	struct world *w = *at;
	AUTO(arena_free) struct arena *a = arena_new();
	struct inbox_item item = { .name = NULL };
	struct err e = { 0 };
	write_file(w, "inbox/0.json", "{\"recipe\": \"x\"}");
	assert_int_equal(inbox_take(a, &w->places, &item, &e), ERR_INVALID);
	assert_int_equal(inbox_take(a, &w->places, &item, &e), 0);
	AUTO_STR char *kept = read_file(w, "inbox/0.json.bad");
	assert_non_null(strstr(kept, "recipe"));
}

/* ---- schedules ---- */

static void
schedules_quote_and_follow_the_bundle(void **at)
{
	struct world *w = *at;
	struct bundle_schedule own = { .name = "a",
		.executable = "it's",
		.kind = EXECUTABLE_SCRIPT,
		.minute = "1",
		.hour = "*",
		.day = "*",
		.month = "*",
		.weekday = "*" };
	bool changed = false;
	struct err e = { 0 };
	assert_int_equal(
	    schedule_put(&w->places, &own, &changed, &e), ERR_INVALID);
	own.executable = "tidy up";
	assert_int_equal(schedule_put(&w->places, &own, &changed, &e), 0);
	struct bundle_schedule of_bundle = own;
	of_bundle.name = "b";
	struct bundle b = { .schedules = &of_bundle, .schedules_len = 1 };
	assert_int_equal(schedules_use_bundle(&w->places, &b, &e), 0);
	AUTO_STR char *both = read_file(w, "cron/rightlink");
	assert_non_null(strstr(both, "# a\n1 * * * * root '"));
	assert_non_null(strstr(both, "# b\n"));
	assert_non_null(strstr(both, " 'script[tidy up]'\n"));
	b.schedules_len = 0;
	assert_int_equal(schedules_use_bundle(&w->places, &b, &e), 0);
	AUTO_STR char *one = read_file(w, "cron/rightlink");
	assert_non_null(strstr(one, "# a\n"));
	assert_null(strstr(one, "# b\n"));
}

/* ---- runs ---- */

static struct run *
open_run(struct world *w, const struct mask *m, struct term *t)
{
	AUTO(jsn_free) struct jsn *names = jsn_new_array();
	jsn_push_str(names, "recipe[a]");
	struct run_start start = { .places = &w->places,
		.mask = m,
		.term = t,
		.kind = "boot",
		.bundle_name = "b",
		.bundle_dir = "/b",
		.executables = names };
	struct run *r = NULL;
	struct err e = { 0 };
	if (run_open(&start, &r, &e) < 0)
		fail_msg("%s", e.text);
	return r;
}

static void
a_run_keeps_masked_lines_and_a_result(void **at)
{
	struct world *w = *at;
	AUTO(secret_free) struct secret *secret = secret_new(STR("hush-hush"));
	AUTO(mask_free) struct mask *m = mask_new();
	mask_add(m, "S", secret);
	struct term t = { .quiet = true, .at_line_start = true };
	struct run *r = open_run(w, m, &t);
	run_output(r, 1, STR("it is hush-"));
	run_output(r, 1, STR("hush!\n"));
	run_output_end(r, 1);
	struct jsn *event = wire_event_new("resource_updated");
	jsn_set_str(event, "resource", "file[hush-hush]");
	jsn_set_str(event, "action", "create");
	jsn_set_int(event, "elapsed_ms", 3);
	run_event(r, event);
	run_fail(r, "because of hush-hush");
	run_fail(r, "a later failure");
	struct err e = { 0 };
	assert_int_equal(run_finish(r, RUN_FAILED, "stranded", 1, &e), 0);
	AUTO_STR char *audit = xasprintf("runs/%s/audit.txt", run_id(r));
	AUTO_STR char *events = xasprintf("runs/%s/events.jsonl", run_id(r));
	AUTO_STR char *result = xasprintf("runs/%s/result.json", run_id(r));
	run_close(&r);
	const char *const names[] = { audit, events, result };
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		AUTO_STR char *text = read_file(w, names[i]);
		assert_null(strstr(text, "hush-hush"));
		assert_non_null(strstr(text, "<hidden input S>"));
	}
	AUTO_STR char *text = read_file(w, result);
	assert_non_null(
	    strstr(text, "\"reason\": \"because of <hidden input S>\""));
}

static void
a_run_cut_short_is_given_its_result(void **at)
{
	struct world *w = *at;
	struct err e = { 0 };
	write_file(w, "runs/x", "");
	AUTO_STR char *dir = places_state(&w->places, "runs/ONE");
	assert_int_equal(fsat_mkdir_all(AT_FDCWD, dir, 0700, &e), 0);
	assert_int_equal(run_recover(&w->places, "ONE", NULL, &e), 0);
	write_file(w, "runs/ONE/run.json", "{\"run_id\": \"ONE\"}");
	assert_int_equal(run_recover(&w->places, "ONE", NULL, &e), 0);
	AUTO_STR char *text = read_file(w, "runs/ONE/result.json");
	assert_non_null(strstr(text, "\"status\": \"crashed\""));
	write_file(w, "runs/ONE/result.json", "{}");
	assert_int_equal(run_recover(&w->places, "ONE", NULL, &e), 0);
	AUTO_STR char *kept = read_file(w, "runs/ONE/result.json");
	assert_string_equal(kept, "{}");
}

static void
make_run(const struct world *w, int i, bool ended, bool uploaded)
{
	struct err e = { 0 };
	AUTO_STR char *dir = xasprintf("%s/runs/%026d", w->places.state, i);
	assert_int_equal(fsat_mkdir_all(AT_FDCWD, dir, 0700, &e), 0);
	AUTO_STR char *result = xasprintf("runs/%026d/result.json", i);
	AUTO_STR char *upload = xasprintf("runs/%026d/upload.json", i);
	if (ended)
		write_file(w, result, "{}");
	if (!uploaded)
		write_file(w, upload, "{}");
}

static void
only_the_newest_runs_and_the_wanted_ones_are_kept(void **at)
{
	struct world *w = *at;
	struct err e = { 0 };
	/* 0 goes on, 1 is still to be uploaded, 2 to 4 are too many. */
	for (int i = 0; i < RUNS_KEPT + 5; i++)
		make_run(w, i, i != 0, i != 1);
	write_file(w, "runs/note", "not ours");
	assert_int_equal(run_prune(&w->places, RUNS_KEPT, &e), 0);
	for (int i = 0; i < RUNS_KEPT + 5; i++) {
		AUTO_STR char *name =
		    xasprintf("%s/runs/%026d", w->places.state, i);
		bool gone = i >= 2 && i < 5;
		assert_int_equal(access(name, F_OK), gone ? -1 : 0);
	}
	AUTO_STR char *kept = read_file(w, "runs/note");
	assert_string_equal(kept, "not ours");
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		T(rl6_1_4_every_pair_of_state_and_event_follows_the_table),
		T(a_new_instance_is_pending_and_a_lent_state_is_not_saved),
		T(rl6_1_4_the_state_of_another_instance_is_forgotten),
		T(rl6_1_5_a_reboot_is_seen_by_the_boot_id),
		T(state_lasts_and_a_broken_file_is_named),
		T(rl6_6_5_set_replaces_and_publish_adds),
		T(ids_and_patterns_choose_instances),
		T(rl6_10_2_17_a_request_waits_in_the_inbox_and_is_taken_once),
		T(a_broken_request_is_put_aside),
		T(schedules_quote_and_follow_the_bundle),
		T(a_run_keeps_masked_lines_and_a_result),
		T(a_run_cut_short_is_given_its_result),
		T(only_the_newest_runs_and_the_wanted_ones_are_kept),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
