/* SPDX-License-Identifier: MIT */
/* `rightlink doctor`: the table of checks, and how findings are told. */
#include "runner/operator_doctor.h"

#include <fcntl.h>
#include <stdarg.h>
#include <string.h>

#include "common/auto.h"
#include "runner/commands.h"
#include "runner/exits.h"
#include "runner/table.h"

#define TEXT_MAX_BYTES ((size_t)16 << 10)
#define IDENTITY_MAX_BYTES ((size_t)1 << 20)

static const struct {
	const char *name;
	void (*fn)(struct doctor *d);
} checks[] = {
	{ "programs", check_programs },
	{ "disk", check_disk },
	{ "agent", check_agent },
	{ "context", check_context },
	{ "proxy", check_proxy },
	{ "name", check_name },
	{ "router", check_answer },
	{ "ready", check_ready },
	{ "clock", check_clock },
	{ "token", check_token },
	{ "key", check_key },
};

static const struct {
	const char *name;
	enum term_style style;
} statuses[] = {
	[FINDING_PASS] = { "PASS", TERM_GOOD },
	[FINDING_WARN] = { "WARN", TERM_WARN },
	[FINDING_FAIL] = { "FAIL", TERM_BAD },
	[FINDING_SKIP] = { "SKIP", TERM_FAINT },
};

void
doctor_find(struct doctor *d, enum finding_status status, const char *fmt, ...)
{
	d->status = status;
	buf_reset(&d->text);
	va_list ap;
	va_start(ap, fmt);
	buf_vprintf(&d->text, fmt, ap);
	va_end(ap);
}

void
doctor_fix(struct doctor *d, const char *fmt, ...)
{
	buf_reset(&d->fix);
	va_list ap;
	va_start(ap, fmt);
	buf_vprintf(&d->fix, fmt, ap);
	va_end(ap);
}

/* The router that this machine has joined, as written by join. */
static void
read_identity(struct doctor *d)
{
	AUTO_STR char *path = places_state(&d->places, "agent/identity.json");
	AUTO(jsn_free) struct jsn *identity = NULL;
	struct err ignored = { 0 };
	if (jsn_load(AT_FDCWD, path, IDENTITY_MAX_BYTES, &identity, &ignored) <
	    0)
		return;
	d->has_joined = true;
	const char *router = jsn_peek_str(identity, "router", NULL);
	if (d->router != NULL || router == NULL)
		return;
	d->router = xstrdup(router);
	d->ca_file = places_state(&d->places, "agent/ca.pem");
}

/* "https://[::1]:8443/x" to "::1" and "8443". */
static void
split_url(struct doctor *d)
{
	const char *host = strstr(d->router, "://");
	host = host != NULL ? host + 3 : d->router;
	bool brackets = host[0] == '[';
	size_t len = brackets ? strcspn(++host, "]") : strcspn(host, ":/");
	d->host = xstrndup(host, len);
	const char *port = host + len + (brackets && host[len] == ']');
	if (port[0] == ':')
		d->port = xstrndup(port + 1, strcspn(port + 1, "/"));
	else
		d->port = xstrdup("443");
}

static int
doctor_open(struct doctor *d, const struct options *o, struct err *e)
{
	*d = (struct doctor){ .o = o,
		.text = BUF_INIT(TEXT_MAX_BYTES),
		.fix = BUF_INIT(TEXT_MAX_BYTES) };
	int rc = places_find(o->state_dir, NULL, &d->places, e);
	if (rc < 0)
		return rc;
	struct err ignored = { 0 };
	d->has_context = context_load(o, &d->context, &ignored) == 0;
	if (d->has_context) {
		d->router = xstrdup(d->context.router);
		d->ca_file = d->context.ca_file != NULL
				 ? xstrdup(d->context.ca_file)
				 : NULL;
	}
	read_identity(d);
	if (o->router != NULL) {
		str_free(&d->router);
		d->router = xstrdup(o->router);
	}
	if (d->router != NULL)
		split_url(d);
	return 0;
}

static void
doctor_close(struct doctor *d)
{
	places_release(&d->places);
	context_release(&d->context);
	str_free(&d->router);
	str_free(&d->ca_file);
	str_free(&d->host);
	str_free(&d->port);
	buf_release(&d->text);
	buf_release(&d->fix);
}

static void
print_finding(const struct doctor *d, const char *name, const struct term *t)
{
	AUTO_BUF struct buf line = BUF_INIT(TEXT_MAX_BYTES * 2);
	buf_printf(&line, "%s%s%s  %-9s %s\n",
	    term_escape(t, statuses[d->status].style), statuses[d->status].name,
	    term_escape(t, TERM_PLAIN), name, buf_text(&d->text));
	if (d->fix.len > 0)
		buf_printf(
		    &line, "      %-9s fix: %s\n", "", buf_text(&d->fix));
	term_data(t, (struct str){ line.data, line.len });
}

static struct jsn *
finding_json(const struct doctor *d, const char *name)
{
	struct jsn *v = jsn_new_object();
	jsn_set_str(v, "check", name);
	jsn_set_str(v, "status", statuses[d->status].name);
	jsn_set_str(v, "text", buf_text(&d->text));
	if (d->fix.len > 0)
		jsn_set_str(v, "fix", buf_text(&d->fix));
	return v;
}

/* True when it failed. */
static bool
run_check(struct doctor *d, size_t i, const struct term *t, struct jsn *all)
{
	d->status = FINDING_SKIP;
	buf_reset(&d->text);
	buf_reset(&d->fix);
	checks[i].fn(d);
	if (t->output == TERM_TEXT) {
		if (d->status != FINDING_SKIP)
			print_finding(d, checks[i].name, t);
	} else {
		AUTO(jsn_free) struct jsn *v = finding_json(d, checks[i].name);
		if (t->output == TERM_JSONL)
			term_json(t, v);
		else
			jsn_push(all, jsn_ref(v));
	}
	return d->status == FINDING_FAIL;
}

int
operator_doctor(const struct options *o, struct term *t)
{
	struct doctor d;
	struct err e = { 0 };
	if (doctor_open(&d, o, &e) < 0) {
		term_error(t, &e, EXIT_STATUS_FAILED);
		doctor_close(&d);
		return EXIT_STATUS_FAILED;
	}
	AUTO(jsn_free) struct jsn *all = jsn_new_array();
	size_t failed = 0;
	for (size_t i = 0; i < ARRAY_LEN(checks); i++)
		failed += run_check(&d, i, t, all);
	doctor_close(&d);
	if (t->output == TERM_JSON)
		term_json(t, all);
	return failed > 0 ? EXIT_STATUS_FAILED : EXIT_STATUS_OK;
}
