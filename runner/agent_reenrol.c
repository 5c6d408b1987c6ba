/* SPDX-License-Identifier: MIT */
/*
 * A new identity for a running agent: `rightlink join` does it in a process of
 * its own, then the agent starts anew, when nothing runs. Without a token the
 * identity stays and the channel is made anew.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/auto.h"
#include "common/fsat.h"
#include "common/log.h"
#include "runner/agent_priv.h"

#define OUTPUT_MAX_BYTES ((size_t)64 << 10)
#define JOIN_TIME "30s"
#define IDLE_LOOK_MS 1000

struct reenrolment {
	struct agent *agent;
	struct proc proc;
	struct loop_watch *end, *idle;
	port_done_fn done;
	void *arg;
};

static void
reenrolment_free(struct reenrolment *r)
{
	loop_unwatch(&r->end);
	loop_unwatch(&r->idle);
	free(r);
}

void
agent_reenrolment_free(struct agent *a)
{
	if (a->reenrolment == NULL)
		return;
	if (a->reenrolment->proc.pidfd >= 0) {
		struct proc_result result = { .status = 0 };
		proc_kill(&a->reenrolment->proc, SIGKILL);
		(void)!proc_finish(&a->reenrolment->proc, &result, NULL);
		proc_result_release(&result);
	}
	reenrolment_free(a->reenrolment);
	a->reenrolment = NULL;
}

/* Runs are not cut short by it. */
static void
on_idle_look(void *arg)
{
	struct reenrolment *r = arg;
	struct agent *a = r->agent;
	if (queue_is_quiet(supervisor_queue(a->supervisor)))
		agent_end(a, true);
	else
		loop_set(r->idle, IDLE_LOOK_MS);
}

/* What join printed: its report, or {"error": {"message"}}. */
static int
read_report(struct reenrolment *r, struct jsn **ret_report, struct err *e)
{
	AUTO_BUF struct buf text = BUF_INIT(OUTPUT_MAX_BYTES);
	struct proc_result result = { .status = 0 };
	struct err ignored = { 0 };
	int rc = fd_read_all(r->proc.out_fd, OUTPUT_MAX_BYTES, &text, &ignored);
	int finished = proc_finish(&r->proc, &result, e);
	int status = result.status;
	proc_result_release(&result);
	r->proc.pidfd = -1;
	if (finished < 0)
		return finished;
	AUTO(jsn_free) struct jsn *report = NULL;
	if (rc < 0 || jsn_parse((struct str){ text.data, text.len }, "join",
			  OUTPUT_MAX_BYTES, &report, &ignored) < 0)
		return err_set(
		    e, ERR_EXIT, "join ended with status %d", status);
	if (status != 0)
		return err_set(e, ERR_REMOTE, "%s",
		    jsn_peek_str(
			jsn_get(report, "error"), "message", "join failed"));
	*ret_report = TAKE(report);
	return 0;
}

static void
on_join_end(void *arg)
{
	struct reenrolment *r = arg;
	struct err e = { 0 };
	AUTO(jsn_free) struct jsn *report = NULL;
	loop_unwatch(&r->end);
	int rc = read_report(r, &report, &e);
	r->done(rc, 200, report, rc < 0 ? &e : NULL, r->arg);
	if (rc < 0) {
		log_event(
		    LOG_LEVEL_WARN, "not_reenrolled", LOG_STR("text", e.text));
		r->agent->reenrolment = NULL;
		reenrolment_free(r);
		return;
	}
	log_event(LOG_LEVEL_INFO, "reenrolled",
	    LOG_STR("id", jsn_peek_str(report, "id", "")));
	r->idle = loop_after(r->agent->loop, 0, on_idle_look, r);
}

static int
start_join(struct reenrolment *r, const char *token, struct err *e)
{
	const struct agent *a = r->agent;
	AUTO_STR char *program = path_join(a->places->libexec, "operator");
	AUTO_STR char *variable = xasprintf("RIGHTLINK_TOKEN=%s", token);
	const char *const argv[] = { program, "join", a->identity->router,
		"--leave", "--retry", JOIN_TIME, "--name", a->identity->name,
		"--state-dir", a->places->state, "--output", "json", NULL };
	const char *const env[] = { variable,
		"PATH=/usr/sbin:/usr/bin:/sbin:/bin", NULL };
	struct proc_spec spec = {
		.argv = argv, .env = env, .flags = PROC_DIE_WITH_US
	};
	int rc = proc_start(&spec, &r->proc, e);
	explicit_bzero(variable, strlen(variable));
	return rc;
}

int
agent_reenroll(const char *token, port_done_fn done, void *done_arg, void *arg,
    struct err *e)
{
	struct agent *a = arg;
	if (a->reenrolment != NULL)
		return err_set(e, ERR_STATE, "it is being done already");
	if (token == NULL) {
		struct jsn *reply = jsn_new_object();
		jsn_set_str(reply, "id", a->identity->id);
		session_reconnect(a->session);
		agent_answer_later(a, 0, reply, NULL, done, done_arg);
		return 0;
	}
	struct reenrolment *r = xcalloc(1, sizeof(*r));
	*r = (struct reenrolment){ .agent = a,
		.proc = { .pidfd = -1 },
		.done = done,
		.arg = done_arg };
	int rc = start_join(r, token, e);
	if (rc < 0) {
		reenrolment_free(r);
		return rc;
	}
	a->reenrolment = r;
	r->end = loop_watch_read(a->loop, r->proc.pidfd, on_join_end, r);
	return 0;
}
