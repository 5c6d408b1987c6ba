/* SPDX-License-Identifier: MIT */
/* `rightlink join`: the command line of runner/join.h. */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/auto.h"
#include "common/fsat.h"
#include "runner/commands.h"
#include "runner/exits.h"
#include "runner/join.h"
#include "runner/operator_settings.h"
#include "runner/settings.h"

#define TOKEN_MAX_BYTES 4096
#define RETRY_S 60

/* @FILE, - or the text itself; *ret_token is wiped by the caller. */
static int
read_token(const struct options *o, char **ret_token, struct err *e)
{
	const char *given = o->join_token;
	if (given == NULL)
		given = getenv("RIGHTLINK_TOKEN");
	if (given == NULL || given[0] == '\0')
		return err_set(e, ERR_INVALID,
		    "join needs an enrolment token: --token TOKEN, --token "
		    "@FILE or --token -; rightlink router token makes one");
	AUTO_BUF struct buf text = BUF_INIT(TOKEN_MAX_BYTES);
	int rc = 0;
	if (text_eq(given, "-"))
		rc = fd_read_all(STDIN_FILENO, TOKEN_MAX_BYTES, &text, e);
	else if (given[0] == '@')
		rc = fsat_read(AT_FDCWD, given + 1, TOKEN_MAX_BYTES, &text, e);
	else
		buf_add_str(&text, given);
	if (rc < 0)
		return err_wrap(e, "--token");
	struct str token = str_trim((struct str){ text.data, text.len });
	*ret_token = xstrndup(token.len > 0 ? token.data : "", token.len);
	explicit_bzero(text.data, text.len);
	return 0;
}

static void
on_wait(const struct err *why, int64_t wait_ms, void *arg)
{
	term_note(arg, "%s; again in %lld s", why->text,
	    (long long)(wait_ms + 999) / 1000);
}

static void
print_report(const struct join_report *r, const struct term *t)
{
	if (t->output != TERM_TEXT) {
		AUTO(jsn_free) struct jsn *v = jsn_new_object();
		jsn_set_str(v, "router", r->router);
		jsn_set_str(v, "id", r->id);
		jsn_set_str(v, "name", r->name);
		jsn_set_str(v, "account", r->account);
		jsn_set_str(v, "deployment", r->deployment);
		if (r->bundle != NULL)
			jsn_set_str(v, "bundle", r->bundle);
		jsn_set_bool(v, "again", r->again);
		term_json(t, v);
		return;
	}
	AUTO_BUF struct buf text = BUF_INIT(65536);
	buf_printf(&text, "%s %s as %s (%s), deployment %s%s%s\n",
	    r->again ? "joined again" : "joined", r->router, r->id, r->name,
	    r->deployment, r->bundle != NULL ? ", bundle " : "",
	    r->bundle != NULL ? r->bundle : "");
	buf_add_str(&text,
	    "next: systemctl enable --now rightlink-agent (or, in the "
	    "foreground: rightlink agent)\n");
	term_data(t, (struct str){ text.data, text.len });
}

static int
join(const struct options *o, struct term *t, const char *token,
    const struct settings *s, struct err *e)
{
	struct places places = { .state = NULL };
	int rc = places_find(o->state_dir, NULL, &places, e);
	if (rc < 0)
		return rc;
	struct join_spec spec = {
		.places = &places,
		.router = o->args.list[0],
		.token = token,
		.name = o->join_name,
		.tags = o->join_tags.list,
		.tags_len = o->join_tags.len,
		.leave = o->leave,
		.proxy = s->proxy,
		.give_up_ms =
		    (o->join_retry >= 0 ? o->join_retry : RETRY_S) * 1000,
		.on_wait = on_wait,
		.arg = t,
	};
	AUTO(join_report_release) struct join_report r = { .id = NULL };
	rc = join_router(&spec, &r, e);
	if (rc == 0)
		print_report(&r, t);
	places_release(&places);
	return rc;
}

/* The router and the token are on the command line or in launch settings. */
static int
find_words(const struct options *o, const struct settings *s,
    struct options *ret_options, char **ret_token, struct err *e)
{
	*ret_options = *o;
	if (o->join_settings == NULL)
		return read_token(o, ret_token, e);
	AUTO(launch_settings_release)
	struct launch_settings launch = { NULL, NULL };
	int rc = launch_settings_fetch(o->join_settings, s->proxy, &launch, e);
	if (rc < 0)
		return rc;
	*ret_token = TAKE(launch.token);
	ret_options->args = (struct option_list){ 1, { TAKE(launch.router) } };
	return 0;
}

int
operator_join(const struct options *o, struct term *t)
{
	struct err e = { 0 };
	AUTO_STR char *token = NULL;
	AUTO(settings_free) struct settings *s = NULL;
	static struct options words;
	if (o->args.len != (o->join_settings != NULL ? 0 : 1)) {
		(void)err_set(&e, ERR_INVALID,
		    "join takes one router: rightlink join ROUTER --token "
		    "TOKEN");
		term_error(t, &e, EXIT_STATUS_USAGE);
		return EXIT_STATUS_USAGE;
	}
	int status = EXIT_STATUS_CONFIG;
	int rc = settings_load(NULL, 0, NULL, &s, &e);
	if (rc == 0) {
		status = EXIT_STATUS_USAGE;
		rc = find_words(o, s, &words, &token, &e);
	}
	if (rc == 0) {
		status = EXIT_STATUS_FAILED;
		rc = join(&words, t, token, s, &e);
	}
	if (token != NULL)
		explicit_bzero(token, strlen(token));
	if (rc == 0)
		return EXIT_STATUS_OK;
	term_error(t, &e, status);
	return status;
}
