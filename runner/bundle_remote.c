/* SPDX-License-Identifier: MIT */
/*
 * One piece of work at a time: ask, look what is there of the archive, get the
 * rest, unpack, validate, switch. Each step can be cut short by the end of the
 * process and is found again by the next one; nothing counts before the switch.
 */
#include "runner/bundle_remote.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/arena.h"
#include "common/auto.h"
#include "common/backoff.h"
#include "common/digest.h"
#include "common/fsat.h"
#include "common/log.h"
#include "runner/bundle_shelf.h"
#include "runner/bundle_sources.h"
#include "runner/fetch_process.h"
#include "wire/frames.h"

#define REMOTE_MAGIC 0x72656d6fu
#define ASK_TIMEOUT_MS 60000
#define STALL_MS 60000
#define DOWNLOAD_TIMEOUT_MS ((int64_t)12 * 3600 * 1000)
#define TURN_BYTES ((size_t)4 << 20) /* hashed in one turn of the loop */
#define SLOW_FIRST_MS 60000
#define SLOW_MAX_MS 600000

enum step {
	STEP_IDLE,
	STEP_ASK,
	STEP_HASH,
	STEP_DOWNLOAD,
	STEP_UNPACK,
};

struct bundle_remote {
	unsigned magic;
	struct bundle_remote_options o;
	struct shelf shelf;
	char *current_path; /* of what counts, or NULL */
	int64_t wanted;     /* the router's, 0: nothing known */
	int64_t refused;    /* for good, 0: none */
	enum step step;
	struct loop_watch *again; /* after a failure, or the next turn */
	bool resting;             /* after a failure */
	struct backoff backoff, slow;
	/* in work */
	struct arena *arena;
	struct manifest m;
	int fd; /* of the archive on its way */
	struct digest *digest;
	int64_t have; /* bytes in file and digest */
	bool ranged, too_long;
	struct err write_err;
	struct fetch_process *fetch;
	char *unpacked; /* name of the directory */
};

static void look(struct bundle_remote *r);

/* What was in work is over, however. */
static void
work_end(struct bundle_remote *r)
{
	struct err ignored = { 0 };
	fetch_process_drop(&r->fetch);
	if (r->unpacked != NULL)
		(void)!fsat_remove_tree(r->shelf.dir, r->unpacked, &ignored);
	str_free(&r->unpacked);
	fd_close(&r->fd);
	digest_free(&r->digest);
	arena_free(&r->arena);
	r->m = (struct manifest){ .name = NULL };
	r->step = STEP_IDLE;
}

static void
rest(struct bundle_remote *r, struct backoff *b, const char *text)
{
	int64_t pause = backoff_next(b, 0);
	log_event(LOG_LEVEL_WARN, "bundle_not_taken",
	    LOG_INT("serial", r->wanted), LOG_STR("text", text),
	    LOG_INT("again_ms", pause));
	work_end(r);
	r->resting = true;
	loop_set(r->again, pause);
}

static void
fail(struct bundle_remote *r, const char *text)
{
	rest(r, &r->backoff, text);
}

/* The same again would come to the same. */
static void
refuse(struct bundle_remote *r, const char *text)
{
	r->refused = r->wanted;
	log_event(LOG_LEVEL_ERROR, "bundle_refused",
	    LOG_INT("serial", r->wanted), LOG_STR("text", text));
	work_end(r);
	shelf_drop_parts(&r->shelf, NULL);
	look(r);
}

/* ---- the switch -------------------------------------------------------- */

static void
set_current(struct bundle_remote *r)
{
	str_free(&r->current_path);
	const char *dir = shelf_current(&r->shelf).dir;
	if (dir != NULL)
		r->current_path = path_join(r->shelf.path, dir);
}

static void
take(struct bundle_remote *r, const char *dir)
{
	struct err e = { 0 };
	AUTO_STR char *name = xstrdup(dir); /* the record is replaced */
	if (shelf_switch(&r->shelf, name, &r->m, &e) < 0) {
		fail(r, e.text);
		return;
	}
	set_current(r);
	log_event(LOG_LEVEL_INFO, "bundle_taken", LOG_STR("name", r->m.name),
	    LOG_STR("version", r->m.version != NULL ? r->m.version : ""),
	    LOG_INT("serial", r->m.serial));
	backoff_reset(&r->backoff);
	backoff_reset(&r->slow);
	int64_t serial = r->m.serial;
	work_end(r);
	r->o.on_bundle(r->current_path, serial, r->o.arg);
	look(r);
}

