/* SPDX-License-Identifier: MIT */
/*
 * Deliveries: every state against every event, each guard of fabric 6.2, and
 * what agents are told.
 */
#include "tests/unit/store_world.h"

#include "router/store_priv.h"

/* --- the table of guards ------------------------------------------------ */

static const enum delivery_state states[] = { DELIVERY_queued, DELIVERY_offered,
	DELIVERY_granted, DELIVERY_running, DELIVERY_ok, DELIVERY_failed,
	DELIVERY_interrupted, DELIVERY_rejected, DELIVERY_expired,
	DELIVERY_cancelled, DELIVERY_revoked, DELIVERY_lost };
#define STATES ARRAY_LEN(states)

static void
every_move_is_allowed_or_refused_as_the_table_says(void **state)
{
	(void)state;
	/* from (row) to (column), in the order of `states` */
	static const char *const table[STATES] = {
		".xx....xxxx.", /* queued */
		"..x....xxxx.", /* offered */
		"...xxxxx...x", /* granted */
		"....xxxx...x", /* running */
	};
	for (size_t from = 0; from < STATES; from++) {
		for (size_t to = 0; to < STATES; to++) {
			bool may =
			    table[from] != NULL && table[from][to] == 'x';
			if (delivery_may(states[from], states[to]) != may)
				fail_msg("%s to %s",
				    delivery_state_name(states[from]),
				    delivery_state_name(states[to]));
		}
	}
}

/* --- state x event ------------------------------------------------------ */

/* A command for any of two instances; `id` has it, `other` may get it. */
struct scene {
	struct world w;
	const char *id, *other, *cid;
};

static void
scene_new(struct scene *s)
{
	world_new(&s->w);
	s->id = world_join(&s->w, "one", "default", "app:on=1");
	s->other = world_join(&s->w, "two", "default", "app:on=1");
	s->cid = world_cid(&s->w);
	world_set_online(&s->w, s->id, true);
	world_submit(&s->w,
	    &(struct ask){ .cid = s->cid, .tag = "app:on=1", .any = true }, 0);
	assert_int_equal(world_state(&s->w, s->cid, s->id), DELIVERY_queued);
}

static struct heard
say_received(struct scene *s)
{
	return world_poll(&s->w, s->id, &(struct say){ .received = s->cid });
}

static struct heard
say_started(struct scene *s)
{
	return world_poll(&s->w, s->id, &(struct say){ .started = s->cid });
}

static struct heard
say_result(struct scene *s, enum delivery_state result)
{
	return world_poll(&s->w, s->id,
	    &(struct say){ .result_cid = s->cid, .result = result });
}

static void
event_offered(struct scene *s)
{
	struct store_job *j = world_job(STORE_offered);
	j->offered = (struct store_offered){
		.id = s->id, .cids = &s->cid, .cids_len = 1, .now = s->w.now
	};
	/* It has no hurry: an empty poll takes it along. */
	store_submit(s->w.store, j);
	world_poll(&s->w, s->id, &(struct say){ 0 });
}
static void
event_received(struct scene *s)
{
	int before = world_state(&s->w, s->cid, s->id);
	struct heard h = say_received(s);
	bool ended = before >= DELIVERY_ok;
	assert_int_equal(h.granted, !ended);
	if (ended)
		assert_string_equal(h.dropped,
		    delivery_state_name((enum delivery_state)before));
	else
		assert_null(h.dropped);
}
static void
event_started(struct scene *s)
{
	assert_null(say_started(s).dropped);
}
static void
event_ok(struct scene *s)
{
	assert_true(say_result(s, DELIVERY_ok).acked);
}
static void
event_failed(struct scene *s)
{
	assert_true(say_result(s, DELIVERY_failed).acked);
}
static void
event_interrupted(struct scene *s)
{
	assert_true(say_result(s, DELIVERY_interrupted).acked);
}
static void
event_rejected(struct scene *s)
{
	assert_true(say_result(s, DELIVERY_rejected).acked);
}
static void
event_unknown(struct scene *s)
{
	world_poll(&s->w, s->id, &(struct say){ .unknown = s->cid });
}
static void
event_cancel(struct scene *s)
{
	struct store_job *j = world_job(STORE_command_cancel);
	j->command_cancel =
	    (struct store_command_cancel){ .cid = s->cid, .now = s->w.now };
	world_do(&s->w, j, 0);
	store_job_free(&j);
}
static void
event_expire(struct scene *s)
{
	s->w.now += 60001;
	world_sweep(&s->w);
}
static void
event_silent(struct scene *s)
{
	world_set_online(&s->w, s->id, false);
	world_set_online(&s->w, s->other, true);
	s->w.now += STORE_REBIND_MS;
	world_sweep(&s->w);
}
static void
event_delete(struct scene *s)
{
	struct store_job *j = world_job(STORE_instance_delete);
	j->instance_delete =
	    (struct store_instance_delete){ .id = s->id, .now = s->w.now };
	world_do(&s->w, j, 0);
	store_job_free(&j);
}

