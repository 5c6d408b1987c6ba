/* SPDX-License-Identifier: MIT */
/*
 * What is asked of the operating system: to reboot, stop or end the machine,
 * and whether it is going down already. Each is a command of /bin/sh that can
 * be set, else systemd is asked.
 */
#include <signal.h>
#include <stdlib.h>

#include "common/auto.h"
#include "common/log.h"
#include "runner/supervisor_priv.h"

#define QUESTION_MS 10000
#define END_MS 30000

static const char usual_reboot[] = "exec systemctl reboot";
static const char usual_stop[] = "exec systemctl poweroff";
static const char usual_question[] =
    "[ \"$(systemctl is-system-running 2>/dev/null)\" = stopping ]";

static int
start(const char *command, struct proc *ret_proc, struct err *e)
{
	const char *argv[] = { "/bin/sh", "-c", command, NULL };
	struct proc_spec spec = { .argv = argv, .flags = PROC_INHERIT_STDIO };
	return proc_start(&spec, ret_proc, e);
}

static int
reap(struct proc *p)
{
	struct proc_result r = { 0 };
	struct err e = { 0 };
	if (proc_finish(p, &r, &e) < 0)
		return -1;
	return r.status;
}

/* ---- the action ---- */

static const char *
command_of(const struct supervisor *s, enum shutdown_level level)
{
	const struct supervisor_options *o = &s->o;
	switch (level) {
	case SHUTDOWN_CONTINUE:
		return NULL;
	case SHUTDOWN_REBOOT:
		return o->os_reboot != NULL ? o->os_reboot : usual_reboot;
	case SHUTDOWN_STOP:
		return o->os_stop != NULL ? o->os_stop : usual_stop;
	case SHUTDOWN_TERMINATE:
		return o->os_terminate != NULL ? o->os_terminate : usual_stop;
	}
	return NULL;
}

static void
on_action_end(void *arg)
{
	struct supervisor *s = arg;
	loop_unwatch(&s->leave.action_end);
	int status = reap(&s->leave.action);
	log_event(status == 0 ? LOG_LEVEL_INFO : LOG_LEVEL_ERROR, "os_action",
	    LOG_STR("level", shutdown_level_name(s->leave.level)),
	    LOG_INT("status", status));
	leave_acted(s);
}

void
os_act(struct supervisor *s, enum shutdown_level level)
{
	const char *command = command_of(s, level);
	struct err e = { 0 };
	if (command == NULL) {
		leave_acted(s);
	} else if (start(command, &s->leave.action, &e) < 0) {
		log_event(
		    LOG_LEVEL_ERROR, "os_action", LOG_STR("text", e.text));
		leave_acted(s);
	} else {
		s->leave.action_end = loop_watch_read(
		    s->o.loop, s->leave.action.pidfd, on_action_end, s);
	}
}

/* ---- the end of the agent ---- */

static void
on_end_limit(void *arg)
{
	struct supervisor *s = arg;
	loop_unwatch(&s->end_limit);
	log_event(LOG_LEVEL_WARN, "runs_do_not_end",
	    LOG_STR("hint", "they are killed with the agent"));
	if (!s->over && s->ports.on_over != NULL)
		s->ports.on_over(s->ports.arg);
	s->over = true;
}

static void
end_runs(struct supervisor *s)
{
	s->ending = true;
	boot_release(s);
	queue_stop_all(s->queue, -1, "the agent is being stopped");
	s->end_limit = loop_after(s->o.loop, END_MS, on_end_limit, s);
	leave_look(s);
}

static void
answer(struct supervisor *s, bool stopping)
{
	loop_unwatch(&s->leave.question_limit);
	struct err e = { 0 };
	if (!stopping) {
		end_runs(s);
		return;
	}
	log_event(LOG_LEVEL_INFO, "machine_goes_down",
	    LOG_STR("hint", "the decommission list is run first"));
	s->leave_then_end = true;
	if (leave_begin(s, SHUTDOWN_CONTINUE, NULL, &e) < 0)
		end_runs(s);
	else
		leave_look(s);
}

static void
on_question_end(void *arg)
{
	struct supervisor *s = arg;
	loop_unwatch(&s->leave.question_end);
	answer(s, reap(&s->leave.question) == 0);
}

static void
on_question_limit(void *arg)
{
	struct supervisor *s = arg;
	loop_unwatch(&s->leave.question_limit);
	proc_kill(&s->leave.question, SIGKILL);
}

void
supervisor_end(struct supervisor *s)
{
	struct leave *l = &s->leave;
	struct err e = { 0 };
	if (s->ending || l->question_end != NULL)
		return;
	/* Its list has been run, or runs. */
	if (l->stage != LEAVE_NONE) {
		s->ending = l->stage != LEAVE_LIST;
		s->leave_then_end = true;
		leave_look(s);
		return;
	}
	const char *command =
	    s->o.os_is_stopping != NULL ? s->o.os_is_stopping : usual_question;
	if (start(command, &l->question, &e) < 0) {
		end_runs(s);
		return;
	}
	l->question_end =
	    loop_watch_read(s->o.loop, l->question.pidfd, on_question_end, s);
	l->question_limit =
	    loop_after(s->o.loop, QUESTION_MS, on_question_limit, s);
}

void
os_release(struct supervisor *s)
{
	struct leave *l = &s->leave;
	loop_unwatch(&s->end_limit);
	loop_unwatch(&l->question_limit);
	if (l->action_end != NULL) {
		loop_unwatch(&l->action_end);
		proc_kill(&l->action, SIGKILL);
		(void)reap(&l->action);
	}
	if (l->question_end != NULL) {
		loop_unwatch(&l->question_end);
		proc_kill(&l->question, SIGKILL);
		(void)reap(&l->question);
	}
}
