/* SPDX-License-Identifier: MIT */
/* The phases of a C provider between Ruby and the machine. */
#include "runtime/ruby/bridge.h"

#include <string.h>

#include "common/str.h"
#include "runtime/ruby/classes.h"
#include "runtime/ruby/convert.h"
#include "runtime/ruby/ids.h"

/* --- failures and events ------------------------------------------------ */

struct raising {
	const struct err *err;
	const char *class_name;
};

static VALUE
raise_it(VALUE arg)
{
	const struct raising *r = (const struct raising *)arg;

	host_raise(r->err, r->class_name);
}

static int protected(struct bridge *b, host_fn fn, VALUE arg)
{
	struct host_failure f;

	if (host_call(fn, arg, NULL, &f, NULL) == 0)
		return 0;
	if (b->failure.state == 0)
		b->failure = f;
	return ERR_RUBY;
}

int
bridge_fail(struct bridge *b, const struct err *e, const char *class_name)
{
	struct raising r = { e, class_name };

	/* What waits must stay as it is, above all a throw on its way. */
	if (b->failure.state != 0)
		return ERR_RUBY;
	return protected(b, raise_it, (VALUE)&r);
}

/* The end of a phase of the C provider. */
static int
settle(struct bridge *b, int r, const struct err *e)
{
	if (b->failure.state == 0 && host_take_interrupt(&b->failure))
		return ERR_RUBY;
	return r < 0 ? bridge_fail(b, e, b->run.exception) : r;
}

/* --- open --------------------------------------------------------------- */

static bool
is_a(const struct resource_type *t, const char *name)
{
	while (t != NULL && !text_eq(t->name, name))
		t = t->parent != NULL ? resource_type_find(t->parent) : NULL;
	return t != NULL;
}

static VALUE
read_want(VALUE arg)
{
	struct bridge *b = (struct bridge *)arg;
	const struct resource_class *c =
	    resource_class_of(CLASS_OF(b->resource));
	const struct resource_type *type;
	VALUE action = rb_obj_as_string(b->action), key = ID2SYM(ids.why_run);

	type = c != NULL && is_a(c->type, b->table->type)
		   ? c->type
		   : resource_type_find(b->table->type);
	if (type == NULL)
		rb_raise(rb_eArgError, "provider %s serves no resource type",
		    b->table->ruby_class);
	b->run.action = arena_strdup(b->run.arena, StringValueCStr(action));
	b->run.why_run = RTEST(rb_funcallv(host_config(), ids.at, 1, &key));
	if (NIL_P(b->events))
		b->events = rb_funcallv(b->run_context, ids.events, 0, NULL);
	b->run.want = read_resource(b->run.arena, b->resource, type);
	return Qnil;
}

int
bridge_open(struct bridge *b, const struct provider *p)
{
	b->table = p;
	b->failure = (struct host_failure){ 0, Qnil };
	b->run = (struct provider_run){ .services = &b->services };
	b->plan = (struct plan){ 0 };
	b->run.arena = arena_borrow();
	b->changes = 0;
	bridge_services(b);
	b->is_open = true;
	return protected(b, read_want, (VALUE)b);
}

/* --- load and plan ------------------------------------------------------ */

static bool
listens(VALUE events, ID event)
{
	VALUE name = ID2SYM(event);
	VALUE r = rb_check_funcall(events, ids.listens_p, 1, &name);

	return r == Qundef || RTEST(r);
}

static VALUE
announce_current(VALUE arg)
{
	const struct bridge *b = (const struct bridge *)arg;
	VALUE args[] = { b->resource, b->action, Qnil };

	if (!listens(b->events, ids.resource_current_state_loaded))
		return Qnil;
	args[2] = bridge_current(b);
	return rb_funcallv(
	    b->events, ids.resource_current_state_loaded, 3, args);
}

int
bridge_load(struct bridge *b)
{
	struct err e;

	if (b->table->load != NULL &&
	    settle(b, b->table->load(&b->run, view_of_machine(), &e), &e) < 0)
		return ERR_RUBY;
	if (!NIL_P(b->provider))
		return 0;
	return protected(b, announce_current, (VALUE)b);
}

static VALUE
assumptions_of(const struct unmet *u)
{
	VALUE texts = rb_ary_new();
	size_t i;

	for (i = 0; u->assumptions[i] != NULL; i++)
		rb_ary_push(texts, rb_utf8_str_new_cstr(u->assumptions[i]));
	return texts;
}

