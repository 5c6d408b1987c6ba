/* SPDX-License-Identifier: MIT */
/*
 * The agent's life: open in the order of who needs whom, run, end. What runs
 * here may start when the router has told the tags and the bundle, or a little
 * later without it: a server must come up while its router is away.
 */
#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "common/auto.h"
#include "common/clock.h"
#include "common/fsat.h"
#include "common/log.h"
#include "common/notify.h"
#include "common/trim.h"
#include "runner/agent_priv.h"

#define START_WAIT_MS 20000 /* RightLink 6, section 1.3: the tag query's */
#define FLUSH_MS 3000
#define PRUNE_EVERY_MS ((int64_t)6 * 3600 * 1000)
#define SETTLE_MS 3000

static void
say_status(const struct agent *a)
{
	AUTO_BUF struct buf text = BUF_INIT(4096);
	struct session_status s = { .connected = false };
	if (a->session == NULL) {
		notify_send("STATUS=no router joined");
		return;
	}
	s = session_status(a->session);
	buf_printf(&text, "STATUS=%s as %s: %s", a->identity->router,
	    a->identity->id,
	    s.connected         ? "connected"
	    : s.trouble != NULL ? s.trouble
				: "connecting");
	notify_send(buf_text(&text));
}

/* ---- what runs here ---- */

static void
start_runs(struct agent *a)
{
	struct err e = { 0 };
	if (a->started || a->ending)
		return;
	a->started = true;
	loop_unwatch(&a->start);
	if (supervisor_start(a->supervisor, &e) < 0)
		log_event(LOG_LEVEL_ERROR, "runs_not_started",
		    LOG_STR("text", e.text));
}

static void
on_start_time(void *arg)
{
	struct agent *a = arg;
	if (a->session != NULL && a->settings->bundle == NULL &&
	    !session_status(a->session).connected)
		log_event(LOG_LEVEL_WARN, "starting_without_router",
		    LOG_STR("router", a->identity->router));
	start_runs(a);
}

static void
on_settle(void *arg)
{
	(void)arg;
	trim_memory();
}

/* ---- the channel's beats ---- */

static void
beat_watchdog(struct agent *a)
{
	if (a->watchdog == NULL)
		return;
	notify_send("WATCHDOG=1");
	loop_set(a->watchdog, notify_watchdog_ms() / 2);
}

static void
on_watchdog(void *arg)
{
	beat_watchdog(arg);
}

static void
prune(struct agent *a)
{
	struct err e = { 0 };
	int64_t now = clock_mono_ms();
	if (a->pruned_ms != 0 && now - a->pruned_ms < PRUNE_EVERY_MS)
		return;
	a->pruned_ms = now;
	int64_t wall =
	    a->session != NULL ? session_now_ms(a->session) : clock_now_ms();
	if (journal_prune(a->journal, wall, &e) < 0)
		log_event(LOG_LEVEL_WARN, "journal_not_pruned",
		    LOG_STR("text", e.text));
}

static void
on_beat(void *arg)
{
	struct agent *a = arg;
	bool connected = session_status(a->session).connected;
	beat_watchdog(a);
	prune(a);
	if (connected != a->connected)
		say_status(a);
	a->connected = connected;
}

static void
on_synced(void *arg)
{
	struct agent *a = arg;
	start_runs(a);
	a->settle = loop_after(a->loop, SETTLE_MS, on_settle, a);
}

/* ---- the end ---- */

static void
on_flushed(void *arg)
{
	struct agent *a = arg;
	loop_stop(a->loop);
}

void
agent_over(void *arg)
{
	struct agent *a = arg;
	if (a->session != NULL)
		session_flush(a->session, FLUSH_MS, on_flushed, a);
	else
		loop_stop(a->loop);
}

void
agent_end(struct agent *a, bool restart)
{
	a->ending = true;
	a->restart = restart;
	loop_unwatch(&a->start);
	notify_send("STOPPING=1");
	log_event(LOG_LEVEL_INFO, "agent_ends", LOG_INT("pid", getpid()));
	supervisor_end(a->supervisor);
}

