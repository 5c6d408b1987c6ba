/* SPDX-License-Identifier: MIT */
/*
 * platform, platform_version, platform_family and lsb. /etc/os-release names
 * the distribution; the older release files give the finer version numbers
 * that cookbooks compare ("12.11" on Debian, "7.9" on CentOS).
 */
#include <string.h>
#include <sys/utsname.h>

#include "runtime/ohai/collect_priv.h"

/* id of os-release -> platform name of Ohai. */
static const struct {
	const char *id, *platform;
} renames[] = {
	{ "rhel", "redhat" },
	{ "ol", "oracle" },
	{ "amzn", "amazon" },
	{ "sles", "suse" },
	{ "sles_sap", "suse" },
	{ "sled", "suse" },
	{ "opensuse-leap", "opensuse" },
	{ "opensuse-tumbleweed", "opensuse" },
	{ "archarm", "arch" },
	{ "manjaro-arm", "manjaro" },
	{ "almalinux", "alma" },
};

/* Members separated by blanks. */
static const struct {
	const char *family, *members;
} families[] = {
	{ "debian", " debian ubuntu linuxmint raspbian gcel linaro devuan kali"
		    " pop elementary cumulus parrot deepin zorin neon"
		    " pureos " },
	{ "rhel", " redhat centos scientific oracle amazon cloudlinux xenserver"
		  " xcp xcp-ng ibm_powerkvm parallels virtuozzo rocky alma"
		  " eurolinux clearos springdale openeuler " },
	{ "fedora", " fedora pidora " },
	{ "suse", " suse opensuse sle-micro opensuse-microos " },
	{ "arch", " arch manjaro antergos endeavouros cachyos " },
	{ "gentoo", " gentoo funtoo calculate " },
	{ "slackware", " slackware " },
	{ "exherbo", " exherbo " },
	{ "alpine", " alpine " },
	{ "void", " void " },
	{ "clearlinux", " clear-linux-os " },
	{ "nixos", " nixos " },
	{ "mac_os_x", " mac_os_x mac_os_x_server " },
	{ "freebsd", " freebsd " },
	{ "solaris2", " solaris2 smartos omnios openindiana nexentacore "
		      "opensolaris " },
	{ "windows", " windows " },
};

const char *
ohai_platform_family(const char *platform)
{
	for (size_t i = 0; i < ARRAY_LEN(families); i++) {
		struct str rest = str_from(families[i].members), member;
		while (str_split(&rest, ' ', &member))
			if (member.len > 0 && str_eq_text(member, platform))
				return families[i].family;
	}
	return platform;
}

/* The first run of digits and dots behind a marker word. */
static const char *
version_after(struct arena *a, const char *text, const char *marker)
{
	const char *p = text != NULL ? strstr(text, marker) : NULL;
	if (p == NULL)
		return NULL;
	p += strlen(marker);
	p += strspn(p, " ");
	size_t len = strspn(p, "0123456789.");
	return len > 0 ? arena_strndup(a, p, len) : NULL;
}

static const char *
platform_of_id(const char *id)
{
	for (size_t i = 0; i < ARRAY_LEN(renames); i++)
		if (text_eq(renames[i].id, id))
			return renames[i].platform;
	return id;
}

/* Machines from before os-release (RHEL 5/6 and relatives). */
static const char *
platform_of_release_file(const char *text)
{
	static const struct {
		const char *word, *platform;
	} words[] = {
		{ "CentOS", "centos" },
		{ "Scientific", "scientific" },
		{ "CloudLinux", "cloudlinux" },
		{ "XenServer", "xenserver" },
		{ "Amazon", "amazon" },
		{ "Enterprise Linux Enterprise", "oracle" },
		{ "Oracle", "oracle" },
		{ "Fedora", "fedora" },
		{ "Red Hat", "redhat" },
	};
	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (strstr(text, words[i].word) != NULL)
			return words[i].platform;
	return NULL;
}

struct distribution {
	const char *platform, *version, *codename, *name, *description;
};

static const char *
kernel_release(struct arena *a)
{
	struct utsname u;
	return uname(&u) == 0 ? arena_strdup(a, u.release) : NULL;
}