static VALUE
announce_unmet(VALUE arg)
{
	const struct bridge *b = (const struct bridge *)arg;
	const struct unmet *u;

	for (u = b->plan.first_unmet; u != NULL; u = u->next) {
		VALUE failed[] = { b->action, b->resource,
			host_class(u->exception),
			rb_utf8_str_new_cstr(u->message) };
		VALUE assumed[] = { b->action, b->resource, Qnil };

		rb_funcallv(
		    b->events, ids.provider_requirement_failed, 4, failed);
		if (u->assumptions == NULL)
			continue;
		assumed[2] = assumptions_of(u);
		rb_funcallv(b->events, ids.whyrun_assumption, 3, assumed);
	}
	return Qnil;
}

int
bridge_plan(struct bridge *b)
{
	struct err e;
	int r;

	plan_init(&b->plan, b->run.arena, b->run.why_run);
	r = b->table->plan(&b->run, view_of_machine(), &b->plan, &e);
	if (b->plan.first_unmet != NULL &&
	    protected(b, announce_unmet, (VALUE)b) < 0)
		return ERR_RUBY;
	return settle(b, r, &e);
}

/* --- apply -------------------------------------------------------------- */

static VALUE
detail_lines(const char *detail)
{
	VALUE list = rb_ary_new();
	struct str rest = str_from(detail), line;

	while (str_split(&rest, '\n', &line))
		if (line.len > 0 || rest.data != NULL)
			rb_ary_push(list, str_to_ruby(line));
	return list;
}

VALUE
bridge_update_of(const struct change *c)
{
	VALUE list;
	size_t i;

	list = rb_ary_new_capa((long)c->line_count + 1);
	for (i = 0; i < c->line_count; i++)
		rb_ary_push(list, rb_utf8_str_new_cstr(c->lines[i]));
	if (c->detail != NULL)
		rb_ary_push(list, detail_lines(c->detail));
	return list;
}

int
bridge_make(struct bridge *b, const struct change *c)
{
	struct err e;
	int r;

	if (b->table->apply == NULL || b->run.why_run)
		return 0;
	r = b->table->apply(&b->run, host_of_machine(), c, &e);
	return settle(b, r, &e);
}

bool
bridge_is_silent(const struct change *c)
{
	return c->line_count == 0 && c->detail == NULL;
}

struct announcement {
	const struct bridge *bridge;
	const struct change *change;
};

static VALUE
announce_update(VALUE arg)
{
	const struct announcement *a = (const struct announcement *)arg;
	VALUE args[] = { a->bridge->resource, a->bridge->action,
		bridge_update_of(a->change) };

	return rb_funcallv(
	    a->bridge->events, ids.resource_update_applied, 3, args);
}

static ID
ivar_of(const struct property *p)
{
	char text[80];

	snprintf(text, sizeof(text), "@%s", p->name);
	return rb_intern(text);
}

static VALUE
write_back(VALUE arg)
{
	const struct bridge *b = (const struct bridge *)arg;
	size_t i;

	for (i = 0; i < b->run.write_back_count; i++) {
		const struct resource_slot *s = &b->run.write_back[i];

		rb_ivar_set(b->resource, ivar_of(s->property),
		    value_to_ruby(&s->value));
	}
	return Qnil;
}

int
bridge_finish(struct bridge *b)
{
	struct err e;

	if (b->run.why_run)
		return 0;
	if (b->table->finish != NULL &&
	    settle(b, b->table->finish(&b->run, view_of_machine(), &e), &e) < 0)
		return ERR_RUBY;
	if (b->run.write_back_count == 0)
		return 0;
	return protected(b, write_back, (VALUE)b);
}

int
bridge_apply(struct bridge *b)
{
	const struct change *c;

	for (c = b->plan.first; c != NULL; c = c->next) {
		struct announcement a = { b, c };
		int made = bridge_make(b, c);

		if (made < 0)
			return ERR_RUBY;
		if (made > 0)
			continue;
		b->changes++;
		if (!bridge_is_silent(c) &&
		    protected(b, announce_update, (VALUE)&a) < 0)
			return ERR_RUBY;
	}
	return bridge_finish(b);
}

void
bridge_close(struct bridge *b)
{
	if (!b->is_open)
		return;
	b->is_open = false;
	if (b->table->release != NULL && b->run.want != NULL)
		b->table->release(&b->run);
	arena_give_back(b->run.arena);
	b->run = (struct provider_run){ 0 };
}

VALUE
bridge_current(const struct bridge *b)
{
	VALUE name = rb_ivar_get(b->resource, ids.iv_name);
	VALUE current =
	    rb_class_new_instance(1, &name, rb_obj_class(b->resource));
	const struct resource *found = b->run.current;
	size_t i;

	for (i = 0; found != NULL && i < found->slot_count; i++) {
		const struct resource_slot *s = &found->slots[i];

		if (s->value.type != VALUE_NIL)
			rb_ivar_set(current, ivar_of(s->property),
			    value_to_ruby(&s->value));
	}
	return current;
}