static const struct {
	const char *name;
	void (*fn)(struct scene *s);
} events[] = {
	{ "offered", event_offered },
	{ "received", event_received },
	{ "started", event_started },
	{ "ok", event_ok },
	{ "failed", event_failed },
	{ "interrupted", event_interrupted },
	{ "rejected", event_rejected },
	{ "unknown", event_unknown },
	{ "cancel", event_cancel },
	{ "expire", event_expire },
	{ "silent", event_silent },
	{ "delete", event_delete },
};
#define EVENTS ARRAY_LEN(events)

/* How the scene gets into each state. */
static void
bring(struct scene *s, enum delivery_state to)
{
	if (to != DELIVERY_queued)
		event_offered(s);
	switch (to) {
	case DELIVERY_granted:
	case DELIVERY_running:
	case DELIVERY_ok:
	case DELIVERY_failed:
	case DELIVERY_interrupted:
	case DELIVERY_lost:
		event_received(s);
		break;
	case DELIVERY_expired:
		event_expire(s);
		break;
	case DELIVERY_cancelled:
		event_cancel(s);
		break;
	case DELIVERY_revoked:
		event_silent(s);
		break;
	default:
		break;
	}
	if (to == DELIVERY_running)
		event_started(s);
	else if (to == DELIVERY_lost)
		event_unknown(s);
	else if (to >= DELIVERY_ok && to <= DELIVERY_rejected)
		say_result(s, to);
	assert_int_equal(world_state(&s->w, s->cid, s->id), to);
}

static void
every_event_in_every_state_ends_as_the_table_says(void **state)
{
	(void)state;
	/* q o g r = open states, letters of ends: K ok, F failed,
	 * I interrupted, J rejected, E expired, C cancelled, V revoked,
	 * L lost; '.' the state stays. Columns in the order of `events`. */
	static const char *const table[STATES] = {
		"ogrKFIJ.CEVV", /* queued */
		".grKFIJ.CEVV", /* offered */
		"..rKFIJL...L", /* granted */
		"...KFIJL...L", /* running */
		"............", /* ok */
		"............", /* failed */
		"............", /* interrupted */
		"............", /* rejected */
		"............", /* expired */
		"............", /* cancelled */
		"............", /* revoked */
		"............", /* lost */
	};
	static const char letters[] = "qogrKFIJECVL";
	for (size_t i = 0; i < STATES; i++) {
		for (size_t k = 0; k < EVENTS; k++) {
			struct scene s;
			scene_new(&s);
			bring(&s, states[i]);
			events[k].fn(&s);
			int now = world_state(&s.w, s.cid, s.id);
			char c = table[i][k];
			int want =
			    c == '.'
				? (int)states[i]
				: (int)states[strchr(letters, c) - letters];
			if (now != want)
				fail_msg("%s in state %s: %d, not %d",
				    events[k].name,
				    delivery_state_name(states[i]), now, want);
			world_free(&s.w);
		}
	}
}

static int
command_open(struct scene *s, int64_t *ret_matched)
{
	struct store_command c;
	struct err e = { 0 };
	if (store_command_find(s->w.store, 0, s->w.a, s->cid, &c, &e) < 0)
		fail_msg("%s", e.text);
	*ret_matched = c.matched;
	return c.done ? 0 : c.waiting ? 2 : 1;
}

