/* SPDX-License-Identifier: MIT */
/* What `rightlink doctor` looks at on this machine. */
#include <errno.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "common/auto.h"
#include "common/clock.h"
#include "common/fsat.h"
#include "runner/agent_link.h"
#include "runner/operator_doctor.h"

#define AGENT_MS 5000
#define DISK_FAIL_BYTES ((uint64_t)64 << 20)
#define DISK_WARN_BYTES ((uint64_t)512 << 20)
#define CONTACT_WARN_MS ((int64_t)180000)

void
check_programs(struct doctor *d)
{
	static const char *const programs[] = { "agent", "perform", "fetch",
		"cook" };
	for (size_t i = 0; i < ARRAY_LEN(programs); i++) {
		AUTO_STR char *path = path_join(d->places.libexec, programs[i]);
		if (access(path, X_OK) == 0)
			continue;
		doctor_find(d, FINDING_FAIL, "'%s' is not there", path);
		doctor_fix(d, "install RightLink again");
		return;
	}
	doctor_find(d, FINDING_PASS, "RightLink " RIGHTLINK_VERSION ", in '%s'",
	    d->places.libexec);
}

/* The state directory, or the nearest one above that exists. */
static char *
existing_directory(const char *path)
{
	char *at = xstrdup(path);
	while (access(at, F_OK) < 0 && !text_eq(at, "/")) {
		char *above = path_dirname(at);
		str_free(&at);
		at = above;
	}
	return at;
}

void
check_disk(struct doctor *d)
{
	AUTO_STR char *dir = existing_directory(d->places.state);
	struct statvfs fs;
	if (statvfs(dir, &fs) < 0) {
		doctor_find(
		    d, FINDING_FAIL, "'%s': %s", dir, err_sys_text(errno));
		return;
	}
	uint64_t bytes = (uint64_t)fs.f_bavail * fs.f_frsize;
	enum finding_status status = bytes < DISK_FAIL_BYTES   ? FINDING_FAIL
				     : bytes < DISK_WARN_BYTES ? FINDING_WARN
							       : FINDING_PASS;
	if (fs.f_flag & ST_RDONLY)
		status = FINDING_FAIL;
	doctor_find(d, status, "'%s': %llu MiB free%s", d->places.state,
	    (unsigned long long)(bytes >> 20),
	    (fs.f_flag & ST_RDONLY) ? ", and it is read-only" : "");
	if (status != FINDING_PASS)
		doctor_fix(d, "make room there; old runs are in '%s/runs'",
		    d->places.state);
}

static void
judge_agent(struct doctor *d, const struct jsn *status)
{
	const char *state = jsn_peek_str(status, "state", "?");
	const char *router = jsn_peek_str(status, "router", NULL);
	int64_t contact = jsn_peek_int(status, "contact_ms", 0);
	if (router == NULL) {
		doctor_find(d, FINDING_PASS,
		    "runs, %s; it has joined no router", state);
		return;
	}
	if (jsn_peek_bool(status, "connected", false)) {
		doctor_find(d, FINDING_PASS, "runs, %s, connected to %s", state,
		    router);
		return;
	}
	int64_t age = clock_now_ms() - contact;
	doctor_find(d, age > CONTACT_WARN_MS ? FINDING_FAIL : FINDING_WARN,
	    "runs, %s, but has no contact to %s", state, router);
	doctor_fix(d, "see what follows, and the agent's log: journalctl -u "
		      "rightlink-agent");
}

void
check_agent(struct doctor *d)
{
	struct err e = { 0 };
	AUTO_FD int fd = agent_connect(&d->places, &e);
	if (fd == ERR_ABSENT && !d->has_joined) {
		doctor_find(d, FINDING_SKIP,
		    "none runs, and this machine has joined no router");
		return;
	}
	if (fd < 0) {
		doctor_find(d, FINDING_FAIL, "%s", e.text);
		doctor_fix(d, fd == ERR_ABSENT
				  ? "systemctl start rightlink-agent"
				  : "ask as root, or as the agent's user");
		return;
	}
	AUTO(jsn_free) struct jsn *request = jsn_new_object(), *reply = NULL;
	jsn_set_str(request, "type", "agent_status");
	if (agent_ask(fd, request, AGENT_MS, NULL, NULL, &reply, &e) == 0) {
		judge_agent(d, reply);
		return;
	}
	doctor_find(d, FINDING_FAIL, "%s", e.text);
	doctor_fix(d, "systemctl restart rightlink-agent");
}
