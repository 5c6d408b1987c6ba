/* SPDX-License-Identifier: MIT */
/*
 * Joining a router. Trickiest invariant: what the first, unverified answer
 * says is used only after the token's digests vouched for it, and the secret
 * of the token leaves this machine only on a verified connection.
 */
#include "runner/join.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysinfo.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "common/auto.h"
#include "common/backoff.h"
#include "common/base64.h"
#include "common/clock.h"
#include "common/digest.h"
#include "common/fsat.h"
#include "common/http.h"
#include "runner/identity.h"
#include "wire/api.h"
#include "wire/tag.h"

#define ANSWER_MAX_BYTES ((size_t)4 << 20)
#define FACTS_MAX_BYTES ((size_t)16 << 10)
#define CONNECT_TIMEOUT_MS 10000
#define STALL_TIMEOUT_MS 30000
#define NAME_MAX_BYTES 128

struct join {
	const struct join_spec *spec;
	struct join_token token;
	char *url, *authority;
	char *ca_file; /* the checked CA, for TLS from then on; NULL before */
	struct sign_key *key;
	struct jsn *trust; /* answer of route trust, checked */
	struct backoff backoff;
	int64_t begun_ms;
};

void
join_report_release(struct join_report *r)
{
	char **texts[] = { &r->router, &r->id, &r->name, &r->account,
		&r->deployment, &r->bundle };
	for (size_t i = 0; i < ARRAY_LEN(texts); i++)
		str_free(texts[i]);
}

static void
join_release(struct join *j)
{
	if (j->ca_file != NULL)
		unlink(j->ca_file);
	str_free(&j->url);
	str_free(&j->authority);
	str_free(&j->ca_file);
	sign_key_free(&j->key);
	jsn_free(&j->trust);
}

/* ---- calls ---- */

struct answer {
	int status;
	struct jsn *body;
	int64_t retry_after_ms;
};

static void
answer_release(struct answer *a)
{
	jsn_free(&a->body);
}

/* One attempt; 0 for any complete answer. */
static int
ask_once(struct join *j, enum api_route route, struct str body,
    struct answer *ret, struct err *e)
{
	AUTO_BUF struct buf url = BUF_INIT(2000),
			    text = BUF_INIT(ANSWER_MAX_BYTES);
	buf_add_str(&url, j->url);
	wire_route_path(route, NULL, &url);
	static const char *const headers[] = { "Content-Type: application/json",
		NULL };
	struct http_request q = {
		.method = wire_routes[route].method,
		.url = buf_text(&url),
		.headers = body.len > 0 ? headers : NULL,
		.body = body,
		.body_buf = &text,
		.max_body_bytes = ANSWER_MAX_BYTES,
		.connect_timeout_ms = CONNECT_TIMEOUT_MS,
		.stall_timeout_ms = STALL_TIMEOUT_MS,
		.max_redirects = -1,
		.ca_file = j->ca_file,
		.insecure = j->ca_file == NULL,
		.proxy = j->spec->proxy,
	};
	AUTO(http_response_release) struct http_response r = { .status = 0 };
	int rc = http_perform(&q, &r, e);
	if (rc < 0)
		return rc;
	AUTO_STR char *after = http_header(&r, "retry-after");
	int64_t seconds = 0;
	if (after != NULL && str_to_i64(str_from(after), 10, &seconds))
		ret->retry_after_ms = seconds * 1000;
	ret->status = r.status;
	struct err ignored = { 0 };
	if (jsn_parse((struct str){ text.data, text.len }, "answer",
		ANSWER_MAX_BYTES, &ret->body, &ignored) < 0)
		ret->body = NULL;
	return 0;
}

static bool
is_passing(int status)
{
	static const int list[] = { 408, 425, 429, 502, 503, 504 };
	for (size_t i = 0; i < ARRAY_LEN(list); i++) {
		if (list[i] == status)
			return true;
	}
	return false;
}

/* What the router says is wrong, in its words. */
static const char *
complaint(const struct answer *a)
{
	return jsn_peek_str(
	    jsn_get(a->body, "error"), "message", "it does not say why");
}

static void
rest(int64_t ms)
{
	struct timespec t = { .tv_sec = ms / 1000,
		.tv_nsec = ms % 1000 * 1000000 };
	while (nanosleep(&t, &t) < 0)
		continue;
}

