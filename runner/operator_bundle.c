/* SPDX-License-Identifier: MIT */
/*
 * `rightlink bundle` with a router: push, list, verify against its trust
 * bundle. A push is the archive first, then the manifest that names it; each
 * step may be repeated, so a push that was cut short is simply done again.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "common/auto.h"
#include "common/clock.h"
#include "common/fsat.h"
#include "common/http.h"
#include "runner/bundle_command.h"
#include "runner/operator.h"
#include "wire/trust.h"

#define ANSWER_MAX_BYTES ((size_t)64 << 10)
#define REST_MS 700

/* What is to be pushed, whatever it was made from. */
struct push {
	struct operation *op;
	struct places places;
	char *scratch; /* directory of a built archive, or NULL */
	struct build_result built;
	struct archive *archive;
	const struct bundle *bundle;
	const char *file;
	struct archive_info info;
	struct jsn *envelope;
	int64_t serial;
	int64_t newest; /* serial at the router, 0: none */
	bool is_served; /* just this archive */
};

static void
push_release(struct push *p)
{
	struct err e = { 0 };
	if (p->scratch != NULL)
		(void)!fsat_remove_tree(AT_FDCWD, p->scratch, &e);
	free(p->scratch);
	build_result_release(&p->built);
	archive_close(&p->archive);
	jsn_free(&p->envelope);
	places_release(&p->places);
}

/* ---- what is pushed ---------------------------------------------------- */

static int
build(struct push *p, const char *dir, struct err *e)
{
	const struct options *o = p->op->o;
	const char *base = getenv("TMPDIR");
	p->scratch = xasprintf("%s/rl-bundle-XXXXXX",
	    base != NULL && base[0] == '/' ? base : "/tmp");
	if (mkdtemp(p->scratch) == NULL) {
		str_free(&p->scratch);
		return err_sys(e, "make a temporary directory");
	}
	AUTO_STR char *file = path_join(p->scratch, "bundle.tar.zst");
	struct build_spec spec = { .places = &p->places,
		.dir = dir,
		.file = file,
		.offline = o->offline,
		.with_credentials = o->with_credentials,
		.note = bundle_note,
		.arg = p->op->t };
	int rc = bundle_build(&spec, &p->built, e);
	if (rc < 0)
		return rc;
	p->bundle = p->built.bundle;
	p->file = p->built.file;
	p->info = p->built.info;
	return 0;
}

static int
prepare(struct push *p, const char *path, struct err *e)
{
	struct err ignored = { 0 };
	AUTO_FD int dir = fsat_open_dir(AT_FDCWD, path, &ignored);
	int rc = places_find(NULL, NULL, &p->places, e);
	if (rc < 0 || dir >= 0)
		return rc < 0 ? rc : build(p, path, e);
	rc = archive_open(&p->places, path, &p->archive, e);
	if (rc < 0)
		return rc;
	p->bundle = p->archive->bundle;
	p->file = p->archive->file;
	p->info = p->archive->info;
	return 0;
}

/* What the router serves under this name. */
static int
look(struct push *p, struct err *e)
{
	AUTO(jsn_free) struct jsn *reply = NULL;
	int rc =
	    operator_call(p->op, API_bundle_list, NULL, NULL, NULL, &reply, e);
	if (rc < 0)
		return rc;
	const struct jsn *list = jsn_get(reply, "bundles");
	for (size_t i = 0; i < jsn_len(list); i++) {
		const struct jsn *b = jsn_at(list, i);
		if (!text_eq(jsn_peek_str(b, "name", ""), p->bundle->name))
			continue;
		p->newest = jsn_peek_int(b, "serial", 0);
		p->is_served =
		    text_eq(jsn_peek_str(b, "sha256", ""), p->info.sha256);
	}
	return 0;
}

/* FILE.sig as it is, when there is one. */
static int
take_signature(struct push *p, struct err *e)
{
	AUTO(arena_free) struct arena *a = arena_new();
	AUTO(envelope_release) struct envelope v = { .sigs_len = 0 };
	struct manifest m;
	int rc = bundle_read_signature(p->file, a, &v, &m, &p->envelope, e);
	if (rc == 0)
		rc = archive_check(p->archive, &m, e);
	if (rc == 0)
		p->serial = m.serial;
	return rc;
}

static int
sign(struct push *p, struct err *e)
{
	AUTO_STR char *sig = xasprintf("%s%s", p->file, ARCHIVE_SIG_SUFFIX);
	if (p->archive != NULL && p->op->o->key == NULL &&
	    p->op->o->serial < 0 && access(sig, F_OK) == 0)
		return take_signature(p, e);
	AUTO(sign_key_free) struct sign_key *key = NULL;
	int rc = bundle_signing_key(p->op->o, &key, e);
	if (rc < 0)
		return rc;
	int64_t now = clock_now_ms();
	p->serial = p->op->o->serial >= 0 ? p->op->o->serial
		    : now > p->newest     ? now
					  : p->newest + 1;
	struct manifest m = { .name = p->bundle->name,
		.version = p->bundle->version,
		.sha256 = p->info.sha256,
		.bytes = p->info.bytes,
		.files = p->info.files,
		.serial = p->serial,
		.issued_at = now };
	return manifest_seal(&m, key, &p->envelope, e);
}

