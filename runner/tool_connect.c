/* SPDX-License-Identifier: MIT */
/* rs_connect and rs_ohai: other programs do the work. */
#include <unistd.h>

#include "common/auto.h"
#include "common/fsat.h"
#include "common/proc.h"
#include "runner/places.h"
#include "runner/tools.h"

#define WORDS_MAX (OPTION_LIST_MAX + 16)

struct words {
	size_t len;
	const char *list[WORDS_MAX];
};

static void
add(struct words *w, const char *name, const char *value)
{
	if (value == NULL)
		return;
	ASSERT(w->len + 2 < WORDS_MAX);
	if (name != NULL)
		w->list[w->len++] = name;
	w->list[w->len++] = value;
}

/* Replaces the process; returns when that fails. */
static int
become(const char *program, struct words *w, struct err *e)
{
	struct places p = { .state = NULL };
	int rc = places_find(NULL, NULL, &p, e);
	if (rc == 0) {
		AUTO_STR char *path = path_join(p.libexec, program);
		w->list[0] = path;
		w->list[w->len] = NULL;
		execv(path, (char **)(uintptr_t)w->list);
		rc = err_sys(e, "run '%s'", path);
	}
	places_release(&p);
	return rc;
}

/* As a child on our terminal: its exit statuses are not ours. */
static int
run(const char *program, struct words *w, int *ret_status, struct err *e)
{
	struct places p = { .state = NULL };
	int rc = places_find(NULL, NULL, &p, e);
	if (rc < 0)
		return rc;
	AUTO_STR char *path = path_join(p.libexec, program);
	w->list[0] = path;
	w->list[w->len] = NULL;
	struct proc_spec spec = { .argv = w->list,
		.flags = PROC_INHERIT_STDIO | PROC_DIE_WITH_US };
	struct proc_result r = { .status = -1 };
	rc = proc_run(&spec, &r, e);
	*ret_status = r.status;
	proc_result_release(&r);
	places_release(&p);
	return rc;
}

/* Is this machine a node already? */
static bool
is_joined(void)
{
	struct places p = { .state = NULL };
	struct err ignored = { 0 };
	if (places_find(NULL, NULL, &p, &ignored) < 0)
		return false;
	AUTO_STR char *identity = places_state(&p, "agent/identity.json");
	bool joined = access(identity, F_OK) == 0;
	places_release(&p);
	return joined;
}

int
tool_rs_connect(const struct tool_options *o)
{
	const int refused = 255;
	struct err e = { 0 };
	if (o->attach == NULL)
		return tool_wrong("rs_connect: --attach URL is missing");
	if (is_joined() && !o->force) {
		tool_complain("This machine is a node already; --force makes "
			      "it join anew");
		return refused;
	}
	struct words w = { .len = 1 };
	add(&w, NULL, "join");
	add(&w, "--settings", o->attach);
	if (is_joined())
		add(&w, NULL, "--leave");
	int status = -1;
	int rc = run("operator", &w, &status, &e);
	if (rc < 0)
		return tool_fail(&e, refused);
	return status == 0 ? TOOL_EXIT_OK : refused;
}

int
tool_rs_ohai(const struct tool_options *o)
{
	struct words w = { .len = 1 };
	struct err e = { 0 };
	add(&w, NULL, "--ohai");
	add(&w, "--directory", o->directory);
	add(&w, "--file", o->file);
	add(&w, "--log-level", o->ohai_level);
	add(&w, "--log-file", o->ohai_log);
	add(&w, NULL, "--");
	for (size_t i = 0; i < o->args.len; i++)
		add(&w, NULL, o->args.list[i]);
	(void)!become("cook", &w, &e);
	return tool_fail(&e, TOOL_EXIT_OTHER);
}
