/* SPDX-License-Identifier: MIT */
/* Ruby's traps while C waits for a child process. */
#include "runtime/ruby/host.h"

#include "common/proc.h"

static int interrupt_state; /* of the exception in ROOT_INTERRUPT */
static _Thread_local bool is_unlocked;

static VALUE
run_traps(VALUE arg)
{
	rb_thread_check_ints();
	return arg;
}

static void *
check(void *arg UNUSED)
{
	struct host_failure f;

	if (host_call(run_traps, Qnil, NULL, &f, NULL) < 0) {
		interrupt_state = f.state;
		host_root_set(ROOT_INTERRUPT, f.exception);
	}
	return NULL;
}

static bool
is_interrupted(void)
{
	if (is_unlocked)
		rb_thread_call_with_gvl(check, NULL);
	else
		check(NULL);
	return interrupt_state != 0;
}

void
host_watch_interrupts(void)
{
	proc_on_interrupt(is_interrupted);
}

bool
host_take_interrupt(struct host_failure *f)
{
	if (interrupt_state == 0)
		return false;
	*f =
	    (struct host_failure){ interrupt_state, host_root(ROOT_INTERRUPT) };
	interrupt_state = 0;
	host_root_set(ROOT_INTERRUPT, Qnil);
	return true;
}

bool
host_unlocked(bool unlocked)
{
	bool before = is_unlocked;

	is_unlocked = unlocked;
	return before;
}
