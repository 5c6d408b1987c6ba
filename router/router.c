/* SPDX-License-Identifier: MIT */
/* Opening what lies in a data directory, and the newest trust bundle. */
#include "router/router.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "common/auto.h"
#include "common/digest.h"
#include "common/fsat.h"
#include "router/auth.h"
#include "router/events.h"
#include "router/fabric.h"
#include "router/httpd.h"
#include "router/metrics.h"
#include "router/openapi.h"
#include "router/store.h"

#define ROUTER_MAGIC 0x726f7574u
#define CA_MAX_BYTES ((size_t)64 << 10)

/* --- trust ------------------------------------------------------------- */

static void
trust_release(struct router_trust **t)
{
	while (*t != NULL) {
		struct router_trust *older = (*t)->older;
		trust_free(&(*t)->trust);
		free((*t)->envelope);
		free(*t);
		*t = older;
	}
}

static int
load_trust(
    const struct router *r, struct router_trust **ret_trust, struct err *e)
{
	AUTO(jsn_free) struct jsn *envelope = NULL;
	AUTO_BUF struct buf text = BUF_INIT(ROUTER_TRUST_MAX_BYTES);
	struct trust *trust = NULL;
	int rc = jsn_load(r->data_fd, ROUTER_TRUST_FILE, ROUTER_TRUST_MAX_BYTES,
	    &envelope, e);
	if (rc == 0)
		rc = trust_open(envelope, &r->config.root_kid, &trust, e);
	if (rc < 0)
		return err_wrap(e, "%s", ROUTER_TRUST_FILE);
	jsn_format(envelope, JSN_PLAIN, &text);
	struct router_trust *t = xcalloc(1, sizeof(*t));
	t->version = trust_version(trust);
	t->trust = trust;
	t->envelope = buf_take(&text);
	*ret_trust = t;
	return 0;
}

const struct router_trust *
router_trust(const struct router *r)
{
	CHECK_OBJ(r, ROUTER_MAGIC);
	return atomic_load(&r->trust);
}

int
router_trust_reload(struct router *r, struct err *e)
{
	CHECK_OBJ(r, ROUTER_MAGIC);
	struct router_trust *t = NULL, *now = atomic_load(&r->trust);
	int rc = load_trust(r, &t, e);
	if (rc < 0)
		return rc;
	if (t->version == now->version) {
		trust_release(&t);
		return 0;
	}
	if (t->version < now->version) {
		rc = err_set(e, ERR_STATE,
		    "%s has version %lld, older than %lld which agents may "
		    "have seen",
		    ROUTER_TRUST_FILE, (long long)t->version,
		    (long long)now->version);
		trust_release(&t);
		return rc;
	}
	/* Readers may still look at the older ones. */
	t->older = now;
	atomic_store(&r->trust, t);
	if (r->httpd != NULL)
		fabric_wake_all(r->fabric);
	return 0;
}

uint64_t
router_auth_epoch(const struct router *r)
{
	return atomic_load(&r->auth_epoch);
}

void
router_auth_bump(struct router *r)
{
	atomic_fetch_add(&r->auth_epoch, 1);
}

/* --- what the store calls ---------------------------------------------- */

static void
post(int thread, void (*fn)(void *), void *arg, void *ctx)
{
	fabric_post(thread, fn, arg, ((struct router *)ctx)->fabric);
}

static bool
online(const char *id, void *ctx)
{
	return fabric_online(id, ((struct router *)ctx)->fabric);
}

static void
changed(const struct store_changes *c, void *ctx)
{
	struct router *r = ctx;
	fabric_changed(c, r->fabric);
	if (c->event_seq > 0)
		events_wake(r->events);
}

static int
open_store(struct router *r, struct err *e)
{
	struct store_options o = {
		.directory = r->data_path,
		.threads = r->threads,
		.post = post,
		.online = online,
		.changed = changed,
		.ctx = r,
	};
	return store_open(&o, &r->store, e);
}

/* --- opening ----------------------------------------------------------- */

static int
load_keys(struct router *r, struct err *e)
{
	struct tls_look ca;
	int rc = sign_key_load(
	    r->data_fd, ROUTER_AUTHORITY_KEY_FILE, &r->authority_key, e);
	if (rc == 0)
		rc = sign_key_load(
		    r->data_fd, ROUTER_ACCESS_KEY_FILE, &r->access_key, e);
	if (rc == 0)
		rc = tls_look(
		    r->data_fd, ROUTER_TLS_DIR "/" TLS_CA_FILE, &ca, e);
	if (rc == 0)
		rc = fsat_read(r->data_fd, ROUTER_TLS_DIR "/" TLS_CA_FILE,
		    CA_MAX_BYTES, &r->ca_pem, e);
	if (rc < 0)
		return rc;
	sign_key_public(r->access_key, &r->access_public);
	struct digest_text sha = digest_of(
	    DIGEST_SHA256, (struct str){ buf_text(&r->ca_pem), r->ca_pem.len });
	snprintf(r->ca_sha256, sizeof(r->ca_sha256), "%s", sha.hex);
	return 0;
}