/* A command is done when its last delivery is, whatever ended it. */
static void
a_command_is_done_with_its_last_delivery(void **state)
{
	(void)state;
	for (size_t i = 0; i < STATES; i++) {
		struct scene s;
		int64_t matched;
		scene_new(&s);
		bring(&s, states[i]);
		bool open =
		    states[i] < DELIVERY_ok || states[i] == DELIVERY_revoked;
		assert_int_equal(command_open(&s, &matched), open);
		assert_int_equal(matched, 1);
		world_free(&s.w);
	}
}

/* --- single guards ------------------------------------------------------ */

static void
a_grant_after_not_after_is_refused_even_before_the_sweep(void **state)
{
	(void)state;
	struct scene s;
	scene_new(&s);
	s.w.now += 60000;
	struct heard h = say_received(&s);
	assert_false(h.granted);
	assert_string_equal(h.dropped, "expired");
	assert_int_equal(world_state(&s.w, s.cid, s.id), DELIVERY_expired);
	world_free(&s.w);
}

static void
a_repeated_received_is_granted_again(void **state)
{
	(void)state;
	struct scene s;
	scene_new(&s);
	assert_true(say_received(&s).granted);
	s.w.now += 120000; /* not_after does not touch what is granted */
	assert_true(say_received(&s).granted);
	say_started(&s);
	assert_true(say_received(&s).granted);
	world_free(&s.w);
}

static void
the_first_result_wins_and_repeats_are_acknowledged(void **state)
{
	(void)state;
	struct scene s;
	scene_new(&s);
	say_received(&s);
	assert_true(say_result(&s, DELIVERY_failed).acked);
	assert_true(say_result(&s, DELIVERY_ok).acked);
	assert_int_equal(world_state(&s.w, s.cid, s.id), DELIVERY_failed);
	world_free(&s.w);
}

static void
unknown_commands_are_dropped_and_their_results_acknowledged(void **state)
{
	(void)state;
	struct scene s;
	scene_new(&s);
	const char *none = world_cid(&s.w);
	struct heard h =
	    world_poll(&s.w, s.id, &(struct say){ .received = none });
	assert_string_equal(h.dropped, "unknown");
	h = world_poll(&s.w, s.id, &(struct say){ .started = none });
	assert_string_equal(h.dropped, "unknown");
	h = world_poll(&s.w, s.id,
	    &(struct say){ .result_cid = none, .result = DELIVERY_ok });
	assert_true(h.acked);
	world_free(&s.w);
}

static void
what_another_instance_has_is_not_granted_here(void **state)
{
	(void)state;
	struct scene s;
	scene_new(&s);
	struct heard h =
	    world_poll(&s.w, s.other, &(struct say){ .received = s.cid });
	assert_false(h.granted);
	assert_string_equal(h.dropped, "unknown");
	world_free(&s.w);
}

static void
any_goes_to_another_only_before_the_grant(void **state)
{
	(void)state;
	struct scene s;
	scene_new(&s);
	event_silent(&s);
	assert_int_equal(world_state(&s.w, s.cid, s.id), DELIVERY_revoked);
	assert_int_equal(world_state(&s.w, s.cid, s.other), DELIVERY_queued);
	assert_string_equal(say_received(&s).dropped, "revoked");
	assert_true(
	    world_poll(&s.w, s.other, &(struct say){ .received = s.cid })
		.granted);
	/* Granted and silent: it stays where it is. */
	s.w.now += 10 * STORE_REBIND_MS;
	world_set_online(&s.w, s.id, true);
	world_set_online(&s.w, s.other, false);
	world_sweep(&s.w);
	assert_int_equal(world_state(&s.w, s.cid, s.other), DELIVERY_granted);
	world_free(&s.w);
}

static void
any_stays_when_no_other_is_online(void **state)
{
	(void)state;
	struct scene s;
	scene_new(&s);
	world_set_online(&s.w, s.id, false);
	s.w.now += 2 * STORE_REBIND_MS;
	world_sweep(&s.w);
	assert_int_equal(world_state(&s.w, s.cid, s.id), DELIVERY_queued);
	assert_int_equal(world_state(&s.w, s.cid, s.other), -1);
	/* Another one comes: tried again a while later. */
	world_set_online(&s.w, s.other, true);
	s.w.now += STORE_REBIND_MS;
	world_sweep(&s.w);
	assert_int_equal(world_state(&s.w, s.cid, s.other), DELIVERY_queued);
	world_free(&s.w);
}

