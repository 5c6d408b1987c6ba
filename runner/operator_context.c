/* SPDX-License-Identifier: MIT */
/* `rightlink context`: which router, and as whom. */
#include "common/auto.h"
#include "runner/commands.h"
#include "runner/context.h"
#include "runner/exits.h"

static void
print(const struct context *c, const struct term *t)
{
	if (t->output != TERM_TEXT) {
		AUTO(jsn_free) struct jsn *v = jsn_new_object();
		jsn_set_str(v, "context", c->path);
		jsn_set_str(v, "router", c->router);
		if (c->ca_file != NULL)
			jsn_set_str(v, "ca", c->ca_file);
		if (c->key_file != NULL)
			jsn_set_str(v, "key", c->key_file);
		term_json(t, v);
		return;
	}
	AUTO_BUF struct buf text = BUF_INIT(65536);
	buf_printf(&text,
	    "context  %s\nrouter   %s\nca       %s\nkey      %s\n", c->path,
	    c->router, c->ca_file != NULL ? c->ca_file : "the system's",
	    c->key_file != NULL ? c->key_file
				: "none: commands cannot be signed");
	term_data(t, (struct str){ text.data, text.len });
}

int
operator_context(const struct options *o, struct term *t)
{
	AUTO(context_release) struct context c = { .path = NULL };
	struct err e = { 0 };
	if (o->args.len > 1 ||
	    (o->args.len == 1 && !text_eq(o->args.list[0], "show"))) {
		(void)err_set(&e, ERR_INVALID,
		    "context: unknown action '%.64s'; there is only 'show'",
		    o->args.list[0]);
		term_error(t, &e, EXIT_STATUS_USAGE);
		return EXIT_STATUS_USAGE;
	}
	if (context_load(o, &c, &e) < 0) {
		term_error(t, &e, EXIT_STATUS_CONFIG);
		return EXIT_STATUS_CONFIG;
	}
	print(&c, t);
	return EXIT_STATUS_OK;
}
