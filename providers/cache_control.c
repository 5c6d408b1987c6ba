/* SPDX-License-Identifier: MIT */
/* Entries of the download cache: small JSON files. */
#include "providers/cache_control.h"

#include <ctype.h>
#include <fcntl.h>
#include <string.h>

#include "common/auto.h"
#include "common/digest.h"
#include "common/fsat.h"
#include "common/jsn.h"
#include "providers/fetch.h"

#define ENTRY_MAX_BYTES ((size_t)64 * 1024)
#define NAME_PART_BYTES 64

/* The URI with everything but word characters replaced, cut, then its MD5:
 * readable, and short enough for a file name. */
static const char *
entry_name(struct arena *a, const char *uri)
{
	char *part = arena_strndup(a, uri,
	    strlen(uri) < NAME_PART_BYTES ? strlen(uri) : NAME_PART_BYTES);
	for (char *c = part; *c != '\0'; c++) {
		if (!isalnum((unsigned char)*c))
			*c = '_';
	}
	struct digest_text sum = digest_of(DIGEST_MD5, str_from(uri));
	return arena_printf(a, "%s-%s.json", part, sum.hex);
}

static const char *
copy_text(struct arena *a, const struct jsn *entry, const char *key)
{
	const char *text = jsn_peek_str(entry, key, NULL);
	return text == NULL ? NULL : arena_strdup(a, text);
}

void
cache_control_load(
    struct provider_run *run, const char *uri, struct cache_control *ret)
{
	const struct services *s = run->services;
	*ret = (struct cache_control){ 0 };
	struct value dir = s->config(s->arg, run->arena, "file_cache_path");
	const char *root = value_text(&dir, NULL);
	if (root == NULL)
		return;
	ret->path = arena_printf(run->arena, "%s/remote_file/%s", root,
	    entry_name(run->arena, fetch_shown(run->arena, uri)));
	AUTO(jsn_free) struct jsn *entry = NULL;
	if (jsn_load(AT_FDCWD, ret->path, ENTRY_MAX_BYTES, &entry, NULL) < 0)
		return;
	ret->etag = copy_text(run->arena, entry, "etag");
	ret->mtime = copy_text(run->arena, entry, "mtime");
	ret->checksum = copy_text(run->arena, entry, "checksum");
}

static void
set_text(struct jsn *entry, const char *key, const char *text)
{
	if (text != NULL)
		jsn_set_str(entry, key, text);
}

int
cache_control_save(const struct cache_control *c, struct err *e)
{
	if (c->path == NULL)
		return 0;
	AUTO_STR char *dir = path_dirname(c->path);
	int rc = fsat_mkdir_all(AT_FDCWD, dir, 0755, e);
	if (rc < 0)
		return rc;
	AUTO(jsn_free) struct jsn *entry = jsn_new_object();
	set_text(entry, "etag", c->etag);
	set_text(entry, "mtime", c->mtime);
	set_text(entry, "checksum", c->checksum);
	AUTO_BUF struct buf text = BUF_INIT(ENTRY_MAX_BYTES);
	jsn_format(entry, JSN_PLAIN, &text);
	return fsat_replace(AT_FDCWD, c->path,
	    (struct str){ buf_text(&text), text.len }, 0640, FSAT_NO_SYNC, e);
}