static void
on_end_signal(void *arg)
{
	struct agent *a = arg;
	/* Asked twice: now. What runs is found interrupted at the next start.
	 */
	if (a->ends++ > 0)
		loop_stop(a->loop);
	else
		agent_end(a, false);
}

/* Only what can change while it runs. */
static void
on_hup(void *arg)
{
	struct agent *a = arg;
	struct err e = { 0 };
	enum log_level level;
	AUTO(settings_free) struct settings *s = NULL;
	notify_send("RELOADING=1");
	if (settings_load(NULL, 0, NULL, &s, &e) < 0)
		log_event(
		    LOG_LEVEL_ERROR, "settings_wrong", LOG_STR("text", e.text));
	else if (log_level_find(s->log_level, &level, &e) == 0)
		log_set_level(level);
	notify_send("READY=1");
	log_event(LOG_LEVEL_INFO, "settings_read",
	    LOG_STR("text", "log_level is in force; the others are at the "
			    "next start"));
	say_status(a);
}

/* ---- opening ---- */

static int
take_lock(struct agent *a, struct err *e)
{
	AUTO_STR char *dir = identity_dir(a->places);
	AUTO_STR char *path = path_join(dir, "lock");
	int rc = fsat_mkdir_all(AT_FDCWD, a->places->state, 0755, e);
	if (rc >= 0)
		rc = fsat_mkdir_all(AT_FDCWD, dir, 0700, e);
	if (rc < 0)
		return rc;
	a->lock_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (a->lock_fd < 0)
		return err_sys(e, "open '%s'", path);
	if (flock(a->lock_fd, LOCK_EX | LOCK_NB) == 0)
		return 0;
	if (errno != EWOULDBLOCK)
		return err_sys(e, "lock '%s'", path);
	return err_set(
	    e, ERR_STATE, "another agent runs on '%s'", a->places->state);
}

static int
open_identity(struct agent *a, struct err *e)
{
	int rc = identity_load(a->places, &a->identity, e);
	if (rc != ERR_ABSENT || a->settings->bundle == NULL)
		return rc;
	log_event(LOG_LEVEL_INFO, "no_router_joined",
	    LOG_STR("bundle", a->settings->bundle));
	return 0;
}

static int
open_journal(struct agent *a, struct err *e)
{
	AUTO_STR char *dir = identity_dir(a->places);
	AUTO_STR char *path = path_join(dir, "journal.db");
	int rc = journal_open(path, &a->journal, e);
	if (rc == 0 && a->identity != NULL)
		rc = journal_adopt(a->journal, a->identity->id, e);
	return rc;
}

static int
open_supervisor(struct agent *a, struct err *e)
{
	const struct settings *s = a->settings;
	struct supervisor_options o = {
		.loop = a->loop,
		.places = a->places,
		.journal = a->journal,
		.bundle_dir = s->bundle,
		.node_name = s->node_name,
		.inputs_file = s->inputs,
		.os_reboot = s->os_reboot,
		.os_stop = s->os_stop,
		.os_terminate = s->os_terminate,
		.os_is_stopping = s->os_is_stopping,
		.no_upload = text_eq(s->audit, "off"),
		.upload_ends = text_eq(s->audit, "summary"),
		.missing_ms = s->missing_inputs_timeout * 1000,
		.decommission_ms = s->decommission_timeout * 1000,
		.reconverge_ms = s->reconverge_interval * 1000,
		.splay_ms = s->reconverge_splay * 1000,
		.runs_keep = s->runs_keep,
		.spool_max_bytes = s->audit_spool_max,
		.spool_max_ms = s->audit_spool_keep * 1000,
	};
	if (a->identity != NULL) {
		o.id = a->identity->id;
		o.deployment = a->identity->deployment;
	}
	struct supervisor_ports ports = agent_ports(a);
	return supervisor_open(&o, &ports, &a->supervisor, e);
}

