/* SPDX-License-Identifier: MIT */
/*
 * One resource as plain data: what a provider sees of a declaration (new
 * resource) and what it fills with what it found (current resource). Lives in
 * an arena.
 */
#pragma once

#include "resources/type.h"

struct resource_slot {
	const struct property *property;
	struct value value; /* VALUE_NIL: unset */
};

struct resource {
	const struct resource_type *type;
	const char *name;          /* as text */
	const char *id;            /* "file[/x]" */
	struct value name_value;   /* the name as a String */
	const char *cookbook_name; /* NULL outside a cookbook */
	const char *recipe_name;
	const char *declared_at; /* "/path/recipes/default.rb:3" or NULL */
	bool sensitive;
	struct resource_slot *slots; /* every property, parents' first */
	size_t slot_count;
	void *handle; /* the runtime's object, opaque here */
};

/* All properties unset. */
struct resource *resource_new(
    struct arena *a, const struct resource_type *t, const char *name);
/* The value of a property; never NULL (value_nil when unset). Programmer
 * error when the type has no such property. Name properties fall back to the
 * name. */
const struct value *resource_get(const struct resource *r, const char *name);
bool resource_has(const struct resource *r, const char *name); /* set? */
void resource_set(struct resource *r, const char *name, struct value v);
/* Shorthands. */
const char *resource_text(const struct resource *r, const char *name,
    const char *fallback); /* String or Symbol */
int64_t resource_int(
    const struct resource *r, const char *name, int64_t fallback);
bool resource_bool(const struct resource *r, const char *name, bool fallback);
