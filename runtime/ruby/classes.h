/* SPDX-License-Identifier: MIT */
/*
 * The Ruby classes made from the tables: Chef::Resource::X for every resource
 * type and Chef::Provider::X for every provider. An entry lives as long as the
 * process; its class is never collected or moved.
 */
#pragma once

#include "runtime/ruby/mri.h"

#include "providers/provider.h"
#include "resources/type.h"

/* One property of a class, own or inherited. */
struct class_property {
	const struct property *property;
	ID ivar;
	ID reader;       /* method of the name */
	VALUE prototype; /* default, copied into each object; Qundef: not
			    made yet */
};

struct resource_class {
	const struct resource_type *type;
	VALUE klass;
	VALUE action;          /* default, a fresh copy per object */
	VALUE allowed_actions; /* the same */
	VALUE resource_name;
	struct class_property *properties; /* parents' first */
	size_t count;
	struct st_table *by_method; /* ID -> class_property */
	bool touched;               /* a method was added to it by Ruby */
};

struct provider_class {
	const struct provider *provider; /* NULL: only a step of the tree */
	VALUE klass;
	bool touched;
};

/* The entry whose class it is, or NULL. */
struct resource_class *resource_class_exact(VALUE klass);
/* The entry of the class or of its nearest generated ancestor, or NULL. */
struct resource_class *resource_class_of(VALUE klass);
struct provider_class *provider_class_exact(VALUE klass);
struct provider_class *provider_class_of(VALUE klass);
struct resource_class *resource_class_add(
    VALUE klass, const struct resource_type *type);
struct provider_class *provider_class_add(
    VALUE klass, const struct provider *provider);
/* Marks what a `method_added` of a generated class or of a base means. */
void classes_touch(VALUE klass);
/* Did Ruby add methods to Chef::Provider since its classes were generated? */
bool provider_base_touched(void);
