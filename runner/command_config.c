/* SPDX-License-Identifier: MIT */
/* `rightlink config`: the agent's settings and where they come from. */
#include "common/auto.h"
#include "runner/commands.h"
#include "runner/exits.h"
#include "runner/settings.h"

int
command_config(const struct options *o, struct term *t)
{
	struct err e = { 0 };
	if (o->args.len > 1 ||
	    (o->args.len == 1 && !text_eq(o->args.list[0], "show"))) {
		(void)err_set(&e, ERR_INVALID,
		    "config: unknown action '%.64s'; there is only 'show'",
		    o->args.list[0]);
		term_error(t, &e, EXIT_STATUS_USAGE);
		return EXIT_STATUS_USAGE;
	}
	AUTO(settings_free) struct settings *s = NULL;
	if (settings_load(o->config_file, 0, NULL, &s, &e) < 0) {
		term_error(t, &e, EXIT_STATUS_CONFIG);
		return EXIT_STATUS_CONFIG;
	}
	if (t->output != TERM_TEXT) {
		AUTO(jsn_free) struct jsn *all = settings_json(s);
		term_json(t, all);
		return EXIT_STATUS_OK;
	}
	AUTO_BUF struct buf text = BUF_INIT((size_t)1 << 20);
	settings_format(s, o->origin, &text);
	term_data(t, (struct str){ text.data, text.len });
	return EXIT_STATUS_OK;
}