/* Asks until there is an answer that will not pass by itself. */
static int
ask(struct join *j, enum api_route route, struct str body, struct answer *ret,
    struct err *e)
{
	for (;;) {
		struct answer a = { .status = 0 };
		int rc = ask_once(j, route, body, &a, e);
		bool again =
		    rc == ERR_NETWORK || rc == ERR_TIMEOUT || rc == ERR_CLOSED;
		if (rc == 0 && is_passing(a.status)) {
			again = true;
			rc = err_set(e,
			    a.status == 429 ? ERR_LIMIT : ERR_REMOTE,
			    "router answers %d: %s", a.status, complaint(&a));
		}
		int64_t pause = backoff_next(&j->backoff, a.retry_after_ms);
		int64_t end = j->begun_ms + j->spec->give_up_ms;
		if (again && clock_mono_ms() + pause < end) {
			answer_release(&a);
			if (j->spec->on_wait != NULL)
				j->spec->on_wait(e, pause, j->spec->arg);
			rest(pause);
			continue;
		}
		if (rc < 0) {
			answer_release(&a);
			return err_wrap(e, "router %s", j->url);
		}
		*ret = a;
		return 0;
	}
}

static int
check_answer(
    struct join *j, enum api_route route, const struct answer *a, struct err *e)
{
	if (a->status != 200 && a->status != 201)
		return err_set(e, ERR_REMOTE, "router %s answers %d to %s: %s",
		    j->url, a->status, wire_routes[route].path, complaint(a));
	AUTO_STR char *where =
	    xasprintf("router %s, %s", j->url, wire_routes[route].path);
	return wire_shape_check(&wire_routes[route].reply, a->body, where, e);
}

/* ---- 1: whom to believe ---- */

static int
check_ca(const struct join *j, struct str pem, struct err *e)
{
	struct digest_text d = digest_of(DIGEST_SHA256, pem);
	if (sign_text_eq(str_from(d.hex), str_from(j->token.ca_sha256)))
		return 0;
	return err_set(e, ERR_DIGEST,
	    "%s is not the router that the token is for: its CA has another "
	    "digest (%.16s..., the token names %.16s...); check the address, "
	    "or whether somebody sits in between",
	    j->url, d.hex, j->token.ca_sha256);
}

static int
save_ca(struct join *j, struct str pem, struct err *e)
{
	AUTO_STR char *dir = identity_dir(j->spec->places);
	AUTO_STR char *file = path_join(dir, "joining-ca.pem");
	int rc = fsat_replace(AT_FDCWD, file, pem, 0600, FSAT_NO_SYNC, e);
	if (rc == 0)
		j->ca_file = TAKE(file);
	return rc;
}

static int
learn_trust(struct join *j, struct err *e)
{
	AUTO(answer_release) struct answer a = { .status = 0 };
	int rc = ask(j, API_trust, (struct str){ NULL, 0 }, &a, e);
	if (rc == 0)
		rc = check_answer(j, API_trust, &a, e);
	if (rc < 0)
		return rc;
	struct str pem = jsn_str(jsn_get(a.body, "ca"));
	rc = check_ca(j, pem, e);
	AUTO(trust_free) struct trust *t = NULL;
	if (rc == 0)
		rc = trust_open(
		    jsn_get(a.body, "trust"), &j->token.root_kid, &t, e);
	if (rc == 0)
		rc = save_ca(j, pem, e);
	if (rc == 0)
		j->trust = TAKE(a.body);
	return rc;
}

/* ---- 2: who we are ---- */

static void
add_os(struct jsn *facts)
{
	AUTO_BUF struct buf text = BUF_INIT(FACTS_MAX_BYTES);
	struct err ignored = { 0 };
	if (fsat_read(AT_FDCWD, "/etc/os-release", FACTS_MAX_BYTES, &text,
		&ignored) < 0)
		return;
	struct str rest_of = { text.data, text.len }, line;
	while (str_split(&rest_of, '\n', &line)) {
		if (!str_has_prefix(line, "PRETTY_NAME="))
			continue;
		struct str value = { line.data + 12, line.len - 12 };
		if (value.len >= 2 && value.data[0] == '"')
			value = (struct str){ value.data + 1, value.len - 2 };
		jsn_set(facts, "os", jsn_new_string(value));
	}
}