/* ---- unpacking --------------------------------------------------------- */

static int
validate(struct bundle_remote *r, const struct jsn *result, struct err *e)
{
	AUTO_STR char *path = path_join(r->shelf.path, r->unpacked);
	AUTO(bundle_free) struct bundle *b = NULL;
	int64_t files = jsn_peek_int(result, "files", 0);
	if (files != r->m.files)
		return err_set(e, ERR_INVALID,
		    "the archive has %lld entries; signed were %lld",
		    (long long)files, (long long)r->m.files);
	int rc = bundle_load(path, &b, e);
	if (rc < 0)
		return rc;
	if (!text_eq(b->name, r->m.name))
		return err_set(e, ERR_INVALID,
		    "the archive holds bundle '%s'; signed was '%s'", b->name,
		    r->m.name);
	if (bundle_sources_outside(b) > 0)
		return err_set(
		    e, ERR_INVALID, "the bundle needs sources from elsewhere");
	for (size_t i = 0; rc == 0 && i < b->script_sources.len; i++)
		rc = bundle_add_scripts(b, b->script_sources.list[i].url, e);
	return rc == 0 ? bundle_check_scripts(b, e) : rc;
}

static bool
is_the_archives_fault(int rc)
{
	return rc == ERR_INVALID || rc == ERR_SYNTAX || rc == ERR_LIMIT ||
	       rc == ERR_ABSENT;
}

static void
on_unpacked(int rc, struct jsn *result, const struct err *e, void *arg)
{
	struct bundle_remote *r = arg;
	struct err bad = { 0 };
	AUTO_STR char *dir = NULL;
	r->fetch = NULL;
	if (rc == 0) {
		rc = validate(r, result, &bad);
		e = &bad;
	}
	if (rc < 0 && is_the_archives_fault(rc)) {
		refuse(r, e->text);
		return;
	}
	if (rc == 0)
		rc = shelf_keep(&r->shelf, r->unpacked, &r->m, &dir, &bad);
	if (rc < 0) {
		fail(r, e->text);
		return;
	}
	str_free(&r->unpacked);
	take(r, dir);
}

static int
start_unpack(struct bundle_remote *r, struct err *e)
{
	int rc = shelf_begin(&r->shelf, &r->unpacked, e);
	if (rc < 0)
		return rc;
	AUTO_STR char *archive =
	    xasprintf("%s/.%s.part", r->shelf.path, r->m.sha256);
	AUTO_STR char *dir = path_join(r->shelf.path, r->unpacked);
	AUTO(jsn_free) struct jsn *request = wire_frame_new("unpack_request");
	jsn_set_int(request, "version", 1);
	jsn_set_str(request, "archive", archive);
	jsn_set_str(request, "dir", dir);
	struct fetch_process_spec spec = { .places = r->o.places,
		.request = request,
		.done = on_unpacked,
		.arg = r };
	r->step = STEP_UNPACK;
	return fetch_process_start(r->o.loop, &spec, &r->fetch, e);
}

/* ---- the archive ------------------------------------------------------- */

static void
discard(struct bundle_remote *r)
{
	if (ftruncate(r->fd, 0) < 0)
		shelf_drop_parts(&r->shelf, NULL);
}

static void
archive_is_here(struct bundle_remote *r)
{
	struct err e = { 0 };
	struct digest_text have = digest_finish(r->digest);
	if (!text_eq(have.hex, r->m.sha256)) {
		discard(r);
		AUTO_STR char *text =
		    xasprintf("the archive has the SHA-256 %s; signed was %s",
			have.hex, r->m.sha256);
		fail(r, text);
		return;
	}
	int rc = fsync(r->fd) < 0 ? err_sys(&e, "sync the archive")
				  : start_unpack(r, &e);
	if (rc < 0)
		fail(r, e.text);
}

static void
on_piece(struct str chunk, void *arg)
{
	struct bundle_remote *r = arg;
	if (r->too_long || r->write_err.code != 0)
		return;
	if ((int64_t)chunk.len > r->m.bytes - r->have) {
		r->too_long = true;
		return;
	}
	if (fd_write_all(r->fd, chunk.data, chunk.len, &r->write_err) < 0)
		return;
	digest_feed(r->digest, chunk);
	r->have += (int64_t)chunk.len;
}

