/* SPDX-License-Identifier: MIT */
/* Repeating calls. */
#include "runner/patient.h"

#include <stdlib.h>

#include "common/auto.h"
#include "common/clock.h"

#define FIRST_PAUSE_MS 500
#define PAUSE_MAX_MS 8000
#define ATTEMPT_MS 70000
#define VARS_MAX 2

struct patient {
	struct patient *next;
	struct patients *all;
	struct port_call call;
	const char *vars[VARS_MAX + 1];
	char *texts[VARS_MAX], *query;
	struct jsn *json;
	int64_t deadline_ms, pause_ms;
	struct loop_watch *timer;
	struct err last;
};

struct patients {
	struct loop *loop;
	const struct supervisor_ports *ports;
	struct patient *list;
};

static void attempt(struct patient *p);

static void
patient_free(struct patient *p)
{
	struct patient **at = &p->all->list;
	while (*at != p)
		at = &(*at)->next;
	*at = p->next;
	loop_unwatch(&p->timer);
	for (size_t i = 0; i < VARS_MAX; i++)
		free(p->texts[i]);
	free(p->query);
	jsn_free(&p->json);
	free(p);
}

static bool
is_retryable(int status)
{
	return status == 408 || status == 425 || status == 429 || status >= 500;
}

static void
on_timer(void *arg)
{
	struct patient *p = arg;
	loop_unwatch(&p->timer);
	attempt(p);
}

static void
give_up(struct patient *p)
{
	struct err e = { 0 };
	(void)err_set(&e, ERR_TIMEOUT, "the router did not take it in time: %s",
	    p->last.code != 0 ? p->last.text : "no answer");
	port_done_fn done = p->call.done;
	void *arg = p->call.arg;
	patient_free(p);
	done(ERR_TIMEOUT, 0, NULL, &e, arg);
}

static void
on_answer(
    int rc, int status, const struct jsn *reply, const struct err *e, void *arg)
{
	struct patient *p = arg;
	if (rc >= 0 && !is_retryable(status)) {
		port_done_fn done = p->call.done;
		void *done_arg = p->call.arg;
		done(0, status, reply, e, done_arg);
		patient_free(p);
		return;
	}
	if (rc < 0)
		p->last = *e;
	else
		(void)err_set(&p->last, ERR_REMOTE, "status %d: %s", status,
		    jsn_peek_str(jsn_get(reply, "error"), "message", ""));
	if (clock_mono_ms() + p->pause_ms >= p->deadline_ms) {
		give_up(p);
		return;
	}
	p->timer = loop_after(p->all->loop, p->pause_ms, on_timer, p);
	p->pause_ms =
	    p->pause_ms < PAUSE_MAX_MS / 2 ? p->pause_ms * 2 : PAUSE_MAX_MS;
}

static void
attempt(struct patient *p)
{
	struct port_call c = p->call;
	int64_t left_ms = p->deadline_ms - clock_mono_ms();
	c.timeout_ms = left_ms < ATTEMPT_MS ? left_ms : ATTEMPT_MS;
	if (c.timeout_ms < 1)
		c.timeout_ms = 1;
	c.done = on_answer;
	c.arg = p;
	p->all->ports->call(&c, p->all->ports->arg);
}

void
patient_call(struct patients *all, const struct port_call *c)
{
	struct patient *p = xcalloc(1, sizeof(*p));
	p->all = all;
	p->next = all->list;
	all->list = p;
	p->call = *c;
	for (size_t i = 0;
	     c->vars != NULL && i < VARS_MAX && c->vars[i] != NULL; i++)
		p->vars[i] = p->texts[i] = xstrdup(c->vars[i]);
	p->call.vars = c->vars != NULL ? p->vars : NULL;
	p->query = c->query != NULL ? xstrdup(c->query) : NULL;
	p->call.query = p->query;
	p->json = jsn_copy(c->json);
	p->call.json = p->json;
	p->pause_ms = FIRST_PAUSE_MS;
	p->deadline_ms = clock_mono_ms() + c->timeout_ms;
	attempt(p);
}

struct patients *
patients_open(struct loop *l, const struct supervisor_ports *ports)
{
	struct patients *all = xcalloc(1, sizeof(*all));
	all->loop = l;
	all->ports = ports;
	return all;
}

void
patients_close(struct patients **at)
{
	if (at == NULL || *at == NULL)
		return;
	while ((*at)->list != NULL) {
		struct patient *p = (*at)->list;
		port_done_fn done = p->call.done;
		void *arg = p->call.arg;
		struct err e = { 0 };
		(void)err_set(&e, ERR_CLOSED, "the agent is ending");
		patient_free(p);
		done(ERR_CLOSED, 0, NULL, &e, arg);
	}
	free(*at);
	*at = NULL;
}
