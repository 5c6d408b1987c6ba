/* SPDX-License-Identifier: MIT */
/* What `rightlink doctor` looks at on the way to the router and there. */
#include <arpa/inet.h>
#include <fcntl.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/auto.h"
#include "common/base64.h"
#include "common/clock.h"
#include "common/http.h"
#include "common/sign.h"
#include "runner/operator_doctor.h"
#include "wire/api.h"

#define ANSWER_MAX_BYTES ((size_t)1 << 20)
#define CONNECT_MS 10000
#define STALL_MS 15000
#define SKEW_WARN_MS 5000
#define SKEW_FAIL_MS 300000
#define KEY_WARN_MS ((int64_t)30 * 24 * 3600 * 1000)

void
check_context(struct doctor *d)
{
	struct context c;
	struct err e = { 0 };
	int rc = context_load(d->o, &c, &e);
	if (rc == 0) {
		context_release(&c);
		doctor_find(d, FINDING_PASS, "'%s', router %s", d->context.path,
		    d->router);
		return;
	}
	if (rc != ERR_ABSENT || d->o->context != NULL) {
		doctor_find(d, FINDING_FAIL, "%s", e.text);
		doctor_fix(d, "a context is a JSON object in a file of mode "
			      "0600: docs/operator.md");
		return;
	}
	if (d->router == NULL) {
		doctor_find(d, FINDING_SKIP,
		    "none, and this machine has joined no router: the rest "
		    "is about a router");
		return;
	}
	doctor_find(d, FINDING_SKIP, "none; the router is %s", d->router);
}

void
check_proxy(struct doctor *d)
{
	if (d->router == NULL)
		return;
	static const char *const names[] = { "https_proxy", "HTTPS_PROXY",
		"all_proxy", "ALL_PROXY" };
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		const char *value = getenv(names[i]);
		if (value == NULL || value[0] == '\0')
			continue;
		AUTO_STR char *shown = http_url_shown(value);
		d->has_proxy = true;
		doctor_find(d, FINDING_WARN,
		    "$%s is set: the router is reached by way of %s", names[i],
		    shown);
		doctor_fix(
		    d, "when that is not wanted: export no_proxy=%s", d->host);
		return;
	}
}

void
check_name(struct doctor *d)
{
	if (d->router == NULL)
		return;
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM }, *list = NULL;
	int rc = getaddrinfo(d->host, d->port, &hints, &list);
	if (rc != 0) {
		doctor_find(
		    d, FINDING_FAIL, "'%s': %s", d->host, gai_strerror(rc));
		doctor_fix(d, "is the name right? Which servers are in "
			      "/etc/resolv.conf?");
		return;
	}
	AUTO_BUF struct buf shown = BUF_INIT(4096);
	for (const struct addrinfo *a = list; a != NULL; a = a->ai_next) {
		char text[NI_MAXHOST] = "?";
		(void)getnameinfo(a->ai_addr, a->ai_addrlen, text, sizeof(text),
		    NULL, 0, NI_NUMERICHOST);
		buf_printf(&shown, "%s%s", shown.len > 0 ? ", " : "", text);
	}
	freeaddrinfo(list);
	d->is_named = true;
	doctor_find(d, FINDING_PASS, "'%s' is %s", d->host, buf_text(&shown));
}

/* One GET of the router; with the context's token if that is wanted. */
static int
get(const struct doctor *d, const char *path, bool with_token, struct buf *out,
    struct http_response *r, struct err *e)
{
	AUTO_STR char *url = xasprintf("%s%s", d->router, path);
	AUTO_STR char *token =
	    with_token ? xasprintf("Authorization: Bearer %s", d->context.token)
		       : NULL;
	const char *const headers[] = { token, NULL };
	struct http_request q = { .url = url,
		.headers = headers,
		.body_buf = out,
		.max_body_bytes = ANSWER_MAX_BYTES,
		.connect_timeout_ms = CONNECT_MS,
		.stall_timeout_ms = STALL_MS,
		.ca_file = d->ca_file };
	return http_perform(&q, r, e);
}

