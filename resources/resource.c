/* SPDX-License-Identifier: MIT */
/*
 * One resource as plain data. The slots follow the order of the type's
 * properties, parents' first.
 */
#include "resources/resource.h"

#include <string.h>

static void
count_property(const struct property *p, void *arg)
{
	(void)p;
	*(size_t *)arg += 1;
}

static void
add_slot(const struct property *p, void *arg)
{
	struct resource *r = arg;
	r->slots[r->slot_count++].property = p;
}

struct resource *
resource_new(struct arena *a, const struct resource_type *t, const char *name)
{
	struct resource *r = arena_new_of(a, struct resource);
	size_t count = 0;
	resource_type_each_property(t, count_property, &count);
	r->type = t;
	r->name_value = value_of_text(a, name);
	r->name = r->name_value.text.data;
	r->id = arena_printf(a, "%s[%s]", t->name, name);
	r->slots = arena_array_of(a, struct resource_slot, count);
	resource_type_each_property(t, add_slot, r);
	return r;
}

/* A child's own property hides its parent's: the last one counts. */
static struct resource_slot *
find_slot(const struct resource *r, const char *name)
{
	for (size_t i = r->slot_count; i-- > 0;) {
		if (strcmp(r->slots[i].property->name, name) == 0)
			return &r->slots[i];
	}
	return NULL;
}

const struct value *
resource_get(const struct resource *r, const char *name)
{
	const struct resource_slot *slot = find_slot(r, name);
	ASSERT(slot != NULL);
	if (slot->value.type == VALUE_NIL &&
	    (slot->property->flags & PROP_NAME) != 0)
		return &r->name_value;
	return &slot->value;
}

bool
resource_has(const struct resource *r, const char *name)
{
	const struct resource_slot *slot = find_slot(r, name);
	return slot != NULL && slot->value.type != VALUE_NIL;
}

void
resource_set(struct resource *r, const char *name, struct value v)
{
	struct resource_slot *slot = find_slot(r, name);
	ASSERT(slot != NULL);
	slot->value = v;
}

const char *
resource_text(const struct resource *r, const char *name, const char *fallback)
{
	return value_text(resource_get(r, name), fallback);
}

int64_t
resource_int(const struct resource *r, const char *name, int64_t fallback)
{
	const struct value *v = resource_get(r, name);
	return v->type == VALUE_INT ? v->integer : fallback;
}

bool
resource_bool(const struct resource *r, const char *name, bool fallback)
{
	const struct value *v = resource_get(r, name);
	return v->type == VALUE_BOOL ? v->boolean : fallback;
}