/* NULL: the answer is good as far as it goes. */
static const char *
download_fault(struct bundle_remote *r, int rc, int status, const struct err *e)
{
	if (r->write_err.code != 0)
		return r->write_err.text;
	if (rc == 0 &&
	    (r->too_long || (r->ranged && status == 200) || status == 416)) {
		discard(r);
		return "the router sent another archive than the signed one";
	}
	if (rc < 0)
		return e->text;
	if (status != 200 && status != 206)
		return status == 404 ? "the archive is not served any more"
				     : "the router does not send the archive";
	return r->have < r->m.bytes ? "the archive was cut short" : NULL;
}

static void
on_downloaded(
    int rc, int status, const struct jsn *reply, const struct err *e, void *arg)
{
	(void)reply;
	struct bundle_remote *r = arg;
	const char *fault = download_fault(r, rc, status, e);
	if (fault != NULL)
		fail(r, fault);
	else
		archive_is_here(r);
}

static void
download(struct bundle_remote *r)
{
	const char *const vars[] = { r->m.sha256 };
	struct port_call call = { .route = API_artefact_get,
		.vars = vars,
		.timeout_ms = DOWNLOAD_TIMEOUT_MS,
		.chunk = on_piece,
		.range_from = r->have,
		.stall_ms = STALL_MS,
		.done = on_downloaded,
		.arg = r };
	r->step = STEP_DOWNLOAD;
	r->ranged = r->have > 0;
	r->o.call(&call, r->o.arg);
}

/* What is there of it goes through the digest, a part a turn. */
static void
hash_some(struct bundle_remote *r)
{
	char chunk[65536];
	for (size_t done = 0; done < TURN_BYTES; done += sizeof(chunk)) {
		ssize_t n = read(r->fd, chunk, sizeof(chunk));
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			fail(r, "the archive on its way cannot be read");
			return;
		}
		if (n == 0) {
			if (r->have == r->m.bytes)
				archive_is_here(r);
			else
				download(r);
			return;
		}
		digest_feed(r->digest, (struct str){ chunk, (size_t)n });
		r->have += n;
	}
	loop_set(r->again, 0);
}

