/* SPDX-License-Identifier: MIT */
/*
 * Addresses of interfaces by ifconfig (RES-ifconfig), and the boot files of
 * Debian and Red Hat. Both the old and the present form of ifconfig's output
 * are understood.
 */
#include <ctype.h>
#include <string.h>

#include "common/auto.h"
#include "common/str.h"
#include "providers/command.h"
#include "providers/tbl/system.h"

#define INTERFACES "/etc/network/interfaces"
#define INTERFACES_D "/etc/network/interfaces.d"

enum ifconfig_change {
	CHANGE_RUN,
	CHANGE_WRITE_FILE,
	CHANGE_REMOVE_FILE,
};

struct ifconfig_state {
	const char *device;
	bool known;       /* ifconfig lists the device */
	bool has_address; /* with an address */
	struct words command;
};

/* How a platform keeps addresses over a boot. */
struct boot_file {
	const char *(*path)(struct provider_run *run);
	void (*write)(struct provider_run *run, struct buf *out);
	int (*prepare)(
	    struct provider_run *run, struct host *host, struct err *e);
};

static const char *
wanted(struct provider_run *run, const char *property)
{
	return resource_text(run->want, property, NULL);
}

/* "eth0      Link encap..." or "eth0: flags=..."; else a line of the device
 * before. */
static bool
starts_device(struct str line, struct str *ret_name)
{
	size_t n = 0;

	while (n < line.len && isspace((unsigned char)line.data[n]) == 0)
		n++;
	*ret_name = (struct str){ line.data, n };
	if (n > 0 && line.data[n - 1] == ':')
		ret_name->len--;
	return n > 0;
}

static void
read_state(struct ifconfig_state *st, const char *text)
{
	struct str rest = str_from(text), line, name;
	bool mine = false;

	while (str_split(&rest, '\n', &line)) {
		struct str body;

		if (starts_device(line, &name)) {
			mine = str_eq_text(name, st->device);
			st->known = st->known || mine;
			continue;
		}
		body = str_trim(line);
		if (mine && (str_has_prefix(body, "inet addr:") ||
				str_has_prefix(body, "inet ")))
			st->has_address = true;
	}
}

static void
build_command(struct provider_run *run, struct ifconfig_state *st)
{
	static const struct {
		const char *property, *word;
	} options[] = {
		{ "mask", "netmask" },
		{ "metric", "metric" },
		{ "mtu", "mtu" },
	};
	size_t i;

	words_init(&st->command, run->arena);
	words_add_all(&st->command, "ifconfig", st->device, NULL);
	if (text_eq(run->action, "delete") || text_eq(run->action, "disable")) {
		words_add(&st->command, "down");
		return;
	}
	words_add(&st->command, run->want->name);
	for (i = 0; i < ARRAY_LEN(options); i++)
		if (wanted(run, options[i].property) != NULL)
			words_add_all(&st->command, options[i].word,
			    wanted(run, options[i].property), NULL);
}

static int
ifconfig_load(struct provider_run *run, const struct view *view, struct err *e)
{
	static const char *const argv[] = { "ifconfig", NULL };
	struct ifconfig_state *st =
	    arena_new_of(run->arena, struct ifconfig_state);
	struct proc_result r = { 0 };
	int rc, status;

	run->state = st;
	st->device = resource_text(run->want, "device", "");
	rc = command_query(run, view, &(struct command){ .argv = argv }, &r, e);
	if (rc < 0) {
		run->exception = "Chef::Exceptions::Ifconfig";
		return rc;
	}
	status = r.status;
	read_state(st, buf_text(&r.out));
	proc_result_release(&r);
	if (status != 0)
		return provider_fail(run, e, "Chef::Exceptions::Ifconfig",
		    "ifconfig failed - exit status %d", status);
	build_command(run, st);
	return 0;
}

static int
plan_with(
    struct provider_run *run, struct plan *plan, const struct boot_file *file)
{
	const struct ifconfig_state *st = run->state;
	bool adds = text_eq(run->action, "add");
	bool brings_up = adds || text_eq(run->action, "enable");
	struct change *c;

