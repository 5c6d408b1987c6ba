/* SPDX-License-Identifier: MIT */
/* Names from outside: cleaning and refusing. */
#include "cookbooks-cache/safepath.h"

#include <string.h>

#include "common/auto.h"
#include "common/buf.h"
#include "common/str.h"

#define NAME_MAX_BYTES 255
#define SHOWN_MAX_BYTES 200

char *
safepath_shown(const char *path)
{
	struct buf out = BUF_INIT(SHOWN_MAX_BYTES * 4 + 8);
	size_t len = strnlen(path, SHOWN_MAX_BYTES);
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)path[i];
		if (c < 0x20 || c == 0x7f)
			buf_printf(&out, "\\x%02x", (unsigned)c);
		else
			buf_add_char(&out, path[i]);
	}
	if (path[len] != '\0')
		buf_add_str(&out, "...");
	return buf_take(&out);
}

static int
refuse(enum err_code code, const char *path, const char *why, struct err *e)
{
	AUTO_STR char *shown = safepath_shown(path);
	return err_set(e, code, "entry '%s': %s", shown, why);
}

int
safepath_entry(const char *path, char **ret_clean, struct err *e)
{
	if (path[0] == '/')
		return refuse(ERR_INVALID, path, "absolute path", e);
	if (strlen(path) > SAFEPATH_MAX_BYTES)
		return refuse(ERR_LIMIT, path, "path too long", e);
	AUTO_BUF struct buf clean = BUF_INIT(SAFEPATH_MAX_BYTES + 1);
	struct str rest = str_from(path), part;
	int depth = 0;
	while (str_split(&rest, '/', &part)) {
		if (part.len == 0 || str_eq(part, STR(".")))
			continue;
		if (str_eq(part, STR("..")))
			return refuse(ERR_INVALID, path, "'..' in the path", e);
		if (part.len > NAME_MAX_BYTES)
			return refuse(ERR_LIMIT, path, "name too long", e);
		if (++depth > SAFEPATH_MAX_DEPTH)
			return refuse(
			    ERR_LIMIT, path, "too many directories", e);
		if (clean.len > 0)
			buf_add_char(&clean, '/');
		buf_add(&clean, part.data, part.len);
	}
	*ret_clean = buf_take(&clean);
	return 0;
}

static int
refuse_link(
    const char *entry, const char *target, const char *why, struct err *e)
{
	AUTO_STR char *shown = safepath_shown(entry);
	AUTO_STR char *shown_target = safepath_shown(target);
	return err_set(e, ERR_INVALID, "entry '%s': symbolic link to '%s' %s",
	    shown, shown_target, why);
}

int
safepath_link(const char *entry, const char *target, struct err *e)
{
	if (target[0] == '\0' || target[0] == '/')
		return refuse_link(entry, target, "leaves the tree", e);
	if (strlen(target) > SAFEPATH_MAX_BYTES)
		return refuse(ERR_LIMIT, entry, "link target too long", e);
	int parents = 0;
	for (const char *p = entry; *p != '\0'; p++)
		parents += *p == '/';
	struct str rest = str_from(target), part;
	bool is_inside = false;
	while (str_split(&rest, '/', &part)) {
		if (part.len == 0 || str_eq(part, STR(".")))
			continue;
		if (!str_eq(part, STR(".."))) {
			is_inside = true;
			continue;
		}
		if (is_inside)
			return refuse_link(
			    entry, target, "has '..' after a name", e);
		if (--parents < 0)
			return refuse_link(entry, target, "leaves the tree", e);
	}
	return 0;
}