static struct jsn *
make_facts(void)
{
	struct jsn *facts = jsn_new_object();
	struct utsname u;
	struct sysinfo s;
	if (uname(&u) == 0) {
		jsn_set_str(facts, "hostname", u.nodename);
		jsn_set_str(facts, "kernel", u.release);
		jsn_set_str(facts, "machine", u.machine);
	}
	if (sysinfo(&s) == 0)
		jsn_set_int(facts, "memory_bytes",
		    (int64_t)s.totalram * (int64_t)s.mem_unit);
	jsn_set_int(facts, "cpus", sysconf(_SC_NPROCESSORS_ONLN));
	jsn_set_str(facts, "version", RIGHTLINK_VERSION);
	add_os(facts);
	return facts;
}

static void
add_name(const struct join_spec *spec, struct jsn *body)
{
	struct utsname u;
	if (spec->name != NULL)
		jsn_set_str(body, "name", spec->name);
	else if (uname(&u) == 0 && u.nodename[0] != '\0')
		jsn_set_str(body, "name", u.nodename);
}

static int
sign_request(struct join *j, const char *nonce, struct jsn *body, struct err *e)
{
	AUTO_BUF struct buf message = BUF_INIT(4096);
	buf_add_str(&message, nonce);
	buf_add_char(&message, '\0');
	buf_add(&message, j->token.secret.data, j->token.secret.len);
	struct sign_signature s;
	int rc = buf_failed(&message)
		     ? err_set(e, ERR_PROTOCOL, "nonce too long")
		     : sign_message(j->key, SIGN_DOMAIN_ENROLL,
			   (struct str){ message.data, message.len }, &s, e);
	if (rc < 0)
		return rc;
	struct sign_public public;
	AUTO_BUF struct buf key = BUF_INIT(100), text = BUF_INIT(200);
	sign_key_public(j->key, &public);
	sign_public_format(&public, &key);
	base64_format(
	    (struct str){ (const char *)s.bytes, sizeof(s.bytes) }, &text);
	jsn_set(body, "token", jsn_new_string(j->token.secret));
	jsn_set_str(body, "public_key", buf_text(&key));
	jsn_set_str(body, "nonce", nonce);
	jsn_set_str(body, "signature", buf_text(&text));
	return 0;
}

static int
ask_nonce(struct join *j, char **ret_nonce, struct err *e)
{
	AUTO(answer_release) struct answer a = { .status = 0 };
	int rc = ask(j, API_enroll_nonce, (struct str){ NULL, 0 }, &a, e);
	if (rc == 0)
		rc = check_answer(j, API_enroll_nonce, &a, e);
	if (rc == 0)
		*ret_nonce = xstrdup(jsn_peek_str(a.body, "nonce", ""));
	return rc;
}

/* Why the router did not take us, and what to do. */
static int
refused(struct join *j, const struct answer *a, struct err *e)
{
	static const struct {
		int status;
		enum err_code code;
		const char *text;
	} rows[] = {
		{ 401, ERR_DIGEST,
		    "does not know this token; make one: "
		    "rightlink router token" },
		{ 403, ERR_DIGEST, "refuses this machine's key" },
		{ 409, ERR_STATE,
		    "knows this machine's key under another "
		    "token or deployment; rightlink join --leave "
		    "takes a new one" },
		{ 410, ERR_TIMEOUT,
		    "says that the token is spent or over; "
		    "make a new one: rightlink router token" },
		{ 422, ERR_INVALID, "does not take the request" },
		{ 507, ERR_LIMIT, "has no disk space left" },
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		if (rows[i].status == a->status)
			return err_set(e, rows[i].code, "router %s %s (%s)",
			    j->url, rows[i].text, complaint(a));
	}
	return check_answer(j, API_enroll, a, e);
}

