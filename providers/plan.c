/* SPDX-License-Identifier: MIT */
/* Building a plan: changes, requirements, failures, values to write back. */
#include <stdarg.h>
#include <string.h>

#include "providers/provider.h"

/* Growth of run->write_back; few providers write more. */
#define WRITE_BACK_STEP ((size_t)8)

void
plan_init(struct plan *p, struct arena *a, bool why_run)
{
	*p = (struct plan){ .arena = a, .why_run = why_run };
	p->end = &p->first;
	p->end_unmet = &p->first_unmet;
}

struct change *
plan_change(struct plan *p, int kind, void *data)
{
	struct change *c = arena_new_of(p->arena, struct change);
	c->kind = kind;
	c->data = data;
	*p->end = c;
	p->end = &c->next;
	return c;
}

void
plan_describe(struct plan *p, struct change *c, const char *fmt, ...)
{
	const char **lines =
	    arena_array_of(p->arena, const char *, c->line_count + 1);
	if (c->line_count > 0)
		memcpy(lines, c->lines, c->line_count * sizeof(*lines));
	va_list ap;
	va_start(ap, fmt);
	lines[c->line_count++] = arena_vprintf(p->arena, fmt, ap);
	va_end(ap);
	c->lines = lines;
}

void
plan_detail(struct plan *p, struct change *c, struct str text)
{
	c->detail = arena_strndup(p->arena, text.data, text.len);
}

int
plan_require(struct provider_run *run, struct plan *p, bool holds,
    const struct requirement *q, struct err *e, const char *fmt, ...)
{
	if (p->blocked || holds)
		return 0;
	struct unmet *u = arena_new_of(p->arena, struct unmet);
	va_list ap;
	va_start(ap, fmt);
	u->message = arena_vprintf(p->arena, fmt, ap);
	va_end(ap);
	u->exception = q->exception != NULL
			   ? q->exception
			   : "Chef::Exceptions::AssertionFailure";
	*p->end_unmet = u;
	p->end_unmet = &u->next;
	if (!p->why_run || q->assumption == NULL)
		return provider_fail(run, e, u->exception, "%s", u->message);
	const char **texts = arena_array_of(p->arena, const char *, 2);
	texts[0] = q->assumption;
	u->assumptions = texts;
	u->blocks = q->blocks;
	p->blocked = q->blocks;
	return 0;
}

int
provider_fail(struct provider_run *run, struct err *e, const char *exception,
    const char *fmt, ...)
{
	run->exception = exception;
	va_list ap;
	va_start(ap, fmt);
	const char *text = arena_vprintf(run->arena, fmt, ap);
	va_end(ap);
	return err_set(e, ERR_INVALID, "%s", text);
}

void
provider_write_back(
    struct provider_run *run, const char *property, struct value v)
{
	const struct property *p =
	    resource_type_property(run->want->type, property);
	ASSERT(p != NULL);
	size_t n = run->write_back_count;
	if (n % WRITE_BACK_STEP == 0) {
		struct resource_slot *more = arena_array_of(
		    run->arena, struct resource_slot, n + WRITE_BACK_STEP);
		if (n > 0)
			memcpy(more, run->write_back, n * sizeof(*more));
		run->write_back = more;
	}
	run->write_back[n] = (struct resource_slot){ p, v };
	run->write_back_count = n + 1;
}
