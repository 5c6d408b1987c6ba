/* SPDX-License-Identifier: MIT */
/* "A::B" is a constant in A and extends A, but for the table below. */
#include "runtime/ruby/provider_tree.h"

#include <string.h>

#include "runtime/ruby/classes.h"

/* super NULL: Chef::Provider itself. */
static const struct {
	const char *name, *super;
} supers[] = {
	{ "CookbookFile", "File" },
	{ "Template", "File" },
	{ "RemoteFile", "File" },
	{ "RemoteDirectory", "Directory" },
	{ "Script", "Execute" },
	{ "WhyrunSafeRubyBlock", "RubyBlock" },
	{ "Log::ChefLog", NULL },
	{ "Service::Init", "Service::Simple" },
	{ "Service::Systemd", "Service::Simple" },
	{ "Service::Upstart", "Service::Simple" },
	{ "Service::Debian", "Service::Init" },
	{ "Service::Redhat", "Service::Init" },
	{ "Service::Insserv", "Service::Init" },
	{ "Service::Invokercd", "Service::Init" },
	{ "Service::Gentoo", "Service::Init" },
	{ "Service::Arch", "Service::Init" },
	{ "Group::Gpasswd", "Group::Groupadd" },
	{ "Group::Usermod", "Group::Groupadd" },
	{ "Group::Suse", "Group::Groupadd" },
};

static VALUE
super_of(VALUE base, const char *path, VALUE scope)
{
	size_t i;

	for (i = 0; i < ARRAY_LEN(supers); i++) {
		if (strcmp(supers[i].name, path) != 0)
			continue;
		return supers[i].super == NULL
			   ? base
			   : provider_class_at(base, supers[i].super);
	}
	return scope;
}

VALUE
provider_class_at(VALUE base, const char *path)
{
	const char *colon = strrchr(path, ':');
	const char *name = colon != NULL ? colon + 1 : path;
	VALUE scope = base, klass;
	char outer[64];

	if (colon != NULL) {
		snprintf(outer, sizeof(outer), "%.*s", (int)(colon - path - 1),
		    path);
		scope = provider_class_at(base, outer);
	}
	if (rb_const_defined_at(scope, rb_intern(name)))
		return rb_const_get_at(scope, rb_intern(name));
	klass = rb_define_class_under(scope, name, super_of(base, path, scope));
	provider_class_add(klass, provider_find(path));
	return klass;
}
