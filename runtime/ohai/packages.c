/* SPDX-License-Identifier: MIT */
/*
 * packages: what dpkg has installed, name => version, arch, status. Later
 * cookbooks read it; dpkg's own list is read without starting dpkg.
 */
#include <fcntl.h>

#include "common/auto.h"
#include "common/buf.h"
#include "common/fsat.h"
#include "runtime/ohai/collect_priv.h"

#define STATUS_PATH "/var/lib/dpkg/status"
#define STATUS_MAX_BYTES ((size_t)64 << 20)

struct package {
	struct str name, version, arch, status;
};

/* "Status: install ok installed": only the last word matters. */
static struct str
last_word(struct str text)
{
	struct str word;
	while (str_split(&text, ' ', &word))
		continue;
	return word;
}

static void
take_line(struct package *p, struct str line)
{
	struct str name;
	if (line.len == 0 || line.data[0] == ' ' ||
	    !str_split(&line, ':', &name))
		return;
	struct str text = str_trim(line);
	if (str_eq_text(name, "Package"))
		p->name = text;
	else if (str_eq_text(name, "Version"))
		p->version = text;
	else if (str_eq_text(name, "Architecture"))
		p->arch = text;
	else if (str_eq_text(name, "Status"))
		p->status = last_word(text);
}

static void
add_package(struct ohai_map *all, const struct package *p)
{
	if (p->name.len == 0 || !str_eq_text(p->status, "installed"))
		return;
	struct ohai_map m;
	ohai_map_init(&m, all->arena);
	ohai_map_str(&m, "version", p->version);
	ohai_map_str(&m, "arch", p->arch);
	ohai_map_str(&m, "status", p->status);
	ohai_map_add(all, arena_strndup(all->arena, p->name.data, p->name.len),
	    ohai_map_end(&m));
}

static void
read_status(struct ohai_map *all, struct str rest)
{
	struct package p = { 0 };
	struct str line;
	while (str_split(&rest, '\n', &line)) {
		if (line.len > 0) {
			take_line(&p, line);
			continue;
		}
		add_package(all, &p);
		p = (struct package){ 0 };
	}
	add_package(all, &p);
}

int
ohai_collect_packages(
    struct arena *a, const char *root, struct value *ret, struct err *e)
{
	(void)e;
	struct ohai_map m, all;
	ohai_map_init(&m, a);
	AUTO_BUF struct buf b = BUF_INIT(STATUS_MAX_BYTES);
	if (fsat_read(AT_FDCWD, ohai_path(a, root, STATUS_PATH),
		STATUS_MAX_BYTES, &b, NULL) == 0) {
		ohai_map_init(&all, a);
		read_status(&all, str_from(buf_text(&b)));
		ohai_map_put(&m, "packages", ohai_map_end(&all));
	}
	*ret = ohai_map_end(&m);
	return 0;
}
