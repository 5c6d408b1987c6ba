/* SPDX-License-Identifier: MIT */
/* SELinux: whether it is on is asked once in the life of the process. */
#include "providers/selinux.h"

#include "common/auto.h"
#include "providers/shell.h"

static const char *
find_tool(const struct view *view, struct arena *a, const char *name)
{
	const char *found = view_which(view, a, name);
	static const char *const places[] = { "/bin", "/usr/bin", "/sbin",
		"/usr/sbin" };
	for (size_t i = 0; found == NULL && i < ARRAY_LEN(places); i++)
		found = view_which(
		    view, a, arena_printf(a, "%s/%s", places[i], name));
	return found;
}

static int
ask_enabled(
    struct provider_run *run, const struct view *view, bool *ret, struct err *e)
{
	const char *tool = find_tool(view, run->arena, "selinuxenabled");
	if (tool == NULL) {
		*ret = false;
		return 0;
	}
	struct proc_result r = { 0 };
	int rc = view_query(view, (const char *const[]){ tool, NULL }, &r, e);
	if (rc < 0)
		return rc;
	int status = r.status;
	proc_result_release(&r);
	if (status != 0 && status != 1)
		return provider_fail(run, e, "RuntimeError",
		    "'%s' ended with status %d: neither on nor off", tool,
		    status);
	*ret = status == 0;
	return 0;
}

static int
is_enabled(
    struct provider_run *run, const struct view *view, bool *ret, struct err *e)
{
	static enum {
		UNKNOWN,
		OFF,
		ON
	} known = UNKNOWN;
	if (known == UNKNOWN) {
		bool on = false;
		int rc = ask_enabled(run, view, &on, e);
		if (rc < 0)
			return rc;
		known = on ? ON : OFF;
	}
	*ret = known == ON;
	return 0;
}

int
selinux_plan(struct provider_run *run, const struct view *view,
    struct plan *plan, int kind, struct err *e)
{
	if (plan->first == NULL)
		return 0;
	const struct services *s = run->services;
	struct value wanted = s->config(
	    s->arg, run->arena, "enable_selinux_file_permission_fixup");
	if (wanted.type == VALUE_BOOL && !wanted.boolean)
		return 0;
	bool on;
	int rc = is_enabled(run, view, &on, e);
	if (rc < 0 || !on)
		return rc;
	struct change *c = plan_change(plan, kind, NULL);
	plan_describe(plan, c, "restore selinux security context");
	return 0;
}

int
selinux_apply(struct provider_run *run, struct host *host, const char *path,
    bool directory, struct err *e)
{
	const char *tool = find_tool(host_view(host), run->arena, "restorecon");
	if (tool == NULL) {
		run->services->log(run->services->arg, SERVICE_WARN,
		    "SELinux is on, but restorecon is missing: contexts are "
		    "not restored");
		return 0;
	}
	const char *real;
	int rc = view_realpath(host_view(host), run->arena, path, &real, e);
	if (rc < 0)
		return rc;
	const char *const for_file[] = { tool, "-R", real, NULL };
	const char *const for_directory[] = { tool, "-R", "-r", real, NULL };
	const struct proc_spec spec = {
		.argv = directory ? for_directory : for_file,
		.env = shell_env(run->arena, NULL),
		.timeout_ms = 600000,
	};
	struct proc_result r = { 0 };
	rc = host_run(
	    host, &spec, shell_join(run->arena, spec.argv), NULL, &r, e);
	proc_result_release(&r);
	return rc;
}
