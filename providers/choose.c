/* SPDX-License-Identifier: MIT */
/* The platform table and the look at the machine behind it (RES-map). */
#include "providers/choose.h"

#include <stdlib.h>
#include <string.h>

#include "common/auto.h"
#include "common/str.h"
#include "resources/type.h"

struct row {
	const char *platform; /* name, or "family:NAME" */
	const char *type;
	const char *since; /* first version, or NULL: all */
	const char *provider;
};

/* Later rows win over earlier ones of the same platform and type. */
static const struct row rows[] = {
	{ "ubuntu", "package", NULL, "Package::Apt" },
	{ "ubuntu", "service", NULL, "Service::Debian" },
	{ "ubuntu", "ifconfig", "11.10", "Ifconfig::Debian" },
	{ "debian", "package", NULL, "Package::Apt" },
	{ "debian", "service", NULL, "Service::Debian" },
	{ "debian", "service", "6.0", "Service::Insserv" },
	{ "debian", "ifconfig", "7.0", "Ifconfig::Debian" },
	{ "linuxmint", "package", NULL, "Package::Apt" },
	{ "linuxmint", "service", NULL, "Service::Upstart" },
	{ "gcel", "package", NULL, "Package::Apt" },
	{ "gcel", "service", NULL, "Service::Debian" },
	{ "linaro", "package", NULL, "Package::Apt" },
	{ "linaro", "service", NULL, "Service::Debian" },
	{ "raspbian", "package", NULL, "Package::Apt" },
	{ "raspbian", "service", NULL, "Service::Debian" },
	{ "centos", "package", NULL, "Package::Yum" },
	{ "centos", "package", "8", "Package::Dnf" },
	{ "centos", "service", NULL, "Service::Redhat" },
	{ "centos", "ifconfig", NULL, "Ifconfig::Redhat" },
	{ "redhat", "package", NULL, "Package::Yum" },
	{ "redhat", "package", "8", "Package::Dnf" },
	{ "redhat", "service", NULL, "Service::Redhat" },
	{ "redhat", "ifconfig", NULL, "Ifconfig::Redhat" },
	{ "fedora", "package", NULL, "Package::Yum" },
	{ "fedora", "package", "22", "Package::Dnf" },
	{ "fedora", "service", NULL, "Service::Redhat" },
	{ "fedora", "ifconfig", NULL, "Ifconfig::Redhat" },
	{ "cloudlinux", "ifconfig", NULL, "Ifconfig::Redhat" },
	{ "ibm_powerkvm", "ifconfig", NULL, "Ifconfig::Redhat" },
	{ "suse", "package", NULL, "Package::Zypper" },
	{ "suse", "service", NULL, "Service::Redhat" },
	{ "suse", "group", NULL, "Group::Suse" },
	{ "opensuse", "package", NULL, "Package::Zypper" },
	{ "opensuse", "service", NULL, "Service::Redhat" },
	{ "opensuse", "group", NULL, "Group::Suse" },
	{ "opensuse", "group", "12.3", "Group::Usermod" },
	{ "family:debian", "package", NULL, "Package::Apt" },
	{ "family:debian", "service", NULL, "Service::Debian" },
	{ "family:rhel", "package", NULL, "Package::Yum" },
	{ "family:rhel", "package", "8", "Package::Dnf" },
	{ "family:rhel", "service", NULL, "Service::Redhat" },
	{ "family:fedora", "package", NULL, "Package::Yum" },
	{ "family:fedora", "package", "22", "Package::Dnf" },
	{ "family:fedora", "service", NULL, "Service::Redhat" },
	{ "family:suse", "package", NULL, "Package::Zypper" },
	{ "family:suse", "service", NULL, "Service::Redhat" },
	{ "family:amazon", "package", NULL, "Package::Yum" },
	{ "family:amazon", "service", NULL, "Service::Redhat" },
};

/* Platforms of 11's table that have no family of their own here. */
static const struct {
	const char *platform, *family;
} families[] = {
	{ "cloudlinux", "rhel" },
	{ "ibm_powerkvm", "rhel" },
	{ "amazon", "amazon" },
	{ "scientific", "rhel" },
	{ "oracle", "rhel" },
	{ "xenserver", "rhel" },
	{ "xcp", "rhel" },
};

/* Dotted numbers; a missing part counts as 0. */
static bool
is_since(const char *version, const char *since)
{
	while (*version != '\0' || *since != '\0') {
		char *rest;
		long have = strtol(version, &rest, 10);
		long need;

		version = *rest == '.' ? rest + 1 : rest + strlen(rest);
		need = strtol(since, &rest, 10);
		since = *rest == '.' ? rest + 1 : rest + strlen(rest);
		if (have != need)
			return have > need;
	}
	return true;
}

