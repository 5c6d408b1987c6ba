/* SPDX-License-Identifier: MIT */
/* Commands that only ask. */
#include "common/auto.h"
#include "providers/machine_priv.h"
#include "providers/shell.h"
#include "providers/view.h"

#define QUERY_TIMEOUT_MS INT64_C(600000)

int
view_query_spec(const struct view *v, const struct proc_spec *spec,
    struct proc_result *r, struct err *e)
{
	CHECK_OBJ(v, VIEW_MAGIC);
	return proc_run(spec, r, e);
}

int
view_query(const struct view *v, const char *const *argv, struct proc_result *r,
    struct err *e)
{
	CHECK_OBJ(v, VIEW_MAGIC);
	AUTO(arena_free) struct arena *a = arena_new();
	const struct proc_spec spec = {
		.argv = argv,
		.env = shell_env(a, NULL),
		.timeout_ms = QUERY_TIMEOUT_MS,
		.flags = PROC_SEARCH_PATH,
	};
	return proc_run(&spec, r, e);
}

int
view_query_text(const struct view *v, const char *command,
    struct proc_result *r, struct err *e)
{
	CHECK_OBJ(v, VIEW_MAGIC);
	AUTO(arena_free) struct arena *a = arena_new();
	return view_query(v, shell_argv(a, command), r, e);
}
