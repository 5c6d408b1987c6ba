/* SPDX-License-Identifier: MIT */
/*
 * virtualization and dmi. A machine may be host and guest of several systems
 * ("systems"); "system" and "role" name the last one found, containers after
 * hypervisors.
 */
#include <string.h>

#include "runtime/ohai/collect_priv.h"

#define DMI_DIR "/sys/class/dmi/id"

struct found {
	struct ohai_map top, systems;
};

static void
is(struct found *f, const char *system, const char *role)
{
	ohai_map_text(&f->systems, system, role);
	ohai_map_text(&f->top, "system", system);
	ohai_map_text(&f->top, "role", role);
}

static bool
names_word(const char *text, const char *word)
{
	return text != NULL && strstr(text, word) != NULL;
}

/* A module at the beginning of a line of /proc/modules. */
static bool
has_module(const char *modules, const char *name)
{
	struct str rest = str_from(modules), line, f[1];
	while (str_split(&rest, '\n', &line))
		if (ohai_fields(line, f, 1) == 1 && str_eq_text(f[0], name))
			return true;
	return false;
}

static void
look_at_modules(struct arena *a, const char *root, struct found *f)
{
	const char *modules = ohai_read(a, root, "/proc/modules");
	if (has_module(modules, "kvm"))
		is(f, "kvm", "host");
	if (has_module(modules, "vboxdrv"))
		is(f, "vbox", "host");
	if (has_module(modules, "vboxguest"))
		is(f, "vbox", "guest");
}

/* What the firmware says about its maker. */
static void
look_at_firmware(struct arena *a, const char *root, struct found *f)
{
	static const struct {
		const char *file, *word, *system;
	} makers[] = {
		{ "sys_vendor", "QEMU", "kvm" },
		{ "sys_vendor", "Amazon EC2", "kvm" },
		{ "sys_vendor", "DigitalOcean", "kvm" },
		{ "product_name", "Google Compute Engine", "kvm" },
		{ "product_name", "KVM", "kvm" },
		{ "product_name", "OpenStack", "kvm" },
		{ "product_name", "VMware", "vmware" },
		{ "sys_vendor", "VMware", "vmware" },
		{ "product_name", "VirtualBox", "vbox" },
		{ "product_name", "Virtual Machine", "hyperv" },
		{ "product_name", "Parallels", "parallels" },
		{ "product_name", "BHYVE", "bhyve" },
		{ "product_name", "HVM domU", "xen" },
	};
	for (size_t i = 0; i < ARRAY_LEN(makers); i++) {
		const char *text = ohai_line(
		    a, root, arena_printf(a, DMI_DIR "/%s", makers[i].file));
		if (names_word(text, makers[i].word))
			is(f, makers[i].system, "guest");
	}
	const char *cpu = ohai_read(a, root, "/proc/cpuinfo");
	if (names_word(cpu, "QEMU Virtual CPU") ||
	    names_word(cpu, "Common KVM processor"))
		is(f, "kvm", "guest");
}

static void
look_at_xen(struct arena *a, const char *root, struct found *f)
{
	if (!ohai_has(a, root, "/proc/xen"))
		return;
	const char *can = ohai_line(a, root, "/proc/xen/capabilities");
	is(f, "xen", names_word(can, "control_d") ? "host" : "guest");
}

static void
look_at_containers(struct arena *a, const char *root, struct found *f)
{
	if (ohai_has(a, root, "/proc/bc/0"))
		is(f, "openvz", "host");
	else if (ohai_has(a, root, "/proc/vz"))
		is(f, "openvz", "guest");
	if (ohai_has(a, root, "/usr/bin/docker"))
		is(f, "docker", "host");
	const char *groups = ohai_read(a, root, "/proc/self/cgroup");
	const char *container = ohai_read(a, root, "/run/systemd/container");
	if (names_word(groups, "/docker") || names_word(container, "docker") ||
	    ohai_has(a, root, "/.dockerenv"))
		is(f, "docker", "guest");
	if (names_word(groups, "/lxc/") || names_word(container, "lxc"))
		is(f, "lxc", "guest");
	if (names_word(container, "systemd-nspawn"))
		is(f, "nspawn", "guest");
	if (names_word(container, "podman") ||
	    ohai_has(a, root, "/run/.containerenv"))
		is(f, "podman", "guest");
}

int
ohai_collect_virtualization(
    struct arena *a, const char *root, struct value *ret, struct err *e)
{
	(void)e;
	struct found f;
	struct ohai_map m;
	ohai_map_init(&f.top, a);
	ohai_map_init(&f.systems, a);
	look_at_modules(a, root, &f);
	look_at_firmware(a, root, &f);
	look_at_xen(a, root, &f);
	look_at_containers(a, root, &f);
	ohai_map_put(&f.top, "systems", ohai_map_end(&f.systems));
	ohai_map_init(&m, a);
	ohai_map_put(&m, "virtualization", ohai_map_end(&f.top));
	*ret = ohai_map_end(&m);
	return 0;
}

static const struct {
	const char *group, *key, *file;
} dmi_files[] = {
	{ "bios", "vendor", "bios_vendor" },
	{ "bios", "version", "bios_version" },
	{ "bios", "release_date", "bios_date" },
	{ "system", "manufacturer", "sys_vendor" },
	{ "system", "product_name", "product_name" },
	{ "system", "version", "product_version" },
	{ "system", "serial_number", "product_serial" },
	{ "system", "uuid", "product_uuid" },
	{ "system", "sku_number", "product_sku" },
	{ "system", "family", "product_family" },
	{ "base_board", "manufacturer", "board_vendor" },
	{ "base_board", "product_name", "board_name" },
	{ "base_board", "version", "board_version" },
	{ "base_board", "serial_number", "board_serial" },
	{ "base_board", "asset_tag", "board_asset_tag" },
	{ "chassis", "manufacturer", "chassis_vendor" },
	{ "chassis", "type", "chassis_type" },
	{ "chassis", "version", "chassis_version" },
	{ "chassis", "serial_number", "chassis_serial" },
	{ "chassis", "asset_tag", "chassis_asset_tag" },
};

int
ohai_collect_dmi(
    struct arena *a, const char *root, struct value *ret, struct err *e)
{
	(void)e;
	struct ohai_map m, dmi, group;
	ohai_map_init(&dmi, a);
	for (size_t i = 0; i < ARRAY_LEN(dmi_files); i++) {
		if (i == 0 ||
		    !text_eq(dmi_files[i].group, dmi_files[i - 1].group))
			ohai_map_init(&group, a);
		ohai_map_text(&group, dmi_files[i].key,
		    ohai_line(a, root,
			arena_printf(a, DMI_DIR "/%s", dmi_files[i].file)));
		if (group.len > 0)
			ohai_map_put(
			    &dmi, dmi_files[i].group, ohai_map_end(&group));
	}
	ohai_map_init(&m, a);
	ohai_map_put(&m, "dmi", ohai_map_end(&dmi));
	*ret = ohai_map_end(&m);
	return 0;
}