/* Before the supervisor: its ports speak to these. */
static int
open_channel(struct agent *a, struct err *e)
{
	if (a->identity == NULL)
		return 0;
	int rc = agent_open_bundles(a, e);
	if (rc < 0)
		return rc;
	a->outbox = outbox_new(a->journal);
	a->inbound = (struct inbound){
		.journal = a->journal,
		.outbox = a->outbox,
		.identity = a->identity,
		.unsigned_too = !text_eq(a->settings->require_signature, "all"),
		.ops = agent_inbound_ops(a),
	};
	struct session_options o = {
		.loop = a->loop,
		.identity = a->identity,
		.journal = a->journal,
		.outbox = a->outbox,
		.inbound = &a->inbound,
		.proxy = a->settings->proxy,
		.hold_ms = a->settings->poll_hold * 1000,
		.bundle_serial = agent_bundle_serial(a),
		.arg = a,
		.on_beat = on_beat,
		.on_synced = on_synced,
		.on_trust = agent_trust_changed,
		.on_bundle = a->bundles != NULL ? agent_want_bundle : NULL,
	};
	a->session = session_new(&o);
	return 0;
}

static void
watch_signals(struct agent *a)
{
	a->on_term = loop_watch_signal(a->loop, SIGTERM, on_end_signal, a);
	a->on_int = loop_watch_signal(a->loop, SIGINT, on_end_signal, a);
	a->on_hup = loop_watch_signal(a->loop, SIGHUP, on_hup, a);
	if (notify_watchdog_ms() > 0)
		a->watchdog = loop_after(a->loop, 0, on_watchdog, a);
}

int
agent_open(const struct settings *settings, const struct places *places,
    struct agent **ret_agent, struct err *e)
{
	AUTO(agent_close) struct agent *a = xcalloc(1, sizeof(*a));
	a->settings = settings;
	a->places = places;
	a->lock_fd = -1;
	int rc = take_lock(a, e);
	if (rc == 0)
		rc = open_identity(a, e);
	if (rc == 0)
		rc = open_journal(a, e);
	if (rc < 0)
		return rc;
	a->loop = loop_new();
	rc = open_channel(a, e);
	if (rc == 0)
		rc = open_supervisor(a, e);
	if (rc == 0)
		agent_use_bundle(a);
	/* What a former agent left behind was settled by now. */
	if (rc == 0 && a->outbox != NULL)
		rc = outbox_load(a->outbox, e);
	if (rc < 0)
		return rc;
	watch_signals(a);
	*ret_agent = TAKE(a);
	return 0;
}

void
agent_close(struct agent **at)
{
	if (at == NULL || *at == NULL)
		return;
	struct agent *a = *at;
	agent_reenrolment_free(a);
	session_free(&a->session);
	bundle_remote_close(&a->bundles);
	supervisor_close(&a->supervisor);
	outbox_free(&a->outbox);
	struct loop_watch **watches[] = { &a->on_term, &a->on_int, &a->on_hup,
		&a->start, &a->watchdog, &a->settle };
	for (size_t i = 0; i < ARRAY_LEN(watches); i++)
		loop_unwatch(watches[i]);
	loop_free(&a->loop);
	identity_free(&a->identity);
	journal_close(&a->journal);
	fd_close(&a->lock_fd);
	free(a);
	*at = NULL;
}

int
agent_serve(struct agent *a, struct err *e)
{
	enum instance_state state = supervisor_state(a->supervisor);
	log_event(LOG_LEVEL_INFO, "agent_started", LOG_INT("pid", getpid()),
	    LOG_STR("version", RIGHTLINK_VERSION),
	    LOG_STR("state", instance_state_name(state)));
	if (a->session != NULL) {
		session_set_state(a->session, instance_state_name(state));
		session_start(a->session);
		/* Its own bundle needs no word of the router. */
		a->start = loop_after(a->loop,
		    a->settings->bundle != NULL ? 0 : START_WAIT_MS,
		    on_start_time, a);
	} else {
		a->start = loop_after(a->loop, 0, on_start_time, a);
	}
	say_status(a);
	notify_send("READY=1");
	int rc = loop_run(a->loop, e);
	return rc < 0 ? rc : a->restart;
}