static const char *
find_row(const char *platform, const char *type, const char *version)
{
	const char *found = NULL;
	size_t i;

	for (i = 0; i < ARRAY_LEN(rows); i++)
		if (text_eq(rows[i].platform, platform) &&
		    text_eq(rows[i].type, type) &&
		    (rows[i].since == NULL || is_since(version, rows[i].since)))
			found = rows[i].provider;
	return found;
}

static const char *
family_of(const char *platform, const char *family)
{
	size_t i;

	for (i = 0; i < ARRAY_LEN(families); i++)
		if (text_eq(families[i].platform, platform))
			return families[i].family;
	return family;
}

static const char *
from_table(const char *platform, const char *type, const char *version,
    const char *family)
{
	const char *found = find_row(platform, type, version);
	AUTO_STR char *row = NULL;

	family = family_of(platform, family);
	if (found != NULL || family == NULL)
		return found;
	row = xasprintf("family:%s", family);
	return find_row(row, type, version);
}

/* --- packages -------------------------------------------------------- */

static const char *
choose_package(const char *found, const struct view *view)
{
	static const struct {
		const char *path, *provider;
	} tools[] = {
		{ "/usr/bin/apt-get", "Package::Apt" },
		{ "/usr/bin/dnf", "Package::Dnf" },
		{ "/usr/bin/yum", "Package::Yum" },
		{ "/usr/bin/zypper", "Package::Zypper" },
	};
	size_t i;

	if (found != NULL)
		return found;
	for (i = 0; i < ARRAY_LEN(tools); i++)
		if (view_exists(view, tools[i].path))
			return tools[i].provider;
	return NULL;
}

/* --- services -------------------------------------------------------- */

struct init_system {
	const char *provider;
	const char *tool;
	const char *config; /* of one service, %s */
};

/* In the order in which they are preferred. */
static const struct init_system init_systems[] = {
	{ "Service::Upstart", "/sbin/initctl", "/etc/init/%s.conf" },
	{ "Service::Insserv", "/sbin/insserv", "/etc/init.d/%s" },
	{ "Service::Debian", "/usr/sbin/update-rc.d", "/etc/init.d/%s" },
	{ "Service::Redhat", "/sbin/chkconfig", "/etc/init.d/%s" },
	{ "Service::Invokercd", "/usr/sbin/invoke-rc.d", "/etc/init.d/%s" },
};

static bool
is_systemd_running(const struct view *view)
{
	AUTO_BUF struct buf comm = BUF_INIT(4096);
	struct err ignored = { 0 };

	return view_read(view, "/proc/1/comm", 4096, &comm, &ignored) == 0 &&
	       text_eq(buf_text(&comm), "systemd\n");
}

static bool
has_tool(const struct view *view, const char *provider)
{
	size_t i;

	for (i = 0; i < ARRAY_LEN(init_systems); i++)
		if (text_eq(init_systems[i].provider, provider))
			return view_exists(view, init_systems[i].tool);
	return false;
}

static bool
has_config(
    const struct view *view, const struct init_system *init, const char *name)
{
	const char *place = strstr(init->config, "%s");
	AUTO_STR char *path = xasprintf("%.*s%s%s", (int)(place - init->config),
	    init->config, name, place + 2);

	return view_exists(view, path);
}

static const char *
choose_service(const char *found, const struct view *view, const char *name)
{
	size_t i;

	if (is_systemd_running(view))
		return "Service::Systemd";
	if (found != NULL && has_tool(view, found))
		return found;
	for (i = 0; i < ARRAY_LEN(init_systems); i++)
		if (view_exists(view, init_systems[i].tool) &&
		    has_config(view, &init_systems[i], name))
			return init_systems[i].provider;
	return found != NULL && text_eq(found, "Service::Insserv")
		   ? "Service::Debian"
		   : "Service::Init";
}

static const char *
usual_provider(const char *resource_type)
{
	const struct resource_type *type = resource_type_find(resource_type);

	return type != NULL ? type->usual_provider : NULL;
}

const char *
provider_choose(const char *resource_type, const char *platform,
    const char *version, const char *family, const struct view *view,
    const char *name)
{
	const char *found = from_table(
	    platform, resource_type, version != NULL ? version : "", family);

	if (text_eq(resource_type, "package"))
		return choose_package(found, view);
	if (text_eq(resource_type, "service"))
		return choose_service(found, view, name != NULL ? name : "");
	return found != NULL ? found : usual_provider(resource_type);
}
