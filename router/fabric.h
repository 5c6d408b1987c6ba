/* SPDX-License-Identifier: MIT */
/*
 * What memory knows of instances while the router runs: which of them are
 * there (presence), whose poll waits on which thread (wake), who waits for a
 * command or an audit to move (watch), what time brings (sweep). Any thread
 * may call, unless a line says otherwise.
 *
 *	fabric_new      before store_open: fabric_online, fabric_changed and
 *	                fabric_post are its callbacks, the fabric its ctx
 *	fabric_start    once the store is open, before the first request
 *	fabric_stop     after the last request, before store_close
 *	fabric_free
 */
#pragma once

#include "router/httpd.h"
#include "router/store_jobs.h"

struct fabric;
struct router;

struct fabric *fabric_new(struct router *r);
void fabric_free(struct fabric **f);
int fabric_start(struct fabric *f, struct err *e) MUST_CHECK;
void fabric_stop(struct fabric *f);

void fabric_post(int thread, void (*fn)(void *), void *arg, void *fabric);
bool fabric_online(const char *id, void *fabric);
void fabric_changed(const struct store_changes *c, void *fabric);

/* --- presence (router/presence.c) ---------------------------------------
 *
 * Online while a poll waits or the last one ended less than 75 s ago, then
 * stale, after 3 min offline. Instances that were there when the router ended
 * count as stale until they come back.
 */
#define PRESENCE_ONLINE_MS 75000
#define PRESENCE_STALE_MS 180000

enum presence {
	PRESENCE_ONLINE,
	PRESENCE_STALE,
	PRESENCE_OFFLINE,
};
const char *presence_name(enum presence p);
/* *last_seen (as stored) is raised to what memory knows; may be NULL. */
enum presence fabric_presence(
    struct fabric *f, const char *id, int64_t *last_seen);
/* How many are online. */
int64_t fabric_online_count(struct fabric *f);

/* --- wake (router/wake.c) ------------------------------------------------
 *
 * A poll that waits looks again for something to say.
 */
void fabric_wake(struct fabric *f, const char *id);
/* The trust bundle is a newer one. */
void fabric_wake_all(struct fabric *f);

/* --- watch (router/watch.c) ----------------------------------------------
 *
 * Calls fn on the watcher's thread when a command or an audit changed. Add
 * and remove on that thread; add before looking, so that nothing is missed.
 */
struct watch;
struct watch *watch_add(struct fabric *f, const char *key, int thread,
    void (*fn)(void *arg), void *arg);
void watch_remove(struct fabric *f, struct watch **w);

/* --- sweep (router/sweep.c) ----------------------------------------------
 *
 * The sweep looks for work at `at` (ms since 1970) at the latest.
 */
void fabric_sweep_at(struct fabric *f, int64_t at);

/* --- live requests (router/live.c) ---------------------------------------
 *
 * Asks an instance that is online; fn is called on `thread` once, with the
 * body of the answer, or NULL when there was none in time; the body is the
 * callee's to free. ERR_STATE: it is not online or too many questions wait.
 */
typedef void (*live_fn)(struct jsn *body, void *arg);
int live_ask(struct fabric *f, const char *id, const char *type,
    const struct jsn *body, int64_t timeout_ms, int thread, live_fn fn,
    void *arg, struct err *e) MUST_CHECK;