static void
note_clock(struct doctor *d, const struct http_response *r)
{
	AUTO_STR char *date = http_header(r, "date");
	struct tm tm = { 0 };
	if (date != NULL &&
	    strptime(date, "%a, %d %b %Y %H:%M:%S GMT", &tm) != NULL)
		d->skew_ms = (int64_t)timegm(&tm) * 1000 - clock_now_ms();
}

void
check_answer(struct doctor *d)
{
	/* Behind a proxy the name is the proxy's to know. */
	if (d->router == NULL || (!d->is_named && !d->has_proxy))
		return;
	AUTO_BUF struct buf body = BUF_INIT(ANSWER_MAX_BYTES);
	AUTO(http_response_release) struct http_response r = { .status = 0 };
	struct err e = { 0 };
	int64_t begun = clock_mono_ms();
	int rc = get(d, "/healthz", false, &body, &r, &e);
	if (rc == ERR_DIGEST) {
		doctor_find(d, FINDING_FAIL, "%s", e.text);
		doctor_fix(d,
		    "it is another router, or its certificate is wrong: "
		    "'rightlink router renew' there makes one; '%s' must hold "
		    "its CA",
		    d->ca_file != NULL ? d->ca_file : "the system");
		return;
	}
	if (rc < 0) {
		doctor_find(d, FINDING_FAIL, "%s", e.text);
		doctor_fix(d,
		    "does the router run ('rightlink router run', systemctl "
		    "status rightlink-router), and does a firewall let port "
		    "%s through?",
		    d->port);
		return;
	}
	d->reaches = true;
	note_clock(d, &r);
	doctor_find(d, FINDING_PASS, "%s answers in %d ms, TLS %s", d->router,
	    (int)(clock_mono_ms() - begun),
	    d->ca_file != NULL ? "by its pinned CA" : "by the system's CAs");
}

void
check_ready(struct doctor *d)
{
	if (!d->reaches)
		return;
	AUTO_BUF struct buf body = BUF_INIT(ANSWER_MAX_BYTES);
	AUTO(http_response_release) struct http_response r = { .status = 0 };
	struct err e = { 0 };
	int rc = get(d, "/readyz", false, &body, &r, &e);
	struct str said = str_trim((struct str){ buf_text(&body), body.len });
	if (rc < 0)
		doctor_find(d, FINDING_FAIL, "%s", e.text);
	else if (r.status == 200)
		doctor_find(d, FINDING_PASS, "it takes work");
	else
		doctor_find(d, FINDING_WARN,
		    "it takes no work just now (status %d): %.*s", r.status,
		    (int)(said.len < 200 ? said.len : 200), said.data);
	if (d->status == FINDING_WARN)
		doctor_fix(d, "see the router's log; it may be stopping, or "
			      "its disk be full");
}

void
check_clock(struct doctor *d)
{
	if (!d->reaches)
		return;
	int64_t off = d->skew_ms < 0 ? -d->skew_ms : d->skew_ms;
	enum finding_status status = off >= SKEW_FAIL_MS   ? FINDING_FAIL
				     : off >= SKEW_WARN_MS ? FINDING_WARN
							   : FINDING_PASS;
	if (status == FINDING_PASS) {
		doctor_find(d, status, "as the router's, to a second or two");
		return;
	}
	doctor_find(d, status, "%d s %s the router's", (int)(off / 1000),
	    d->skew_ms > 0 ? "behind" : "ahead of");
	doctor_fix(d, "set the clock: timedatectl set-ntp true, or chronyc "
		      "makestep");
}

void
check_token(struct doctor *d)
{
	if (!d->reaches || !d->has_context)
		return;
	AUTO_BUF struct buf body = BUF_INIT(ANSWER_MAX_BYTES);
	AUTO(http_response_release) struct http_response r = { .status = 0 };
	struct err e = { 0 };
	int rc = get(d, "/v1/instances?limit=1", true, &body, &r, &e);
	if (rc < 0)
		doctor_find(d, FINDING_FAIL, "%s", e.text);
	else if (r.status == 200)
		doctor_find(d, FINDING_PASS, "the router knows it");
	else if (r.status == 403)
		doctor_find(d, FINDING_WARN,
		    "the router knows it, but it may not read");
	else
		doctor_find(d, FINDING_FAIL,
		    "the router does not take it (status %d)", r.status);
	if (d->status != FINDING_PASS)
		doctor_fix(d,
		    "'rightlink router token' on the router makes one; it goes "
		    "into '%s'",
		    d->context.path);
}