static int
enroll(struct join *j, struct answer *ret, struct err *e)
{
	AUTO_STR char *nonce = NULL;
	AUTO(jsn_free) struct jsn *body = jsn_new_object();
	int rc = ask_nonce(j, &nonce, e);
	if (rc == 0)
		rc = sign_request(j, nonce, body, e);
	if (rc < 0)
		return rc;
	add_name(j->spec, body);
	struct jsn *tags = jsn_new_array();
	for (size_t i = 0; i < j->spec->tags_len; i++)
		jsn_push_str(tags, j->spec->tags[i]);
	jsn_set(body, "tags", tags);
	jsn_set(body, "facts", make_facts());
	AUTO_BUF struct buf text = BUF_INIT(API_BODY_MAX_BYTES);
	jsn_format(body, JSN_PLAIN, &text);
	rc = ask(j, API_enroll, (struct str){ text.data, text.len }, ret, e);
	explicit_bzero(text.data, text.len);
	return rc < 0 ? rc : refused(j, ret, e);
}

/* ---- 3: kept ---- */

static int
keep(struct join *j, const struct answer *a, struct join_report *ret,
    struct err *e)
{
	const char *id = jsn_peek_str(a->body, "id", "");
	struct jsn *name = jsn_new_object();
	add_name(j->spec, name);
	struct identity_spec spec = {
		.router = j->url,
		.root_kid = j->token.root_kid,
		.id = id,
		.account = jsn_peek_str(a->body, "account", ""),
		.deployment = jsn_peek_str(a->body, "deployment", ""),
		.name = jsn_peek_str(name, "name", id),
		.bundle = jsn_peek_str(a->body, "bundle", NULL),
		.certificate = jsn_peek_str(a->body, "certificate", ""),
		.ca_pem = jsn_peek_str(j->trust, "ca", ""),
		.trust = jsn_get(j->trust, "trust"),
		.new_key = j->spec->leave,
	};
	int rc = identity_save(j->spec->places, &spec, e);
	if (rc == 0)
		*ret = (struct join_report){
			.router = xstrdup(j->url),
			.id = xstrdup(id),
			.name = xstrdup(spec.name),
			.account = xstrdup(spec.account),
			.deployment = xstrdup(spec.deployment),
			.bundle =
			    spec.bundle != NULL ? xstrdup(spec.bundle) : NULL,
			.again = a->status == 200,
		};
	jsn_free(&name);
	return rc;
}

/* ---- before anything is asked ---- */

static int
check_spec(const struct join_spec *spec, struct err *e)
{
	if (spec->name != NULL &&
	    (spec->name[0] == '\0' || strlen(spec->name) > NAME_MAX_BYTES))
		return err_set(e, ERR_INVALID,
		    "name '%.200s': must have 1 to %d bytes", spec->name,
		    NAME_MAX_BYTES);
	if (spec->tags_len > JOIN_TAGS_MAX)
		return err_set(
		    e, ERR_LIMIT, "more than %d tags", JOIN_TAGS_MAX);
	for (size_t i = 0; i < spec->tags_len; i++) {
		struct tag tag;
		int rc = tag_parse(str_from(spec->tags[i]), &tag, e);
		if (rc < 0)
			return err_wrap(e, "--tag");
	}
	return 0;
}

/* A key that one router knows is not shown to another. */
static int
look_at_old(const struct join *j, struct err *e)
{
	AUTO(identity_free) struct identity *old = NULL;
	struct err why = { 0 };
	/* A damaged one is mended by joining. */
	if (j->spec->leave || identity_load(j->spec->places, &old, &why) < 0 ||
	    sign_kid_eq(&old->root_kid, &j->token.root_kid))
		return 0;
	return err_set(e, ERR_STATE,
	    "this machine has joined %s as %s; --leave forgets that and takes "
	    "a new key",
	    old->router, old->id);
}

int
join_router(
    const struct join_spec *spec, struct join_report *ret_report, struct err *e)
{
	AUTO(join_release)
	struct join j = { .spec = spec, .begun_ms = clock_mono_ms() };
	AUTO(answer_release) struct answer a = { .status = 0 };
	int rc = check_spec(spec, e);
	if (rc == 0)
		rc = router_url_parse(spec->router, &j.url, &j.authority, e);
	if (rc == 0)
		rc = join_token_parse(str_from(spec->token), &j.token, e);
	if (rc == 0)
		rc = look_at_old(&j, e);
	if (rc == 0)
		rc = identity_need_key(spec->places, spec->leave, &j.key, e);
	if (rc == 0)
		rc = learn_trust(&j, e);
	if (rc == 0)
		rc = enroll(&j, &a, e);
	if (rc == 0)
		rc = keep(&j, &a, ret_report, e);
	return rc;
}