static int
load_config(struct router *r, struct err *e)
{
	r->data_fd = fsat_open_dir(AT_FDCWD, r->data_path, e);
	int rc = r->data_fd;
	if (rc >= 0)
		rc = config_load(r->data_fd, r->arena, &r->config, e);
	if (rc == ERR_ABSENT)
		return err_set(e, ERR_ABSENT,
		    "'%s' holds no router; `rightlink router init --data DIR` "
		    "makes one",
		    r->data_path);
	return rc < 0 ? err_wrap(e, "'%s'", r->data_path) : 0;
}

static int
load_all(struct router *r, int threads, struct err *e)
{
	struct router_trust *trust = NULL;
	int rc = load_config(r, e);
	if (rc == 0)
		rc = load_keys(r, e);
	if (rc == 0)
		rc = load_trust(r, &trust, e);
	if (rc < 0)
		return rc;
	atomic_store(&r->trust, trust);
	r->threads =
	    httpd_thread_count(threads > 0 ? threads : (int)r->config.threads);
	r->metrics = metrics_new(r->threads);
	r->auth_limits = auth_limits_new();
	r->events = events_new(r);
	r->fabric = fabric_new(r);
	r->openapi = openapi_new(r->config.url);
	return open_store(r, e);
}

int
router_open(const char *data_path, int threads, struct router **ret_router,
    struct err *e)
{
	struct router *r = xcalloc(1, sizeof(*r));
	r->magic = ROUTER_MAGIC;
	r->data_path = xstrdup(data_path);
	r->data_fd = -1;
	r->spool_fd = -1;
	r->arena = arena_new();
	buf_init(&r->ca_pem, CA_MAX_BYTES);
	int rc = load_all(r, threads, e);
	if (rc < 0)
		router_close(&r);
	else
		*ret_router = r;
	return rc;
}

int
router_serve(struct router *r, const char *address, int port, struct err *e)
{
	CHECK_OBJ(r, ROUTER_MAGIC);
	int rc = fsat_mkdir_all(r->data_fd, ROUTER_SPOOL_DIR, 0700, e);
	if (rc < 0)
		return rc;
	AUTO_STR char *spool = path_join(r->data_path, ROUTER_SPOOL_DIR);
	AUTO_STR char *tls = path_join(r->data_path, ROUTER_TLS_DIR);
	AUTO_STR char *certificate = path_join(tls, TLS_SERVER_FILE);
	AUTO_STR char *key = path_join(tls, TLS_SERVER_KEY_FILE);
	r->spool_fd = fsat_open_dir(AT_FDCWD, spool, e);
	if (r->spool_fd < 0)
		return r->spool_fd;
	struct httpd_options o = {
		.address = address,
		.port = port,
		.threads = r->threads,
		.certificate_file = certificate,
		.key_file = key,
		.spool_dir = r->spool_fd,
		.max_connections = (size_t)r->config.max_connections,
		.header_timeout_ms = r->config.header_timeout_ms,
	};
	if (address == NULL)
		rc = config_parse_listen(
		    r->config.listen, r->arena, &o.address, &o.port, e);
	if (rc >= 0)
		rc = fabric_start(r->fabric, e);
	struct httpd *h;
	return rc < 0 ? rc : httpd_start(r, &o, &h, e);
}

void
router_stop(struct router *r, int64_t grace_ms)
{
	CHECK_OBJ(r, ROUTER_MAGIC);
	if (r->httpd != NULL)
		httpd_drain(r->httpd, grace_ms);
	if (r->fabric != NULL)
		fabric_stop(r->fabric);
	/* It does what is queued, and tells the threads while they live; they
	 * may read as long. */
	if (r->store != NULL)
		store_finish(r->store);
	httpd_free(&r->httpd);
	store_close(&r->store);
}

void
router_close(struct router **router)
{
	struct router *r = router == NULL ? NULL : *router;
	if (r == NULL)
		return;
	CHECK_OBJ(r, ROUTER_MAGIC);
	router_stop(r, 0);
	fabric_free(&r->fabric);
	events_free(&r->events);
	auth_limits_free(&r->auth_limits);
	metrics_free(&r->metrics);
	struct router_trust *trust = atomic_load(&r->trust);
	trust_release(&trust);
	sign_key_free(&r->authority_key);
	sign_key_free(&r->access_key);
	buf_release(&r->ca_pem);
	arena_free(&r->arena);
	fd_close(&r->data_fd);
	fd_close(&r->spool_fd);
	free(r->openapi);
	free(r->data_path);
	r->magic = 0;
	free(r);
	*router = NULL;
}
