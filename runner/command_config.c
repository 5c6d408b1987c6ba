/* SPDX-License-Identifier: MIT */
/* `rightlink config`: the agent's settings and where they come from; values of
 * inputs that are set on this machine. */
#include <stdlib.h>
#include <string.h>

#include "common/auto.h"
#include "runner/agent_link.h"
#include "runner/commands.h"
#include "runner/exits.h"
#include "runner/inputs.h"
#include "runner/settings.h"
#include "wire/frames.h"

#define ASK_TIMEOUT_MS 20000

static int
show(const struct options *o, struct term *t, struct err *e)
{
	AUTO(settings_free) struct settings *s = NULL;
	int rc = settings_load(o->config_file, 0, NULL, &s, e);
	if (rc < 0)
		return rc;
	if (t->output != TERM_TEXT) {
		AUTO(jsn_free) struct jsn *all = settings_json(s);
		term_json(t, all);
		return 0;
	}
	AUTO_BUF struct buf text = BUF_INIT((size_t)1 << 20);
	settings_format(s, o->origin, &text);
	term_data(t, (struct str){ text.data, text.len });
	return 0;
}

/* NAME=VALUE, or NAME=@FILE: {"file": absolute path}. */
static int
add_value(struct jsn *values, const char *word, struct err *e)
{
	const char *is = strchr(word, '=');
	if (is == NULL || is == word)
		return err_set(e, ERR_INVALID,
		    "config: '%.64s' must be NAME=VALUE or NAME=@FILE", word);
	AUTO_STR char *name = xstrndup(word, (size_t)(is - word));
	if (is[1] != '@') {
		jsn_set_str(values, name, is + 1);
		return 0;
	}
	AUTO_STR char *path = realpath(is + 2, NULL);
	if (path == NULL)
		return err_sys(e, "input '%s': file '%s'", name, is + 2);
	struct jsn *file = jsn_new_object();
	jsn_set_str(file, "file", path);
	jsn_set(values, name, file);
	return 0;
}

/* Through the agent when one runs, so that a boot that waits goes on. */
static int
store(const struct options *o, struct jsn *values, bool *ret_changed,
    struct err *e)
{
	AUTO(places_release) struct places places = { .state = NULL };
	int rc = places_find(o->state_dir, NULL, &places, e);
	if (rc < 0)
		return rc;
	struct err absent = { 0 };
	AUTO_FD int fd = agent_connect(&places, &absent);
	if (fd < 0) {
		rc = places_prepare(&places, e);
		return rc < 0 ? rc
			      : inputs_store(&places, values, ret_changed, e);
	}
	AUTO(jsn_free) struct jsn *request = wire_frame_new("inputs_patch");
	AUTO(jsn_free) struct jsn *reply = NULL;
	jsn_set(request, "values", jsn_ref(values));
	rc = agent_ask(fd, request, ASK_TIMEOUT_MS, NULL, NULL, &reply, e);
	if (rc >= 0)
		*ret_changed = jsn_peek_bool(reply, "changed", false);
	return rc;
}

static int
set_inputs(const struct options *o, struct term *t, bool forget, struct err *e)
{
	AUTO(jsn_free) struct jsn *values = jsn_new_object();
	int rc = 0;
	for (size_t i = 1; i < o->args.len && rc == 0; i++) {
		if (forget)
			jsn_set(values, o->args.list[i], NULL);
		else
			rc = add_value(values, o->args.list[i], e);
	}
	bool changed = false;
	if (rc == 0)
		rc = store(o, values, &changed, e);
	if (rc < 0)
		return rc;
	if (t->output != TERM_TEXT) {
		AUTO(jsn_free) struct jsn *told = jsn_new_object();
		jsn_set_bool(told, "changed", changed);
		term_json(t, told);
	} else {
		term_say(t, TERM_PLAIN, changed ? "kept" : "nothing changed");
	}
	return 0;
}

int
command_config(const struct options *o, struct term *t)
{
	struct err e = { 0 };
	const char *action = o->args.len > 0 ? o->args.list[0] : "show";
	bool input = text_eq(action, "input");
	bool forget = text_eq(action, "forget");
	int rc = 0;
	if (text_eq(action, "show") && o->args.len <= 1) {
		rc = show(o, t, &e);
	} else if ((input || forget) && o->args.len > 1) {
		rc = set_inputs(o, t, forget, &e);
	} else {
		(void)err_set(&e, ERR_INVALID,
		    "config: '%.64s' is not 'show', 'input NAME=VALUE...' or "
		    "'forget NAME...'",
		    action);
		term_error(t, &e, EXIT_STATUS_USAGE);
		return EXIT_STATUS_USAGE;
	}
	if (rc >= 0)
		return EXIT_STATUS_OK;
	term_error(t, &e, EXIT_STATUS_CONFIG);
	return EXIT_STATUS_CONFIG;
}
