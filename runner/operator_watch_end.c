/* SPDX-License-Identifier: MIT */
/* How a watch is left early: Ctrl-C asks a person, everything else detaches. */
#include <signal.h>
#include <unistd.h>

#include "runner/operator_watch_priv.h"

/* Asks the router to end what is open. It cannot wait: told when it is done,
 * by the deliveries themselves. */
static void
on_cancelled(int rc, const struct api_answer *a, const struct err *e, void *arg)
{
	struct watched_command *c = arg;
	struct watch *w = c->watch;
	c->cancel = NULL;
	if (rc < 0) {
		term_note(w->op->t, "cancel: %s", e->text);
		return;
	}
	w->cancelled = true;
	term_note(w->op->t,
	    "cancelled: %d will never run it, %d are told to stop, %d had "
	    "ended",
	    (int)jsn_peek_int(a->body, "cancelled", 0),
	    (int)jsn_peek_int(a->body, "stopping", 0),
	    (int)jsn_peek_int(a->body, "too_late", 0));
}

static void
cancel_all(struct watch *w)
{
	for (size_t i = 0; i < w->commands_len; i++) {
		struct watched_command *c = w->commands[i];
		if (c->done || c->cancel != NULL)
			continue;
		struct api_request q = {
			.route = API_command_cancel,
			.vars = { c->cid },
			.done = on_cancelled,
			.arg = c,
		};
		struct err e = { 0 };
		if (api_start(w->op->api, &q, &c->cancel, &e) < 0)
			term_note(w->op->t, "cancel: %s", e.text);
	}
}

/* What was left behind, and how to get at it. */
void
watch_name_commands(const struct watch *w)
{
	for (size_t i = 0; i < w->commands_len; i++) {
		const char *cid = w->commands[i]->cid;
		if (!w->commands[i]->done)
			term_note(w->op->t,
			    "command %s goes on; 'rightlink logs -f %s' "
			    "follows it, 'rightlink cancel %s' ends it",
			    cid, cid, cid);
	}
}

/* One letter of a person; 'd' when there is none. While it is waited for,
 * another Ctrl-C ends the program as always. */
static char
ask_letter(const struct watch *w)
{
	struct sigaction usual = { .sa_handler = SIG_DFL }, ours;
	sigaction(SIGINT, &usual, &ours);
	term_question(w->op->t, "\ninterrupted: [d]etach and let it go on, "
				"[c]ancel it, [w]ait on? ");
	char answer[64] = "";
	ssize_t n = read(STDIN_FILENO, answer, sizeof(answer) - 1);
	sigaction(SIGINT, &ours, NULL);
	return n > 0 && answer[0] != '\n' ? answer[0] : 'd';
}

void
watch_on_interrupt(void *arg)
{
	struct watch *w = arg;
	if (w->o.only_looks) {
		watch_detach(w, SIGINT);
		return;
	}
	if (!term_can_ask() || w->cancelled) {
		watch_name_commands(w);
		watch_detach(w, SIGINT);
		return;
	}
	switch (ask_letter(w)) {
	case 'c':
		cancel_all(w);
		return;
	case 'w':
		return;
	default:
		watch_name_commands(w);
		watch_detach(w, SIGINT);
	}
}

void
watch_on_terminate(void *arg)
{
	struct watch *w = arg;
	watch_name_commands(w);
	watch_detach(w, SIGTERM);
}
