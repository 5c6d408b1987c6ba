/* SPDX-License-Identifier: MIT */
/*
 * Reading dpkg's status file. A package counts as installed only when its
 * single stanza says "ok installed" and its architecture is "all" or the one
 * that dpkg itself was built for; the rest is left to the tools.
 */
#include "providers/dpkg_status.h"

#include <stdlib.h>
#include <string.h>

#include "common/auto.h"
#include "common/str.h"

#define STATUS_MAX_BYTES (64u << 20)

/* The stanza that starts at or behind `from`; data NULL when none. */
static struct str
find_stanza(struct str text, const char *from, const char *package)
{
	const char *end = text.data + text.len, *at, *stop;
	AUTO_STR char *line = xasprintf("Package: %s\n", package);

	for (at = from; at < end; at++) {
		at = memmem(at, (size_t)(end - at), line, strlen(line));
		if (at == NULL)
			break;
		if (at > text.data && at[-1] != '\n')
			continue;
		stop = memmem(at, (size_t)(end - at), "\n\n", 2);
		return (struct str){ at,
			(size_t)((stop != NULL ? stop + 1 : end) - at) };
	}
	return (struct str){ NULL, 0 };
}

static struct str
field(struct str stanza, const char *key)
{
	struct str line;

	while (str_split(&stanza, '\n', &line))
		if (str_has_prefix(line, key))
			return str_trim((struct str){
			    line.data + strlen(key), line.len - strlen(key) });
	return (struct str){ NULL, 0 };
}

static bool
is_native(struct str text, struct str architecture)
{
	struct str dpkg;

	if (str_eq_text(architecture, "all"))
		return true;
	dpkg = find_stanza(text, text.data, "dpkg");
	return dpkg.data != NULL &&
	       str_eq(field(dpkg, "Architecture:"), architecture);
}

enum dpkg_state
dpkg_status_find(const struct view *view, struct arena *a, const char *package,
    const char **ret_version)
{
	const char *directory = getenv("DPKG_ADMINDIR");
	AUTO_BUF struct buf file = BUF_INIT(STATUS_MAX_BYTES);
	struct str text, stanza, version;
	struct err ignored = { 0 };

	if (directory == NULL || directory[0] == '\0')
		directory = "/var/lib/dpkg";
	if (view_read(view, arena_printf(a, "%s/status", directory),
		STATUS_MAX_BYTES, &file, &ignored) < 0)
		return DPKG_UNSURE;
	text = (struct str){ buf_text(&file), file.len };
	stanza = find_stanza(text, text.data, package);
	if (stanza.data == NULL ||
	    find_stanza(text, stanza.data + 1, package).data != NULL ||
	    !str_has_suffix(field(stanza, "Status:"), " ok installed") ||
	    !is_native(text, field(stanza, "Architecture:")))
		return DPKG_UNSURE;
	version = field(stanza, "Version:");
	if (version.len == 0)
		return DPKG_UNSURE;
	*ret_version = arena_strndup(a, version.data, version.len);
	return DPKG_INSTALLED;
}
