/* SPDX-License-Identifier: MIT */
/* Packages that the scripts of a run name: installed before the run, left as
 * they are when they are there. */
#include <fcntl.h>
#include <string.h>

#include "common/auto.h"
#include "common/clock.h"
#include "common/fsat.h"
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
apt_get(struct performer *p, const char *const *argv, struct err *e)
{
	static const char *const more[] = { "DEBIAN_FRONTEND=noninteractive",
		NULL };
	AUTO(arena_free) struct arena *arena = arena_new();
	struct child_spec spec = { .argv = argv,
		.env = performer_environment(arena, more),
		.out_stream = 4 };
	struct child_end end;
	int rc = performer_wait(p, &spec, &end, e);
	if (rc < 0 || end.status == 0)
		return rc;
	AUTO_BUF struct buf text = BUF_INIT(256);
	child_end_text(&end, &text);
	return err_set(e, ERR_EXIT, "apt-get %s: %s", argv[1], buf_text(&text));
}

static int
note_list(const char *name, void *arg, struct err *e)
{
	(void)e;
	if (strstr(name, "_Packages") != NULL)
		*(bool *)arg = true;
	return 0;
}

/* A fresh image has no lists of packages: nothing can be installed there. */
static int
fetch_lists(struct performer *p, struct err *e)
{
	static const char *const update[] = { "/usr/bin/apt-get", "update",
		NULL };
	bool has_lists = false;
	AUTO_FD int dir = fsat_open_dir(AT_FDCWD, "/var/lib/apt/lists", NULL);
	if (dir >= 0 && fsat_each(dir, note_list, &has_lists, NULL) == 0 &&
	    !has_lists)
		return apt_get(p, update, e);
	return 0;
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
	int rc = fetch_lists(p, e);
	if (rc == 0)
		rc = apt_get(p, found.list, e);
	if (rc < 0)
		return err_wrap(e, "packages %s", buf_text(&names));
	event = wire_event_new("packages_installed");
	jsn_set_str(event, "packages", buf_text(&names));
	jsn_set_int(event, "elapsed_ms", clock_mono_ms() - start);
	run_event(p->run, event);
	return 0;
}