/* The version a cookbook of the time would see; os-release often has less. */
static const char *
version_of(struct arena *a, const char *root, const char *platform,
    const char *version)
{
	const char *family = ohai_platform_family(platform);
	const char *found = NULL;
	if (text_eq(platform, "debian") || text_eq(platform, "raspbian")) {
		found = ohai_line(a, root, "/etc/debian_version");
	} else if (text_eq(family, "rhel") || text_eq(family, "fedora")) {
		const char *text = ohai_line(a, root, "/etc/redhat-release");
		if (text == NULL)
			text = ohai_line(a, root, "/etc/system-release");
		found = version_after(a, text, "release");
	} else if (text_eq(family, "gentoo")) {
		found = version_after(
		    a, ohai_line(a, root, "/etc/gentoo-release"), "release");
	} else if (version == NULL) {
		found = kernel_release(a); /* rolling distributions */
	}
	return found != NULL ? found : version;
}

static void
identify(struct arena *a, const char *root, struct distribution *d)
{
	const char *os = ohai_read(a, root, "/etc/os-release");
	if (os == NULL)
		os = ohai_read(a, root, "/usr/lib/os-release");
	const char *lsb = ohai_read(a, root, "/etc/lsb-release");
	const char *release = ohai_line(a, root, "/etc/redhat-release");
	const char *id = ohai_lookup(a, os, '=', "ID");
	if (id != NULL)
		d->platform = platform_of_id(id);
	else if (release != NULL)
		d->platform = platform_of_release_file(release);
	else if (ohai_lookup(a, lsb, '=', "DISTRIB_ID") != NULL)
		d->platform =
		    text_eq(ohai_lookup(a, lsb, '=', "DISTRIB_ID"), "Ubuntu")
			? "ubuntu"
			: NULL;
	else if (ohai_has(a, root, "/etc/debian_version"))
		d->platform = "debian";
	if (d->platform == NULL)
		d->platform = "linux";
	d->version = ohai_lookup(a, os, '=', "VERSION_ID");
	if (d->version == NULL)
		d->version = ohai_lookup(a, lsb, '=', "DISTRIB_RELEASE");
	d->version = version_of(a, root, d->platform, d->version);
	d->codename = ohai_lookup(a, lsb, '=', "DISTRIB_CODENAME");
	if (d->codename == NULL)
		d->codename = ohai_lookup(a, os, '=', "VERSION_CODENAME");
	d->name = ohai_lookup(a, lsb, '=', "DISTRIB_ID");
	if (d->name == NULL)
		d->name = ohai_lookup(a, os, '=', "NAME");
	d->description = ohai_lookup(a, lsb, '=', "DISTRIB_DESCRIPTION");
	if (d->description == NULL)
		d->description = ohai_lookup(a, os, '=', "PRETTY_NAME");
}

/* "Debian GNU/Linux" -> "Debian": what lsb_release -i prints. */
static const char *
lsb_id(struct arena *a, const char *name)
{
	if (name == NULL)
		return NULL;
	if (text_has_prefix(name, "Red Hat Enterprise"))
		return "RedHatEnterprise";
	return arena_strndup(a, name, strcspn(name, " "));
}

static struct value
lsb_of(struct arena *a, const struct distribution *d)
{
	struct ohai_map m;
	ohai_map_init(&m, a);
	ohai_map_text(&m, "id", lsb_id(a, d->name));
	ohai_map_text(&m, "release", d->version);
	ohai_map_text(&m, "codename", d->codename);
	ohai_map_text(&m, "description", d->description);
	return ohai_map_end(&m);
}

int
ohai_collect_platform(
    struct arena *a, const char *root, struct value *ret, struct err *e)
{
	(void)e;
	struct distribution d = { 0 };
	struct ohai_map m;
	identify(a, root, &d);
	ohai_map_init(&m, a);
	ohai_map_text(&m, "platform", d.platform);
	ohai_map_text(&m, "platform_version", d.version);
	ohai_map_text(&m, "platform_family", ohai_platform_family(d.platform));
	ohai_map_put(&m, "lsb", lsb_of(a, &d));
	*ret = ohai_map_end(&m);
	return 0;
}