	if (brings_up ? st->has_address || text_eq(st->device, "lo")
		      : !st->known)
		return 0;
	c = plan_change(plan, CHANGE_RUN, NULL);
	plan_describe(plan, c, "run");
	c->lines[0] = "run";
	for (size_t i = 0; i < st->command.len; i++)
		c->lines[0] = arena_printf(
		    run->arena, "%s %s", c->lines[0], st->command.items[i]);
	c->lines[0] = arena_printf(
	    run->arena, "%s to %s %s", c->lines[0], run->action, run->want->id);
	if (file != NULL && adds)
		plan_describe(plan, plan_change(plan, CHANGE_WRITE_FILE, NULL),
		    "generate configuration file : %s", file->path(run));
	if (file != NULL && text_eq(run->action, "delete"))
		plan_describe(plan, plan_change(plan, CHANGE_REMOVE_FILE, NULL),
		    "delete the %s file", file->path(run));
	return 0;
}

static int
write_file(struct provider_run *run, struct host *host,
    const struct boot_file *file, struct err *e)
{
	AUTO_BUF struct buf text = BUF_INIT(1u << 16);
	struct host_file f = { .path = file->path(run),
		.mode = 0644,
		.uid = HOST_KEEP_UID,
		.gid = HOST_KEEP_GID,
		.keep_mode = true };
	int rc;

	if (file->prepare != NULL && (rc = file->prepare(run, host, e)) < 0)
		return rc;
	file->write(run, &text);
	f.content = (struct str){ buf_text(&text), text.len };
	return host_write(host, &f, e);
}

static int
apply_with(struct provider_run *run, struct host *host,
    const struct change *change, const struct boot_file *file, struct err *e)
{
	const struct ifconfig_state *st = run->state;

	switch ((enum ifconfig_change)change->kind) {
	case CHANGE_RUN:
		return command_run(run, host,
		    &(struct command){
			.argv = st->command.items, .live = true },
		    NULL, e);
	case CHANGE_WRITE_FILE:
		return write_file(run, host, file, e);
	case CHANGE_REMOVE_FILE:
		if (!view_exists(host_view(host), file->path(run)))
			return 0;
		return host_unlink(host, file->path(run), e);
	}
	ASSERT(change->kind < 0); /* no kind of ours */
	return 0;
}

static int
ifconfig_plan(struct provider_run *run, UNUSED const struct view *view,
    struct plan *plan, UNUSED struct err *e)
{
	return plan_with(run, plan, NULL);
}

static int
ifconfig_apply(struct provider_run *run, struct host *host,
    const struct change *change, struct err *e)
{
	return apply_with(run, host, change, NULL, e);
}

const struct provider provider_ifconfig = {
	.ruby_class = "Ifconfig",
	.type = "ifconfig",
	.load = ifconfig_load,
	.plan = ifconfig_plan,
	.apply = ifconfig_apply,
};

static void
add_line(struct provider_run *run, struct buf *out, const char *label,
    const char *property)
{
	if (wanted(run, property) != NULL)
		buf_printf(out, "%s%s\n", label, wanted(run, property));
}

/* --- Red Hat --------------------------------------------------------- */

static const char *
redhat_path(struct provider_run *run)
{
	return arena_printf(run->arena,
	    "/etc/sysconfig/network-scripts/ifcfg-%s",
	    resource_text(run->want, "device", ""));
}

static void
redhat_write(struct provider_run *run, struct buf *out)
{
	buf_printf(out, "DEVICE=%s\n", resource_text(run->want, "device", ""));
	if (text_eq(wanted(run, "onboot"), "yes"))
		buf_add_str(out, "ONBOOT=yes\n");
	add_line(run, out, "BOOTPROTO=", "bootproto");
	buf_printf(out, "IPADDR=%s\n",
	    resource_text(run->want, "target", run->want->name));
	add_line(run, out, "NETMASK=", "mask");
	add_line(run, out, "NETWORK=", "network");
	add_line(run, out, "BROADCAST=", "bcast");
	add_line(run, out, "ONPARENT=", "onparent");
	add_line(run, out, "HWADDR=", "hwaddr");
	add_line(run, out, "METRIC=", "metric");
	add_line(run, out, "MTU=", "mtu");
}