/* ---- the archive ------------------------------------------------------- */

static void
on_sent(int64_t bytes, void *arg)
{
	const struct push *p = arg;
	term_progress(p->op->t, "sending %.1f of %.1f MB", (double)bytes / 1e6,
	    (double)p->info.bytes / 1e6);
}

static int
read_answer(int status, const struct buf *body, struct err *e)
{
	AUTO(jsn_free) struct jsn *v = NULL;
	struct err ignored = { 0 };
	const char *message = NULL;
	if (jsn_parse((struct str){ buf_text(body), body->len }, "answer",
		ANSWER_MAX_BYTES, &v, &ignored) == 0)
		message = jsn_peek_str(jsn_get(v, "error"), "message", NULL);
	if (message != NULL)
		return err_set(e, ERR_REMOTE, "router: %s", message);
	return err_set(e, ERR_REMOTE,
	    "router: the archive was answered with status %d", status);
}

/* 1: a failure that may pass. */
static int
send_once(
    struct push *p, const char *url, const char *authorization, struct err *e)
{
	AUTO_FD int fd = open(p->file, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return err_sys(e, "open '%s'", p->file);
	AUTO_BUF struct buf body = BUF_INIT(ANSWER_MAX_BYTES);
	AUTO(http_response_release) struct http_response r = { .status = 0 };
	const char *headers[] = { authorization,
		"Content-Type: application/octet-stream", NULL };
	struct http_request q = { .method = "PUT",
		.url = url,
		.headers = headers,
		.send_fd = fd,
		.send_bytes = p->info.bytes,
		.on_sent = on_sent,
		.on_sent_arg = p,
		.body_buf = &body,
		.ca_file = p->op->context.ca_file,
		.max_redirects = -1 };
	int rc = http_perform(&q, &r, e);
	if (rc == ERR_NETWORK || rc == ERR_TIMEOUT || rc == ERR_PROTOCOL)
		return 1;
	if (rc < 0 || r.status == 200 || r.status == 201)
		return rc;
	(void)read_answer(r.status, &body, e);
	bool passing = r.status == 408 || r.status == 429 ||
		       (r.status >= 502 && r.status <= 504);
	return passing ? 1 : ERR_REMOTE;
}

static int
send_archive(struct push *p, struct err *e)
{
	AUTO(jsn_free) struct jsn *none = NULL;
	int rc = operator_call(
	    p->op, API_artefact_head, p->info.sha256, NULL, NULL, &none, e);
	if (rc != ERR_ABSENT)
		return rc;
	const char *const vars[] = { p->info.sha256 };
	AUTO_BUF struct buf url = BUF_INIT(4096);
	buf_add_str(&url, p->op->context.router);
	wire_route_path(API_artefact_put, vars, &url);
	AUTO_STR char *authorization =
	    xasprintf("Authorization: Bearer %s", p->op->context.token);
	int64_t give_up =
	    p->op->o->retry >= 0 ? p->op->o->retry * 1000 : API_GIVE_UP_MS;
	int64_t began = clock_mono_ms();
	term_progress_begin(p->op->t);
	while ((rc = send_once(p, buf_text(&url), authorization, e)) == 1) {
		if (clock_mono_ms() - began > give_up) {
			rc = e->code;
			break;
		}
		struct timespec rest = { .tv_nsec = REST_MS * 1000000L };
		nanosleep(&rest, NULL);
	}
	term_progress_end(p->op->t);
	explicit_bzero(authorization, strlen(authorization));
	return rc;
}

/* ---- push -------------------------------------------------------------- */

static void
print_push(const struct push *p, bool pushed)
{
	const struct term *t = p->op->t;
	if (t->output != TERM_TEXT) {
		AUTO(jsn_free) struct jsn *v = jsn_new_object();
		jsn_set_str(v, "name", p->bundle->name);
		if (p->bundle->version != NULL)
			jsn_set_str(v, "version", p->bundle->version);
		jsn_set_int(v, "serial", pushed ? p->serial : p->newest);
		jsn_set_str(v, "sha256", p->info.sha256);
		jsn_set_int(v, "bytes", p->info.bytes);
		jsn_set_int(v, "files", p->info.files);
		jsn_set_bool(v, "pushed", pushed);
		term_json(t, v);
		return;
	}
	AUTO_BUF struct buf text = BUF_INIT(4096);
	const char *version = p->bundle->version;
	buf_printf(&text, "%s%s%s  serial %lld, %lld entries, %.1f kB%s\n",
	    p->bundle->name, version != NULL ? " " : "",
	    version != NULL ? version : "",
	    (long long)(pushed ? p->serial : p->newest),
	    (long long)p->info.files, (double)p->info.bytes / 1e3,
	    pushed ? "" : "; the router serves just this already");
	term_data(t, (struct str){ text.data, text.len });
}

static int
do_push(struct operation *op, struct err *e)
{
	AUTO(push_release) struct push p = { .op = op };
	int rc = prepare(&p, op->o->args.list[1], e);
	if (rc < 0) {
		/* The bundle's fault, not the router's. */
		term_error(op->t, e, bundle_exit_status(e));
		return bundle_exit_status(e);
	}
	rc = look(&p, e);
	if (rc == 0 && p.is_served && !op->o->force) {
		print_push(&p, false);
		return EXIT_STATUS_OK;
	}
	if (rc == 0)
		rc = sign(&p, e);
	if (rc == 0)
		rc = send_archive(&p, e);
	AUTO(jsn_free) struct jsn *reply = NULL;
	if (rc == 0)
		rc = operator_call(op, API_bundle_push, p.bundle->name, NULL,
		    p.envelope, &reply, e);
	if (rc < 0)
		return err_wrap(e, "push '%s'", p.bundle->name);
	print_push(&p, true);
	return EXIT_STATUS_OK;
}

/* ---- list, verify ------------------------------------------------------ */

static int
do_list(struct operation *op, struct err *e)
{
	AUTO(jsn_free) struct jsn *reply = NULL;
	int rc =
	    operator_call(op, API_bundle_list, NULL, NULL, NULL, &reply, e);
	if (rc < 0)
		return rc;
	if (op->t->output != TERM_TEXT) {
		term_json(op->t, reply);
		return EXIT_STATUS_OK;
	}
	AUTO(table_free)
	struct table *t = table_new("NAME|VERSION|>SERIAL|>SIZE|>PUSHED");
	const struct jsn *list = jsn_get(reply, "bundles");
	for (size_t i = 0; i < jsn_len(list); i++) {
		const struct jsn *b = jsn_at(list, i);
		char ago[32];
		operator_duration(
		    clock_now_ms() - jsn_peek_int(b, "pushed_at", 0), ago);
		table_row(t);
		table_cell(t, TERM_TITLE, "%s", jsn_peek_str(b, "name", ""));
		table_cell(
		    t, TERM_PLAIN, "%s", jsn_peek_str(b, "version", "-"));
		table_cell(t, TERM_PLAIN, "%lld",
		    (long long)jsn_peek_int(b, "serial", 0));
		table_cell(t, TERM_PLAIN, "%.1f kB",
		    (double)jsn_peek_int(b, "bytes", 0) / 1e3);
		table_cell(t, TERM_FAINT, "%s ago", ago);
	}
	table_print(t, op->t);
	return EXIT_STATUS_OK;
}

static int
check_trust(struct operation *op, const struct envelope *v,
    struct trust_verdict *verdict, struct err *e)
{
	AUTO(jsn_free) struct jsn *reply = NULL;
	AUTO(trust_free) struct trust *t = NULL;
	struct sign_kid root;
	int rc = sign_kid_parse(str_from(op->o->root), &root, e);
	if (rc < 0)
		return err_wrap(e, "--root");
	rc = operator_call(op, API_trust, NULL, NULL, NULL, &reply, e);
	if (rc == 0)
		rc = trust_open(jsn_get(reply, "trust"), &root, &t, e);
	if (rc == 0)
		rc = trust_check(t, v, SIGN_DOMAIN_MANIFEST, "bundle",
		    clock_now_ms(), verdict, e);
	return rc;
}

static int
do_verify(struct operation *op, struct err *e)
{
	AUTO(places_release) struct places places = { .state = NULL };
	AUTO(arena_free) struct arena *arena = arena_new();
	AUTO(archive_close) struct archive *a = NULL;
	AUTO(envelope_release) struct envelope v = { .sigs_len = 0 };
	const char *file = op->o->args.list[1];
	struct trust_verdict verdict;
	struct manifest m;
	int rc = bundle_read_signature(file, arena, &v, &m, NULL, e);
	if (rc == 0)
		rc = check_trust(op, &v, &verdict, e);
	if (rc == 0)
		rc = places_find(NULL, NULL, &places, e);
	if (rc == 0)
		rc = archive_open(&places, file, &a, e);
	if (rc == 0)
		rc = archive_check(a, &m, e);
	if (rc < 0)
		return rc;
	AUTO_STR char *signer =
	    xasprintf("%s (%s)", verdict.kid.text, verdict.name);
	bundle_print_archive(
	    op->t, a->bundle, a->file, &a->info, "signed by", signer);
	return EXIT_STATUS_OK;
}

int
operator_bundle(const struct options *o, struct term *t)
{
	static const struct operator_action actions[] = {
		{ "list", "bundle list", 0, 0, do_list },
		{ "push", "bundle push DIR|FILE", 1, 1, do_push },
		{ "verify", "bundle verify FILE --root KID", 1, 1, do_verify },
	};
	struct operation op;
	int status = operator_open(&op, o, t);
	if (status == EXIT_STATUS_OK) {
		struct err e = { 0 };
		operator_fn fn = NULL;
		int rc = operator_find_action(
		    &op, "bundle", actions, ARRAY_LEN(actions), &fn, &e);
		if (rc == 0)
			rc = fn(&op, &e);
		status = rc < 0 ? operator_fail(&op, &e) : rc;
	}
	operator_close(&op);
	return status;
}
