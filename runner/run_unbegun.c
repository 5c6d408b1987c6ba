/* SPDX-License-Identifier: MIT */
/* Records of runs that never began: whoever asked finds out why. */
#include <fcntl.h>

#include "common/auto.h"
#include "common/clock.h"
#include "common/fsat.h"
#include "runner/run.h"

static int
put(const char *dir, const char *name, const struct jsn *value, struct err *e)
{
	AUTO_STR char *path = path_join(dir, name);
	AUTO_BUF struct buf text = BUF_INIT((size_t)2 << 20);
	jsn_format(value, JSN_PRETTY, &text);
	return fsat_replace(
	    AT_FDCWD, path, (struct str){ text.data, text.len }, 0600, 0, e);
}

int
run_record_unbegun(
    const struct places *p, const struct run_unbegun *u, struct err *e)
{
	AUTO_STR char *dir = xasprintf("%s/runs/%s", p->state, u->run_id);
	AUTO(jsn_free) struct jsn *head = jsn_new_object();
	int64_t now = clock_now_ms();
	jsn_set_int(head, "version", 1);
	jsn_set_str(head, "run_id", u->run_id);
	jsn_set_str(head, "kind", u->kind);
	jsn_set(head, "executables",
	    u->executables != NULL ? jsn_copy(u->executables)
				   : jsn_new_array());
	jsn_set_str(head, "request_id", u->request_id);
	jsn_set_int(head, "started_ms", now);
	int rc = fsat_mkdir_all(AT_FDCWD, dir, 0700, e);
	if (rc >= 0)
		rc = put(dir, "run.json", head, e);
	jsn_set_str(head, "status",
	    run_status_name(u->crashed ? RUN_CRASHED : RUN_FAILED));
	jsn_set_str(head, "reason", u->reason);
	jsn_set_bool(head, "interrupted", true);
	jsn_set_int(head, "exit", 1);
	jsn_set_int(head, "finished_ms", now);
	if (rc >= 0)
		rc = put(dir, "result.json", head, e);
	return rc < 0 ? rc : 0;
}
