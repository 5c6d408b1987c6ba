/* SPDX-License-Identifier: MIT */
/* The registry of types and what can be asked of one. */
#include "resources/type.h"

#include <string.h>

#include "common/str.h"
#include "resources/types/types_priv.h"

const struct resource_type *const resource_types[] = {
#define TYPE(word) &resource_type_##word,
#include "resources/tbl/types.h"
#undef TYPE
	NULL,
};

const struct resource_type *
resource_type_find(const char *name)
{
	for (size_t i = 0; resource_types[i] != NULL; i++) {
		if (strcmp(resource_types[i]->name, name) == 0)
			return resource_types[i];
	}
	return NULL;
}

static const struct resource_type *
parent_of(const struct resource_type *t)
{
	if (t->parent == NULL)
		return NULL;
	const struct resource_type *parent = resource_type_find(t->parent);
	ASSERT(parent != NULL);
	return parent;
}

const struct property *
resource_type_property(const struct resource_type *t, const char *name)
{
	for (; t != NULL; t = parent_of(t)) {
		if (t->properties == NULL)
			continue;
		for (const struct property *p = t->properties; p->name != NULL;
		     p++) {
			if (text_eq(p->name, name) || text_eq(p->alias, name))
				return p;
		}
	}
	return NULL;
}

void
resource_type_each_property(const struct resource_type *t,
    void (*each)(const struct property *p, void *arg), void *arg)
{
	const struct resource_type *parent = parent_of(t);
	if (parent != NULL)
		resource_type_each_property(parent, each, arg);
	if (t->properties == NULL)
		return;
	for (const struct property *p = t->properties; p->name != NULL; p++)
		each(p, arg);
}

const char *const *
resource_type_actions(const struct resource_type *t)
{
	while (t->actions == NULL) {
		t = parent_of(t);
		ASSERT(t != NULL);
	}
	return t->actions;
}

/* --- did you mean ------------------------------------------------------- */

struct nearest {
	const char *wrong, *best;
	size_t distance;
};

static void
consider(struct nearest *n, const char *word)
{
	size_t d = text_distance(n->wrong, word);
	if (d < n->distance) {
		n->distance = d;
		n->best = word;
	}
}

/* A third of the letters may be wrong. */
static struct nearest
nearest_to(const char *wrong)
{
	size_t allowed = strlen(wrong) / 3 + 1;
	return (struct nearest){ .wrong = wrong, .distance = allowed + 1 };
}

static void
consider_property(const struct property *p, void *arg)
{
	consider(arg, p->name);
	if (p->alias != NULL)
		consider(arg, p->alias);
}

const char *
resource_type_suggest_property(const struct resource_type *t, const char *wrong)
{
	struct nearest n = nearest_to(wrong);
	resource_type_each_property(t, consider_property, &n);
	return n.best;
}

const char *
resource_type_suggest(const char *wrong)
{
	struct nearest n = nearest_to(wrong);
	for (size_t i = 0; resource_types[i] != NULL; i++)
		consider(&n, resource_types[i]->name);
	return n.best;
}
