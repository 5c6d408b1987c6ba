/* SPDX-License-Identifier: MIT */
/* The registry of generated classes: a hash from class to entry. */
#include "runtime/ruby/classes.h"

#include <stdlib.h>

#include "runtime/ruby/host.h"

static struct st_table *resources, *provider_classes;
static bool provider_base;

static void *
lookup(struct st_table *table, VALUE klass)
{
	st_data_t found;

	if (table == NULL || !st_lookup(table, (st_data_t)klass, &found))
		return NULL;
	return (void *)found;
}

struct resource_class *
resource_class_exact(VALUE klass)
{
	return lookup(resources, klass);
}

struct provider_class *
provider_class_exact(VALUE klass)
{
	return lookup(provider_classes, klass);
}

static void *
nearest(struct st_table *table, VALUE klass)
{
	while (RB_TYPE_P(klass, T_CLASS)) {
		void *entry = lookup(table, klass);

		if (entry != NULL)
			return entry;
		klass = rb_class_superclass(klass);
	}
	return NULL;
}

struct resource_class *
resource_class_of(VALUE klass)
{
	return nearest(resources, klass);
}

struct provider_class *
provider_class_of(VALUE klass)
{
	return nearest(provider_classes, klass);
}

struct resource_class *
resource_class_add(VALUE klass, const struct resource_type *type)
{
	struct resource_class *c = xcalloc(1, sizeof(*c));

	if (resources == NULL)
		resources = st_init_numtable();
	rb_gc_register_mark_object(klass);
	c->type = type;
	c->klass = klass;
	st_insert(resources, (st_data_t)klass, (st_data_t)c);
	return c;
}

struct provider_class *
provider_class_add(VALUE klass, const struct provider *provider)
{
	struct provider_class *c = xcalloc(1, sizeof(*c));

	if (provider_classes == NULL)
		provider_classes = st_init_numtable();
	rb_gc_register_mark_object(klass);
	c->provider = provider;
	c->klass = klass;
	st_insert(provider_classes, (st_data_t)klass, (st_data_t)c);
	return c;
}

void
classes_touch(VALUE klass)
{
	struct resource_class *r = resource_class_exact(klass);
	struct provider_class *p = provider_class_exact(klass);

	if (r != NULL)
		r->touched = true;
	if (p != NULL)
		p->touched = true;
	if (klass == host_root(ROOT_PROVIDER))
		provider_base = true;
}

bool
provider_base_touched(void)
{
	return provider_base;
}