/* The newest trust bundle's payload. It is only looked at: nodes verify it. */
static int
load_trust(const struct doctor *d, struct jsn **ret, struct err *e)
{
	AUTO_BUF struct buf body = BUF_INIT(ANSWER_MAX_BYTES);
	AUTO_BUF struct buf payload = BUF_INIT(ANSWER_MAX_BYTES);
	AUTO(http_response_release) struct http_response r = { .status = 0 };
	AUTO(jsn_free) struct jsn *answer = NULL;
	int rc = get(d, "/v1/trust", false, &body, &r, e);
	if (rc == 0)
		rc = jsn_parse((struct str){ buf_text(&body), body.len },
		    "trust", ANSWER_MAX_BYTES, &answer, e);
	const struct jsn *envelope = jsn_get(answer, "trust");
	if (rc == 0)
		rc = base64_parse(
		    str_from(jsn_peek_str(envelope, "payload", "")), &payload,
		    e);
	if (rc == 0)
		rc = jsn_parse((struct str){ buf_text(&payload), payload.len },
		    "trust", ANSWER_MAX_BYTES, ret, e);
	return rc;
}

static const struct jsn *
find_operator(const struct jsn *trust, const char *kid)
{
	const struct jsn *list = jsn_get(trust, "operators");
	for (size_t i = 0; i < jsn_len(list); i++) {
		const struct jsn *one = jsn_at(list, i);
		if (text_eq(jsn_peek_str(one, "kid", ""), kid))
			return one;
	}
	return NULL;
}

static void
judge_key(struct doctor *d, const struct jsn *trust, const char *kid)
{
	const struct jsn *mine = find_operator(trust, kid);
	int64_t left =
	    jsn_peek_int(mine, "not_after", 0) - clock_now_ms() - d->skew_ms;
	if (mine == NULL || left <= 0) {
		doctor_find(d, FINDING_FAIL, "%s: nodes %s", kid,
		    mine == NULL ? "do not believe it" : "believe it no more");
		doctor_fix(d, "'rightlink router operator' on the router adds "
			      "a key, or lets it last longer");
		return;
	}
	doctor_find(d, left < KEY_WARN_MS ? FINDING_WARN : FINDING_PASS,
	    "%s: nodes believe %s for %d more days", kid,
	    jsn_peek_str(mine, "name", "it"), (int)(left / 86400000));
	if (d->status == FINDING_WARN)
		doctor_fix(d, "'rightlink router operator' on the router lets "
			      "it last longer");
}

void
check_key(struct doctor *d)
{
	if (!d->has_context)
		return;
	if (d->context.key_file == NULL) {
		doctor_find(d, FINDING_WARN,
		    "'%s' names none: it can look, but not run",
		    d->context.path);
		doctor_fix(d, "\"key\": FILE there, to sign what nodes shall "
			      "do");
		return;
	}
	AUTO(sign_key_free) struct sign_key *key = NULL;
	AUTO(jsn_free) struct jsn *trust = NULL;
	struct err e = { 0 };
	int rc = sign_key_load(AT_FDCWD, d->context.key_file, &key, &e);
	if (rc == 0 && !d->reaches)
		return;
	if (rc == 0)
		rc = load_trust(d, &trust, &e);
	if (rc < 0) {
		doctor_find(d, FINDING_FAIL, "%s", e.text);
		doctor_fix(d, "'%s' must be this operator's Ed25519 key",
		    d->context.key_file);
		return;
	}
	struct sign_public public;
	sign_key_public(key, &public);
	judge_key(d, trust, sign_kid_of(&public).text);
}
