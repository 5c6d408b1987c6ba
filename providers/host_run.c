/* SPDX-License-Identifier: MIT */
/* Commands that change the machine. */
#include "common/auto.h"
#include "providers/host.h"
#include "providers/machine_priv.h"
#include "providers/names.h"
#include "providers/shell.h"

#define RUN_TIMEOUT_MS INT64_C(900000)

int
host_run(struct host *h, const struct proc_spec *spec, const char *shown,
    const int *returns, struct proc_result *r, struct err *e)
{
	CHECK_OBJ(h, HOST_MAGIC);
	int rc = proc_run(spec, r, e);
	/* it may have been useradd or anything else */
	names_forget();
	if (rc < 0)
		return err_wrap(e, "run '%s'", shown);
	if (r->timed_out || !shell_status_allowed(r, returns))
		return shell_failure(e, shown, returns, spec->timeout_ms, r);
	return 0;
}

int
host_run_text(struct host *h, const char *command,
    const char *const *env_additions, int64_t timeout_ms, struct proc_result *r,
    struct err *e)
{
	AUTO(arena_free) struct arena *a = arena_new();
	const struct proc_spec spec = {
		.argv = shell_argv(a, command),
		.env = shell_env(a, env_additions),
		.timeout_ms = timeout_ms == 0 ? RUN_TIMEOUT_MS : timeout_ms,
		.flags = PROC_SEARCH_PATH,
	};
	return host_run(h, &spec, command, NULL, r, e);
}
