/* SPDX-License-Identifier: MIT */
/* Packages that the scripts of a run name: installed before the run, left as
 * they are when they are there. */
#include <string.h>

#include "common/auto.h"
#include "common/clock.h"
#include "runner/agent.h"
#include "wire/frames.h"

#define PACKAGES_MAX 500

struct packages {
	size_t len;
	const char *list[PACKAGES_MAX + 8]; /* and the command before them */
};

static void
add_once(struct packages *p, size_t from, const char *name)
{
	for (size_t i = from; i < p->len; i++) {
		if (text_eq(p->list[i], name))
			return;
	}
	if (p->len < PACKAGES_MAX)
		p->list[p->len++] = name;
}

static int
install(struct agent *a, const char *const *argv, struct err *e)
{
	static const char *const more[] = { "DEBIAN_FRONTEND=noninteractive",
		NULL };
	AUTO(arena_free) struct arena *arena = arena_new();
	struct child_spec spec = { .argv = argv,
		.env = agent_environment(arena, more),
		.out_stream = 4 };
	struct child_end end;
	int rc = agent_wait(a, &spec, &end, e);
	if (rc < 0)
		return err_wrap(e, "packages");
	if (end.status == 0)
		return 0;
	AUTO_BUF struct buf text = BUF_INIT(256);
	child_end_text(&end, &text);
	return err_set(e, ERR_EXIT, "packages: apt-get: %s", buf_text(&text));
}

int
phase_packages(struct agent *a, struct err *e)
{
	static const char *const command[] = { "/usr/bin/apt-get", "install",
		"-y", "--no-install-recommends", "--no-upgrade", "--" };
	struct packages p = { .len = 0 };
	for (size_t i = 0; i < ARRAY_LEN(command); i++)
		p.list[p.len++] = command[i];
	size_t from = p.len;
	for (size_t i = 0; i < a->entries_len; i++) {
		if (a->entries[i]->kind != EXECUTABLE_SCRIPT)
			continue;
		const struct bundle_script *s =
		    bundle_find_script(a->bundle, a->entries[i]->name);
		for (size_t k = 0; s != NULL && k < s->packages_len; k++)
			add_once(&p, from, s->packages[k]);
	}
	if (p.len == from || a->options->why_run)
		return 0;
	AUTO_BUF struct buf names = BUF_INIT(65536);
	for (size_t i = from; i < p.len; i++)
		buf_printf(&names, "%s%s", i > from ? " " : "", p.list[i]);
	struct jsn *event = wire_event_new("packages_requested");
	jsn_set_str(event, "packages", buf_text(&names));
	run_event(a->run, event);
	int64_t start = clock_mono_ms();
	int rc = install(a, p.list, e);
	if (rc < 0)
		return rc;
	event = wire_event_new("packages_installed");
	jsn_set_str(event, "packages", buf_text(&names));
	jsn_set_int(event, "elapsed_ms", clock_mono_ms() - start);
	run_event(a->run, event);
	return 0;
}