static const struct boot_file redhat_file = {
	.path = redhat_path,
	.write = redhat_write,
};

static int
redhat_plan(struct provider_run *run, UNUSED const struct view *view,
    struct plan *plan, UNUSED struct err *e)
{
	return plan_with(run, plan, &redhat_file);
}

static int
redhat_apply(struct provider_run *run, struct host *host,
    const struct change *change, struct err *e)
{
	return apply_with(run, host, change, &redhat_file, e);
}

const struct provider provider_ifconfig_redhat = {
	.ruby_class = "Ifconfig::Redhat",
	.type = "ifconfig",
	.load = ifconfig_load,
	.plan = redhat_plan,
	.apply = redhat_apply,
};

/* --- Debian ---------------------------------------------------------- */

static const char *
debian_path(struct provider_run *run)
{
	return arena_printf(run->arena, INTERFACES_D "/ifcfg-%s",
	    resource_text(run->want, "device", ""));
}

static void
debian_write(struct provider_run *run, struct buf *out)
{
	const char *device = resource_text(run->want, "device", "");
	const char *proto = wanted(run, "bootproto");

	if (text_eq(wanted(run, "onboot"), "yes"))
		buf_printf(out, "auto %s\n", device);
	if (text_eq(proto, "dhcp") || text_eq(proto, "bootp")) {
		buf_printf(out, "iface %s inet %s\n", device, proto);
		return;
	}
	buf_printf(out, "iface %s inet static\n", device);
	buf_printf(out, "    address %s\n",
	    resource_text(run->want, "target", run->want->name));
	add_line(run, out, "    netmask ", "mask");
	add_line(run, out, "    network ", "network");
	add_line(run, out, "    broadcast ", "bcast");
	add_line(run, out, "    metric ", "metric");
	add_line(run, out, "    hwaddress ", "hwaddr");
	add_line(run, out, "    mtu ", "mtu");
}

/* The directory, and a line in the main file that reads it. */
static int
debian_prepare(struct provider_run *run, struct host *host, struct err *e)
{
	static const char line[] = "source " INTERFACES_D "/*";
	AUTO_BUF struct buf text = BUF_INIT(1u << 20);
	struct host_file f = { .path = INTERFACES,
		.mode = 0644,
		.uid = HOST_KEEP_UID,
		.gid = HOST_KEEP_GID,
		.keep_mode = true };
	int rc;

	(void)run;
	if ((rc = host_mkdir(host, INTERFACES_D, true, e)) < 0)
		return rc;
	rc = view_read(host_view(host), INTERFACES, 1u << 20, &text, e);
	if (rc < 0 && rc != ERR_ABSENT)
		return rc;
	if (strstr(buf_text(&text), line) != NULL)
		return 0;
	if (text.len > 0 && text.data[text.len - 1] != '\n')
		buf_add_char(&text, '\n');
	buf_printf(&text, "%s\n", line);
	f.content = (struct str){ buf_text(&text), text.len };
	return host_write(host, &f, e);
}

static const struct boot_file debian_file = {
	.path = debian_path,
	.write = debian_write,
	.prepare = debian_prepare,
};

static int
debian_plan(struct provider_run *run, UNUSED const struct view *view,
    struct plan *plan, UNUSED struct err *e)
{
	return plan_with(run, plan, &debian_file);
}

static int
debian_apply(struct provider_run *run, struct host *host,
    const struct change *change, struct err *e)
{
	return apply_with(run, host, change, &debian_file, e);
}

const struct provider provider_ifconfig_debian = {
	.ruby_class = "Ifconfig::Debian",
	.type = "ifconfig",
	.load = ifconfig_load,
	.plan = debian_plan,
	.apply = debian_apply,
};
