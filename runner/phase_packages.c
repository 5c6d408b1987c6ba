/* SPDX-License-Identifier: MIT */
/* Packages that the scripts of a run name: installed before the run, left as
 * they are when they are there. */
#include <string.h>

#include "common/auto.h"
#include "common/clock.h"
#include "runner/performer.h"
#include "wire/frames.h"

#define PACKAGES_MAX 500

struct packages {
	size_t len;
	const char *list[PACKAGES_MAX + 8]; /* and the command before them */
};

static void
add_once(struct packages *found, size_t from, const char *name)
{
	for (size_t i = from; i < found->len; i++) {
		if (text_eq(found->list[i], name))
			return;
	}
	if (found->len < PACKAGES_MAX)
		found->list[found->len++] = name;
}

static int
install(struct performer *p, const char *const *argv, struct err *e)
{
	static const char *const more[] = { "DEBIAN_FRONTEND=noninteractive",
		NULL };
	AUTO(arena_free) struct arena *arena = arena_new();
	struct child_spec spec = { .argv = argv,
		.env = performer_environment(arena, more),
		.out_stream = 4 };
	struct child_end end;
	int rc = performer_wait(p, &spec, &end, e);
	if (rc < 0)
		return err_wrap(e, "packages");
	if (end.status == 0)
		return 0;
	AUTO_BUF struct buf text = BUF_INIT(256);
	child_end_text(&end, &text);
	return err_set(e, ERR_EXIT, "packages: apt-get: %s", buf_text(&text));
}

int
phase_packages(struct performer *p, struct err *e)
{
	static const char *const command[] = { "/usr/bin/apt-get", "install",
		"-y", "--no-install-recommends", "--no-upgrade", "--" };
	struct packages found = { .len = 0 };
	for (size_t i = 0; i < ARRAY_LEN(command); i++)
		found.list[found.len++] = command[i];
	size_t from = found.len;
	for (size_t i = 0; i < p->entries_len; i++) {
		if (p->entries[i]->kind != EXECUTABLE_SCRIPT)
			continue;
		const struct bundle_script *s =
		    bundle_find_script(p->bundle, p->entries[i]->name);
		for (size_t k = 0; s != NULL && k < s->packages_len; k++)
			add_once(&found, from, s->packages[k]);
	}
	if (found.len == from || p->options->why_run)
		return 0;
	AUTO_BUF struct buf names = BUF_INIT(65536);
	for (size_t i = from; i < found.len; i++)
		buf_printf(&names, "%s%s", i > from ? " " : "", found.list[i]);
	struct jsn *event = wire_event_new("packages_requested");
	jsn_set_str(event, "packages", buf_text(&names));
	run_event(p->run, event);
	int64_t start = clock_mono_ms();
	int rc = install(p, found.list, e);
	if (rc < 0)
		return rc;
	event = wire_event_new("packages_installed");
	jsn_set_str(event, "packages", buf_text(&names));
	jsn_set_int(event, "elapsed_ms", clock_mono_ms() - start);
	run_event(p->run, event);
	return 0;
}