static void
cancelling_counts_what_never_runs_what_stops_and_what_had_ended(void **state)
{
	(void)state;
	struct world w;
	world_new(&w);
	const char *ids[4];
	for (size_t i = 0; i < 4; i++)
		ids[i] = world_join(&w, "n", "default", NULL);
	const char *cid = world_cid(&w);
	world_submit(
	    &w, &(struct ask){ .cid = cid, .ids = ids, .ids_len = 4 }, 0);
	world_poll(&w, ids[1], &(struct say){ .received = cid });
	world_poll(&w, ids[2], &(struct say){ .started = cid });
	world_poll(&w, ids[3],
	    &(struct say){ .result_cid = cid, .result = DELIVERY_ok });
	for (int i = 0; i < 2; i++) { /* a repeat gets the same answer */
		struct store_job *j = world_job(STORE_command_cancel);
		j->command_cancel =
		    (struct store_command_cancel){ .cid = cid, .now = w.now };
		world_do(&w, j, 0);
		assert_int_equal(j->command_cancel.cancelled, 1);
		assert_int_equal(j->command_cancel.stopping, 2);
		assert_int_equal(j->command_cancel.too_late, 1);
		store_job_free(&j);
	}
	struct store_pending p;
	struct err e = { 0 };
	assert_int_equal(
	    store_pending(w.store, 0, w.a, ids[2], 0, 100, &p, &e), 0);
	assert_int_equal(p.offers_len, 0);
	assert_int_equal(p.cancels_len, 1);
	assert_string_equal(p.cancels[0], cid);
	world_free(&w);
}

static void
offers_come_in_order_with_their_envelopes_up_to_the_limit(void **state)
{
	(void)state;
	struct world w;
	struct err e = { 0 };
	struct store_pending p;
	world_new(&w);
	const char *id = world_join(&w, "n", "default", NULL), *cids[5];
	for (size_t i = 0; i < 5; i++) {
		cids[i] = world_cid(&w);
		world_submit(&w,
		    &(struct ask){ .cid = cids[i], .ids = &id, .ids_len = 1 },
		    0);
	}
	assert_int_equal(store_pending(w.store, 0, w.a, id, 0, 3, &p, &e), 0);
	assert_int_equal(p.offers_len, 3);
	assert_true(p.more);
	assert_false(p.unconfirmed);
	for (size_t i = 0; i < 3; i++) {
		assert_string_equal(p.offers[i].cid, cids[i]);
		assert_non_null(strstr(p.offers[i].envelope, "payload"));
	}
	int64_t after = p.offers[2].seq;
	assert_int_equal(
	    store_pending(w.store, 0, w.a, id, after, 3, &p, &e), 0);
	assert_int_equal(p.offers_len, 2);
	assert_true(p.unconfirmed);
	assert_string_equal(p.offers[0].cid, cids[3]);
	world_free(&w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    every_move_is_allowed_or_refused_as_the_table_says),
		cmocka_unit_test(
		    every_event_in_every_state_ends_as_the_table_says),
		cmocka_unit_test(a_command_is_done_with_its_last_delivery),
		cmocka_unit_test(
		    a_grant_after_not_after_is_refused_even_before_the_sweep),
		cmocka_unit_test(a_repeated_received_is_granted_again),
		cmocka_unit_test(
		    the_first_result_wins_and_repeats_are_acknowledged),
		cmocka_unit_test(
		    unknown_commands_are_dropped_and_their_results_acknowledged),
		cmocka_unit_test(what_another_instance_has_is_not_granted_here),
		cmocka_unit_test(any_goes_to_another_only_before_the_grant),
		cmocka_unit_test(any_stays_when_no_other_is_online),
		cmocka_unit_test(
		    cancelling_counts_what_never_runs_what_stops_and_what_had_ended),
		cmocka_unit_test(
		    offers_come_in_order_with_their_envelopes_up_to_the_limit),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
