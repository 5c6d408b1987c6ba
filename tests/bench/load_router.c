/* SPDX-License-Identifier: MIT */
/*
 * The load client: agents and submitters that speak the real protocol over
 * TLS with a real router.
 *
 *	load_router DIR TOKEN ROUTER_PID AGENTS SUBMITTERS COMMANDS
 *
 * DIR is a router's directory (operator/context.json), TOKEN lets AGENTS
 * machines join. They join, poll and wait; the router's memory is read before
 * and after. Then SUBMITTERS connections submit COMMANDS commands, each for one
 * agent, and it is over when every result is acknowledged. Numbers go to
 * standard output as one line of JSON.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "common/auto.h"
#include "common/base64.h"
#include "common/clock.h"
#include "common/jsn.h"
#include "common/sign.h"
#include "tests/bench/load_conn.h"
#include "wire/command.h"
#include "wire/envelope.h"
#include "wire/jws.h"
#include "wire/trust.h"

#define JOINING_MAX 64 /* at once */
#define STALL_MS 60000

struct agent {
	struct bench *bench;
	struct load_conn *conn;
	struct sign_key *key;
	char id[64], session[ULID_TEXT_BYTES];
	char *token;
	int64_t wake_us; /* when the command it waits for was sent */
};

struct submitter {
	struct bench *bench;
	struct load_conn *conn;
	size_t at;
};

struct bench {
	struct load *load;
	const char *data, *enroll_secret;
	char *audience, *operator_token;
	struct sign_key *operator_key;
	struct agent *agents;
	size_t agents_len, joined, joining, next;
	struct submitter *submitters;
	size_t submitters_len;
	char **bodies; /* signed commands, ready to send */
	size_t commands, submitted, accepted, acked;
	int64_t *sent_us, *offer_us, *grant_us; /* by command */
	int64_t progress_ms;
};

NEVER_RETURNS static void
die(const char *what, const char *text)
{
	fprintf(stderr, "load: %s: %s\n", what, text);
	exit(1);
}

