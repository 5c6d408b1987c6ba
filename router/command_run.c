/* SPDX-License-Identifier: MIT */
/*
 * `rightlink router run`: serves until a signal ends it. The main thread waits
 * for signals and time: the supervisor's watchdog, the certificate's end.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/file.h>

#include "common/auto.h"
#include "common/clock.h"
#include "common/fsat.h"
#include "common/log.h"
#include "common/loop.h"
#include "common/notify.h"
#include "router/commands.h"
#include "router/httpd.h"

#define GRACE_MS 10000
#define DAY_MS ((int64_t)24 * 3600 * 1000)
#define RENEW_BEFORE_MS (30 * DAY_MS)

struct running {
	struct router *r;
	const struct router_options *o;
	struct loop *loop;
	struct loop_watch *signals[3], *watchdog, *certificate;
	int64_t watchdog_ms;
	atomic_int pings; /* threads that have not answered */
};

/* --- the lock ---------------------------------------------------------- */

static int
take_lock(int data_fd, const char *path, int *ret_fd, struct err *e)
{
	AUTO_FD int fd = openat(
	    data_fd, ROUTER_LOCK_FILE, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
	if (fd < 0)
		return err_sys(e, "open '%s/%s'", path, ROUTER_LOCK_FILE);
	if (flock(fd, LOCK_EX | LOCK_NB) < 0) {
		if (errno == EWOULDBLOCK)
			return err_set(e, ERR_STATE,
			    "a router runs in '%s' already", path);
		return err_sys(e, "lock '%s/%s'", path, ROUTER_LOCK_FILE);
	}
	char pid[32];
	int len = snprintf(pid, sizeof(pid), "%d\n", getpid());
	if (ftruncate(fd, 0) < 0 || write(fd, pid, (size_t)len) != len)
		return err_sys(e, "write '%s/%s'", path, ROUTER_LOCK_FILE);
	*ret_fd = TAKE_FD(fd);
	return 0;
}

/* --- the certificate --------------------------------------------------- */

static int
look_at_certificate(
    const struct router *r, struct tls_look *ret_look, struct err *e)
{
	static const char file[] = ROUTER_TLS_DIR "/" TLS_SERVER_FILE;
	int rc = tls_look(r->data_fd, file, ret_look, e);
	return rc < 0 ? rc : tls_check_time(ret_look, file, clock_now_ms(), e);
}

static int
renew_certificate(struct router *r, struct err *e)
{
	AUTO_FD int tls = fsat_open_dir(r->data_fd, ROUTER_TLS_DIR, e);
	if (tls < 0)
		return tls;
	return tls_make_server(tls, &r->config.names, TLS_SERVER_DAYS, e);
}

/* One that is near its end is replaced while the CA's key is here; else its
 * end is foretold each day. */
static void
tend_certificate(struct router *r)
{
	struct tls_look look = { 0 };
	struct err e = { 0 };
	int rc = look_at_certificate(r, &look, &e);
	if (rc == 0 && look.not_after - clock_now_ms() > RENEW_BEFORE_MS)
		return;
	struct err why = { 0 };
	if (renew_certificate(r, &why) == 0) {
		log_event(LOG_LEVEL_INFO, "certificate_renewed",
		    LOG_INT("days", TLS_SERVER_DAYS));
		return;
	}
	log_event(LOG_LEVEL_WARN, "certificate_ends",
	    LOG_INT("ms_left", look.not_after - clock_now_ms()),
	    LOG_STR("not_renewed", why.text));
}

static void
on_certificate(void *arg)
{
	struct running *w = arg;
	struct err e = { 0 };
	tend_certificate(w->r);
	if (httpd_reload(w->r->httpd, &e) < 0)
		log_event(LOG_LEVEL_ERROR, "certificate_unusable",
		    LOG_STR("why", e.text));
	loop_unwatch(&w->certificate);
	w->certificate = loop_after(w->loop, DAY_MS, on_certificate, w);
}

/* --- signals ----------------------------------------------------------- */

static void
on_end(void *arg)
{
	struct running *w = arg;
	notify_send("STOPPING=1");
	log_event(LOG_LEVEL_INFO, "stopping", LOG_STR("data", w->r->data_path));
	loop_stop(w->loop);
}

static int
reload_config(struct running *w, struct err *e)
{
	AUTO(arena_free) struct arena *a = arena_new();
	struct router_config c;
	enum log_level level = LOG_LEVEL_INFO;
	int rc = config_load(w->r->data_fd, a, &c, e);
	if (rc == 0 && w->o->log_level == NULL)
		rc = log_level_find(c.log_level, &level, e);
	if (rc == 0 && w->o->log_level == NULL)
		log_set_level(level);
	return rc;
}

/* systemd wants to know when, to tell our READY=1 from an older one. */
static void
tell_reloading(void)
{
	char words[64];
	snprintf(words, sizeof(words), "RELOADING=1\nMONOTONIC_USEC=%lld",
	    (long long)clock_mono_ms() * 1000);
	notify_send(words);
}

static void
on_reload(void *arg)
{
	struct running *w = arg;
	tell_reloading();
	struct err e = { 0 };
	const char *failed = NULL;
	if (reload_config(w, &e) < 0)
		failed = "config";
	else if (httpd_reload(w->r->httpd, &e) < 0)
		failed = "certificate";
	else if (router_trust_reload(w->r, &e) < 0)
		failed = "trust";
	if (failed != NULL)
		log_event(LOG_LEVEL_ERROR, "reload_failed",
		    LOG_STR("what", failed), LOG_STR("why", e.text));
	else
		log_event(LOG_LEVEL_INFO, "reloaded",
		    LOG_INT("trust_version", router_trust(w->r)->version));
	notify_send("READY=1");
}

/* --- the watchdog ------------------------------------------------------ */

static void
answer_ping(void *arg)
{
	struct running *w = arg;
	atomic_fetch_sub(&w->pings, 1);
}

/* The supervisor hears from us when all threads have answered since. */
static void
on_watchdog(void *arg)
{
	struct running *w = arg;
	int missing = atomic_load(&w->pings);
	if (missing == 0) {
		notify_send("WATCHDOG=1");
		atomic_store(&w->pings, w->r->threads);
		for (int i = 0; i < w->r->threads; i++)
			httpd_post(w->r->httpd, i, answer_ping, w);
	} else {
		log_event(LOG_LEVEL_ERROR, "threads_stuck",
		    LOG_INT("threads", missing));
	}
	loop_unwatch(&w->watchdog);
	w->watchdog = loop_after(w->loop, w->watchdog_ms, on_watchdog, w);
}

/* --- running ----------------------------------------------------------- */

static void
watch(struct running *w)
{
	static const struct {
		int number;
		loop_fn fn;
	} signals[] = { { SIGTERM, on_end }, { SIGINT, on_end },
		{ SIGHUP, on_reload } };
	for (size_t i = 0; i < ARRAY_LEN(signals); i++)
		w->signals[i] = loop_watch_signal(
		    w->loop, signals[i].number, signals[i].fn, w);
	w->certificate = loop_after(w->loop, DAY_MS, on_certificate, w);
	w->watchdog_ms = notify_watchdog_ms() / 2;
	if (w->watchdog_ms > 0)
		w->watchdog = loop_after(w->loop, 0, on_watchdog, w);
}

static void
unwatch(struct running *w)
{
	for (size_t i = 0; i < ARRAY_LEN(w->signals); i++)
		loop_unwatch(&w->signals[i]);
	loop_unwatch(&w->certificate);
	loop_unwatch(&w->watchdog);
	loop_free(&w->loop);
}

static void
set_log(const struct router_options *o, const struct router_config *c)
{
	struct err e = { 0 };
	enum log_level level = LOG_LEVEL_INFO;
	const char *form =
	    o->log_format != NULL ? o->log_format : c->log_format;
	log_open(STDERR_FILENO,
	    text_eq(form, "json") ? LOG_FORM_JSON : LOG_FORM_TEXT);
	/* Both were checked where they came from. */
	if (log_level_find(o->log_level != NULL ? o->log_level : c->log_level,
		&level, &e) == 0)
		log_set_level(level);
}

static int
serve(struct running *w, struct err *e)
{
	struct router *r = w->r;
	const char *address = NULL;
	int port = 0;
	if (w->o->listen != NULL) {
		int rc = config_parse_listen(
		    w->o->listen, r->arena, &address, &port, e);
		if (rc < 0)
			return rc;
	}
	int rc = router_serve(r, address, port, e);
	if (rc < 0)
		return rc;
	log_event(LOG_LEVEL_INFO, "listening", LOG_STR("url", r->config.url),
	    LOG_INT("port", httpd_port(r->httpd)),
	    LOG_INT("threads", r->threads), LOG_INT("pid", getpid()),
	    LOG_STR("version", RIGHTLINK_VERSION));
	notify_send("READY=1");
	return loop_run(w->loop, e);
}

static int
run(const struct router_options *o, struct router *r, struct err *e)
{
	struct running w = { .r = r, .o = o, .loop = loop_new() };
	watch(&w);
	int rc = serve(&w, e);
	unwatch(&w);
	router_stop(r, o->grace >= 0 ? o->grace * 1000 : GRACE_MS);
	if (rc == 0)
		log_event(
		    LOG_LEVEL_INFO, "stopped", LOG_STR("data", r->data_path));
	return rc;
}

/* What lies in the directory is wrong: starting again will not help. */
static int
open_router(const struct router_options *o, int data_fd, struct router **ret_r,
    struct err *e)
{
	AUTO(arena_free) struct arena *a = arena_new();
	struct router_config c;
	int rc = config_load(data_fd, a, &c, e);
	if (rc < 0)
		return rc;
	set_log(o, &c);
	rc = router_open(
	    o->data, o->threads > 0 ? (int)o->threads : 0, ret_r, e);
	if (rc < 0)
		return rc;
	struct tls_look look;
	tend_certificate(*ret_r);
	return look_at_certificate(*ret_r, &look, e);
}

int
router_command_run(const struct router_options *o)
{
	struct err e = { 0 };
	AUTO(router_close) struct router *r = NULL;
	AUTO_FD int lock = -1;
	AUTO_FD int data_fd = fsat_open_dir(AT_FDCWD, o->data, &e);
	if (data_fd < 0)
		return say_error(o, &e, ROUTER_EXIT_CONFIG);
	struct stat st;
	if (fstatat(data_fd, CONFIG_FILE, &st, 0) < 0) {
		(void)err_set(&e, ERR_ABSENT,
		    "'%s' holds no router; `rightlink router init` makes one",
		    o->data);
		return say_error(o, &e, ROUTER_EXIT_CONFIG);
	}
	int rc = take_lock(data_fd, o->data, &lock, &e);
	if (rc < 0)
		return say_error(o, &e,
		    rc == ERR_STATE ? ROUTER_EXIT_BUSY : ROUTER_EXIT_FAILED);
	if (open_router(o, data_fd, &r, &e) < 0)
		return say_error(o, &e, ROUTER_EXIT_CONFIG);
	if (run(o, r, &e) < 0)
		return say_error(o, &e, ROUTER_EXIT_FAILED);
	return ROUTER_EXIT_OK;
}