static int
open_part(struct bundle_remote *r, struct err *e)
{
	struct stat st;
	AUTO_STR char *name = xasprintf(".%s.part", r->m.sha256);
	shelf_drop_parts(&r->shelf, r->m.sha256);
	r->fd = openat(r->shelf.dir, name,
	    O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (r->fd < 0 || fstat(r->fd, &st) < 0)
		return err_sys(e, "open '%s/%s'", r->shelf.path, name);
	if (st.st_size > r->m.bytes && ftruncate(r->fd, 0) < 0)
		return err_sys(e, "truncate '%s/%s'", r->shelf.path, name);
	r->digest = digest_new(DIGEST_SHA256);
	r->have = 0;
	r->too_long = false;
	err_clear(&r->write_err);
	return 0;
}

/* ---- asking ------------------------------------------------------------ */

/* ERR_DIGEST: not signed as it must be. */
static int
read_answer(struct bundle_remote *r, const struct jsn *reply, struct err *e)
{
	AUTO(envelope_release) struct envelope v = { .sigs_len = 0 };
	struct trust_verdict verdict;
	int rc = wire_shape_check(
	    &wire_routes[API_bundle_self].reply, reply, "bundle", e);
	if (rc == 0)
		rc =
		    envelope_parse(jsn_get(reply, "envelope"), "bundle", &v, e);
	if (rc == 0 && !r->o.unsigned_too)
		rc = r->o.judge(&v, &verdict, r->o.arg, e);
	if (rc < 0)
		return rc;
	r->arena = arena_new();
	rc = manifest_parse(
	    r->arena, (struct str){ v.payload.data, v.payload.len }, &r->m, e);
	if (rc < 0)
		return rc;
	if (r->m.serial != jsn_peek_int(reply, "serial", 0))
		return err_set(e, ERR_INVALID,
		    "the router names another serial than was signed");
	int64_t newest = shelf_newest(&r->shelf, r->m.name);
	if (r->m.serial < newest)
		return err_set(e, ERR_INVALID,
		    "bundle '%s' would go back from serial %lld to %lld",
		    r->m.name, (long long)newest, (long long)r->m.serial);
	return 0;
}

static void
begin(struct bundle_remote *r)
{
	struct err e = { 0 };
	struct shelf_bundle current = shelf_current(&r->shelf);
	if (current.serial == r->m.serial && text_eq(current.name, r->m.name)) {
		work_end(r);
		return;
	}
	const char *dir = shelf_find(&r->shelf, r->m.sha256);
	if (dir != NULL) {
		take(r, dir);
		return;
	}
	if (open_part(r, &e) < 0) {
		fail(r, e.text);
		return;
	}
	r->step = STEP_HASH;
	hash_some(r);
}

static void
on_answer(
    int rc, int status, const struct jsn *reply, const struct err *e, void *arg)
{
	struct bundle_remote *r = arg;
	struct err bad = { 0 };
	if (rc < 0 || (status != 200 && status != 404)) {
		fail(r, rc < 0 ? e->text
			       : jsn_peek_str(jsn_get(reply, "error"),
				     "message", "no answer"));
		return;
	}
	if (status == 404) {
		refuse(r, "the router has no bundle for this instance");
		return;
	}
	rc = read_answer(r, reply, &bad);
	/* Another trust bundle may be on its way, or a clock be mended. */
	if (rc == ERR_DIGEST)
		rest(r, &r->slow, bad.text);
	else if (rc < 0)
		refuse(r, bad.text);
	else {
		r->wanted = r->m.serial;
		begin(r);
	}
}

static void
look(struct bundle_remote *r)
{
	if (r->step != STEP_IDLE || r->resting || r->wanted == 0 ||
	    r->wanted == r->refused ||
	    r->wanted == shelf_current(&r->shelf).serial)
		return;
	struct port_call call = { .route = API_bundle_self,
		.timeout_ms = ASK_TIMEOUT_MS,
		.done = on_answer,
		.arg = r };
	r->step = STEP_ASK;
	r->o.call(&call, r->o.arg);
}

static void
on_again(void *arg)
{
	struct bundle_remote *r = arg;
	if (r->step == STEP_HASH) {
		hash_some(r);
		return;
	}
	r->resting = false;
	look(r);
}

/* ---- life -------------------------------------------------------------- */

int
bundle_remote_open(const struct bundle_remote_options *o,
    struct bundle_remote **ret_remote, struct err *e)
{
	struct bundle_remote *r = xcalloc(1, sizeof(*r));
	r->magic = REMOTE_MAGIC;
	r->o = *o;
	r->fd = -1;
	r->shelf.dir = -1;
	r->slow = (struct backoff){ .first_ms = SLOW_FIRST_MS,
		.max_ms = SLOW_MAX_MS };
	r->again = loop_after(o->loop, 0, on_again, r);
	loop_set(r->again, -1);
	int rc = shelf_open(o->places, &r->shelf, e);
	if (rc < 0) {
		bundle_remote_close(&r);
		return rc;
	}
	set_current(r);
	*ret_remote = r;
	return 0;
}

void
bundle_remote_close(struct bundle_remote **at)
{
	if (at == NULL || *at == NULL)
		return;
	struct bundle_remote *r = *at;
	CHECK_OBJ(r, REMOTE_MAGIC);
	work_end(r);
	loop_unwatch(&r->again);
	shelf_release(&r->shelf);
	str_free(&r->current_path);
	r->magic = 0;
	free(r);
	*at = NULL;
}

int
bundle_remote_current(
    const struct bundle_remote *r, const char **ret_dir, int64_t *ret_serial)
{
	CHECK_OBJ(r, REMOTE_MAGIC);
	if (r->current_path == NULL)
		return 0;
	*ret_dir = r->current_path;
	*ret_serial = shelf_current(&r->shelf).serial;
	return 1;
}

void
bundle_remote_want(struct bundle_remote *r, int64_t serial)
{
	CHECK_OBJ(r, REMOTE_MAGIC);
	r->wanted = serial;
	if (serial != r->refused)
		r->refused = 0;
	look(r);
}

void
bundle_remote_trust_changed(struct bundle_remote *r)
{
	CHECK_OBJ(r, REMOTE_MAGIC);
	if (!r->resting)
		return;
	backoff_reset(&r->slow);
	r->resting = false;
	loop_set(r->again, -1);
	look(r);
}