static int64_t
now_us(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static struct jsn *
parse(struct str body)
{
	struct jsn *v = NULL;
	struct err e = { 0 };
	if (jsn_parse(body, "answer", (size_t)8 << 20, &v, &e) < 0)
		die("answer", e.text);
	return v;
}

static void
need(int status, int want, struct str body, const char *what)
{
	if (status == want)
		return;
	fprintf(
	    stderr, "load: %s: status %d: %.*s\n", what, status, STR_ARG(body));
	exit(1);
}

/* --- agents: joining ---------------------------------------------------- */

static void poll_send(struct agent *a, const char *report);

static void
on_token(struct load_conn *c, int status, struct str body, void *arg)
{
	struct agent *a = arg;
	(void)c;
	need(status, 200, body, "token");
	AUTO(jsn_free) struct jsn *v = parse(body);
	a->token = xstrdup(jsn_peek_str(v, "access_token", ""));
	a->bench->joining--;
	a->bench->joined++;
	ulid_new(a->session);
	sign_key_free(&a->key);
	poll_send(a, "");
}

static void
on_enrolled(struct load_conn *c, int status, struct str body, void *arg)
{
	struct agent *a = arg;
	struct err e = { 0 };
	need(status, 201, body, "enroll");
	AUTO(jsn_free) struct jsn *v = parse(body);
	snprintf(a->id, sizeof(a->id), "%s", jsn_peek_str(v, "id", ""));
	AUTO(jsn_free) struct jsn *claims = jsn_new_object();
	AUTO_BUF struct buf jws = BUF_INIT(JWS_MAX_BYTES);
	char jti[ULID_TEXT_BYTES];
	ulid_new(jti);
	jsn_set_str(claims, "iss", a->id);
	jsn_set_str(claims, "aud", a->bench->audience);
	jsn_set_str(claims, "jti", jti);
	jsn_set_int(claims, "exp", clock_now_ms() / 1000 + 50);
	if (jws_sign(JWS_TYP_ASSERTION, a->key, claims, &jws, &e) < 0)
		die("assertion", e.text);
	AUTO_STR char *text =
	    xasprintf("{\"grant_type\":\"client_credentials\","
		      "\"client_assertion\":\"%s\"}",
		buf_text(&jws));
	load_send(c, "POST", "/v1/oauth2/token", NULL, text, on_token, a);
}

static void
on_nonce(struct load_conn *c, int status, struct str body, void *arg)
{
	struct agent *a = arg;
	struct sign_public p;
	struct sign_signature sig;
	struct err e = { 0 };
	need(status, 200, body, "nonce");
	AUTO(jsn_free) struct jsn *v = parse(body);
	const char *nonce = jsn_peek_str(v, "nonce", "");
	AUTO_BUF struct buf key = BUF_INIT(256), message = BUF_INIT(1024),
			    text = BUF_INIT(256);
	if (sign_key_new(&a->key, &e) < 0)
		die("key", e.text);
	sign_key_public(a->key, &p);
	sign_public_format(&p, &key);
	buf_add(&message, nonce, strlen(nonce) + 1);
	buf_add_str(&message, a->bench->enroll_secret);
	if (sign_message(a->key, SIGN_DOMAIN_ENROLL,
		(struct str){ message.data, message.len }, &sig, &e) < 0)
		die("sign", e.text);
	base64_format((struct str){ (char *)sig.bytes, SIGN_BYTES }, &text);
	AUTO_STR char *ask = xasprintf("{\"token\":\"%s\",\"public_key\":"
				       "\"%s\",\"nonce\":\"%s\","
				       "\"signature\":\"%s\"}",
	    a->bench->enroll_secret, buf_text(&key), nonce, buf_text(&text));
	load_send(c, "POST", "/v1/enroll", NULL, ask, on_enrolled, a);
}

static void
join_more(struct bench *b)
{
	while (b->joining < JOINING_MAX && b->next < b->agents_len) {
		struct agent *a = &b->agents[b->next++];
		b->joining++;
		a->bench = b;
		a->conn = load_conn_new(b->load);
		load_send(a->conn, "GET", "/v1/enroll/nonce", NULL, NULL,
		    on_nonce, a);
	}
}

/* --- agents: polling ---------------------------------------------------- */

/* Commands carry their number in the name. */
static size_t
number_of(const struct bench *b, const char *cid)
{
	size_t n = strtoul(cid + 16, NULL, 10);
	if (n >= b->commands)
		die("offer", cid);
	return n;
}

static void
add_cids(struct buf *out, const char *key, const struct jsn *list, bool offers)
{
	size_t len = jsn_len(list);
	if (len == 0)
		return;
	buf_printf(out, ",\"%s\":[", key);
	for (size_t i = 0; i < len; i++) {
		const struct jsn *v = jsn_at(list, i);
		struct str cid =
		    offers ? jsn_str(jsn_get(v, "cid")) : jsn_str(v);
		if (text_eq(key, "results"))
			buf_printf(out,
			    "%s{\"cid\":\"%.*s\",\"state\":\"ok\","
			    "\"updated\":1,\"elapsed_ms\":5}",
			    i > 0 ? "," : "", STR_ARG(cid));
		else
			buf_printf(
			    out, "%s\"%.*s\"", i > 0 ? "," : "", STR_ARG(cid));
	}
	buf_add_char(out, ']');
}

static void
note(const struct bench *b, const struct jsn *list, bool offers, int64_t *at)
{
	int64_t now = now_us();
	for (size_t i = 0; i < jsn_len(list); i++) {
		const struct jsn *v = jsn_at(list, i);
		const char *cid =
		    offers ? jsn_peek_str(v, "cid", "") : jsn_str(v).data;
		size_t n = number_of(b, cid);
		if (at[n] == 0)
			at[n] = now - b->sent_us[n];
	}
}

static void
on_poll(struct load_conn *c, int status, struct str body, void *arg)
{
	struct agent *a = arg;
	struct bench *b = a->bench;
	(void)c;
	need(status, 200, body, "poll");
	AUTO(jsn_free) struct jsn *v = parse(body);
	const struct jsn *offers = jsn_get(v, "offers");
	const struct jsn *grants = jsn_get(v, "grants");
	AUTO_BUF struct buf report = BUF_INIT(1 << 20);
	note(b, offers, true, b->offer_us);
	note(b, grants, false, b->grant_us);
	add_cids(&report, "received", offers, true);
	add_cids(&report, "results", grants, false);
	if (jsn_len(jsn_get(v, "drops")) > 0)
		die("poll", "a command was dropped");
	b->acked += jsn_len(jsn_get(v, "acks"));
	b->progress_ms = clock_mono_ms();
	poll_send(a, buf_text(&report));
}

static void
poll_send(struct agent *a, const char *report)
{
	AUTO_STR char *body = xasprintf(
	    "{\"boot_id\":\"b\",\"session\":\"%s\",\"hold_ms\":55000%s}",
	    a->session, report);
	load_send(a->conn, "POST", "/v1/poll", a->token, body, on_poll, a);
}

/* --- submitters --------------------------------------------------------- */

static void submit_next(struct submitter *s);

static void
on_accepted(struct load_conn *c, int status, struct str body, void *arg)
{
	struct submitter *s = arg;
	(void)c;
	need(status, 201, body, "submit");
	s->bench->accepted++;
	submit_next(s);
}

static void
submit_next(struct submitter *s)
{
	struct bench *b = s->bench;
	if (b->submitted == b->commands)
		return;
	size_t n = b->submitted++;
	b->sent_us[n] = now_us();
	load_send(s->conn, "POST", "/v1/commands", b->operator_token,
	    b->bodies[n], on_accepted, s);
}

/* cid: 10 letters of time, 6 of this run, 10 digits of number. */
static char *
command_body(struct bench *b, size_t n, const char *run)
{
	struct err e = { 0 };
	char cid[ULID_TEXT_BYTES];
	snprintf(cid, sizeof(cid), "%.16s%010u", run, (unsigned)n % 1000000);
	const char *id = b->agents[n % b->agents_len].id;
	struct command c = { .cid = cid,
		.kind = COMMAND_RUN_RECIPE,
		.name = "bench::run",
		.ids = &id,
		.ids_len = 1,
		.issued_at = clock_now_ms(),
		.not_after = clock_now_ms() + 3600000 };
	AUTO_BUF struct buf payload = BUF_INIT(COMMAND_MAX_BYTES);
	struct buf text = BUF_INIT(COMMAND_MAX_BYTES);
	AUTO(jsn_free) struct jsn *v = NULL;
	command_format(&c, &payload);
	if (envelope_seal((struct str){ payload.data, payload.len },
		SIGN_DOMAIN_COMMAND, b->operator_key, NULL, &v, &e) < 0)
		die("seal", e.text);
	jsn_format(v, JSN_PLAIN, &text);
	return buf_take(&text);
}

/* --- runs --------------------------------------------------------------- */

static void
step(struct bench *b)
{
	struct err e = { 0 };
	if (load_step(b->load, 1000, &e) < 0)
		die("step", e.text);
	if (clock_mono_ms() - b->progress_ms > STALL_MS)
		die("stalled", "nothing happened for a minute");
}

static int64_t
resident_bytes(const char *pid)
{
	AUTO_STR char *path = xasprintf("/proc/%s/statm", pid);
	FILE *f = fopen(path, "re");
	long long all, pages = 0;
	if (f == NULL || fscanf(f, "%lld %lld", &all, &pages) != 2)
		die(path, err_sys_text(errno));
	fclose(f);
	return pages * 4096;
}

/* CPU time that a process used. */
static int64_t
cpu_us(const char *pid)
{
	AUTO_STR char *path = xasprintf("/proc/%s/stat", pid);
	char line[1024] = "";
	FILE *f = fopen(path, "re");
	if (f == NULL || fgets(line, sizeof(line), f) == NULL)
		die(path, err_sys_text(errno));
	fclose(f);
	unsigned long long user, kernel;
	const char *at = strrchr(line, ')');
	if (at == NULL ||
	    sscanf(at,
		") %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %llu %llu",
		&user, &kernel) != 2)
		die(path, "not what it should be");
	return (int64_t)(user + kernel) * 1000000 / sysconf(_SC_CLK_TCK);
}

static int
by_number(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
	return (x > y) - (x < y);
}

static void
print_times(const char *name, int64_t *us, size_t len)
{
	qsort(us, len, sizeof(*us), by_number);
	printf(",\"%s_p50_ms\":%.1f,\"%s_p99_ms\":%.1f", name,
	    (double)us[len / 2] / 1000, name,
	    (double)us[len * 99 / 100] / 1000);
}

static void
run_join(struct bench *b, const char *pid)
{
	int64_t before = resident_bytes(pid), start = clock_mono_ms();
	b->progress_ms = start;
	while (b->joined < b->agents_len) {
		size_t joined = b->joined;
		join_more(b);
		step(b);
		if (b->joined != joined)
			b->progress_ms = clock_mono_ms();
	}
	int64_t ms = clock_mono_ms() - start;
	/* Until the last poll is parked. */
	for (int i = 0; i < 5; i++)
		step(b);
	int64_t grew = resident_bytes(pid) - before;
	printf("{\"agents\":%zu,\"joins_per_s\":%.0f,"
	       "\"router_kb\":%" PRId64 ",\"kb_per_agent\":%.1f",
	    b->agents_len, (double)b->agents_len * 1000 / (double)(ms + 1),
	    resident_bytes(pid) / 1024,
	    (double)grew / 1024 / (double)b->agents_len);
}

static void
run_commands(struct bench *b, const char *pid)
{
	char run[ULID_TEXT_BYTES];
	ulid_new(run);
	for (size_t i = 0; i < b->commands; i++)
		b->bodies[i] = command_body(b, i, run);
	int64_t router = cpu_us(pid), ours = clock_cpu_ms();
	int64_t start = clock_mono_ms();
	b->progress_ms = start;
	for (size_t i = 0; i < b->submitters_len; i++)
		submit_next(&b->submitters[i]);
	while (b->acked < b->commands)
		step(b);
	int64_t ms = clock_mono_ms() - start;
	printf(",\"commands\":%zu,\"complete_per_s\":%.0f", b->commands,
	    (double)b->commands * 1000 / (double)(ms + 1));
	printf(",\"router_cpu_us\":%.0f,\"client_cpu_us\":%.0f",
	    (double)(cpu_us(pid) - router) / (double)b->commands,
	    (double)(clock_cpu_ms() - ours) * 1000 / (double)b->commands);
	print_times("offer", b->offer_us, b->commands);
	print_times("grant", b->grant_us, b->commands);
}

/* --- set-up ------------------------------------------------------------- */

static void
load_context(struct bench *b)
{
	struct err e = { 0 };
	AUTO(jsn_free) struct jsn *v = NULL;
	AUTO_STR char *path = xasprintf("%s/operator/context.json", b->data);
	AUTO_STR char *key = xasprintf("%s/operator/key.pem", b->data);
	AUTO_STR char *ca = xasprintf("%s/tls/ca.pem", b->data);
	if (jsn_load(AT_FDCWD, path, 1 << 20, &v, &e) < 0 ||
	    sign_key_load(AT_FDCWD, key, &b->operator_key, &e) < 0)
		die("context", e.text);
	const char *url = jsn_peek_str(v, "router", "");
	b->operator_token = xstrdup(jsn_peek_str(v, "token", ""));
	b->audience = xstrdup(strstr(url, "://") + 3);
	if (load_new(url, ca, &b->load, &e) < 0)
		die("client", e.text);
}

static void
bench_new(struct bench *b, char **argv)
{
	struct join_token token;
	struct err e = { 0 };
	struct rlimit files;
	getrlimit(RLIMIT_NOFILE, &files);
	files.rlim_cur = files.rlim_max;
	setrlimit(RLIMIT_NOFILE, &files);
	*b = (struct bench){ .data = argv[1],
		.agents_len = strtoul(argv[4], NULL, 10),
		.submitters_len = strtoul(argv[5], NULL, 10),
		.commands = strtoul(argv[6], NULL, 10) };
	if (join_token_parse(str_from(argv[2]), &token, &e) < 0)
		die("token", e.text);
	b->enroll_secret = xstrndup(token.secret.data, token.secret.len);
	load_context(b);
	b->agents = xcalloc(b->agents_len, sizeof(*b->agents));
	b->submitters = xcalloc(b->submitters_len, sizeof(*b->submitters));
	for (size_t i = 0; i < b->submitters_len; i++) {
		b->submitters[i].bench = b;
		b->submitters[i].conn = load_conn_new(b->load);
	}
	b->bodies = xcalloc(b->commands + 1, sizeof(*b->bodies));
	b->sent_us = xcalloc(b->commands + 1, sizeof(int64_t));
	b->offer_us = xcalloc(b->commands + 1, sizeof(int64_t));
	b->grant_us = xcalloc(b->commands + 1, sizeof(int64_t));
}

static void
bench_free(struct bench *b)
{
	for (size_t i = 0; i < b->agents_len; i++) {
		load_conn_free(&b->agents[i].conn);
		free(b->agents[i].token);
	}
	for (size_t i = 0; i < b->submitters_len; i++)
		load_conn_free(&b->submitters[i].conn);
	for (size_t i = 0; i < b->commands; i++)
		free(b->bodies[i]);
	load_free(&b->load);
	sign_key_free(&b->operator_key);
	free(b->agents);
	free(b->submitters);
	free(b->bodies);
	free(b->sent_us);
	free(b->offer_us);
	free(b->grant_us);
	free(b->audience);
	free(b->operator_token);
	free((char *)(uintptr_t)b->enroll_secret);
}

int
main(int argc, char **argv)
{
	struct bench b;
	if (argc != 7) {
		fputs("usage: load_router DIR TOKEN ROUTER_PID AGENTS "
		      "SUBMITTERS COMMANDS\n",
		    stderr);
		return 2;
	}
	bench_new(&b, argv);
	if (b.agents_len > 0)
		run_join(&b, argv[3]);
	if (b.commands > 0)
		run_commands(&b, argv[3]);
	puts("}");
	bench_free(&b);
	return 0;
}
