/* SPDX-License-Identifier: MIT */
/* Files of the inbox. */
#include "runner/inbox.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/auto.h"
#include "common/fsat.h"

#define ITEM_MAX_BYTES ((size_t)4 << 20)

struct listing {
	char first[64];
	size_t count;
};

static int
note_name(const char *name, void *arg, struct err *e)
{
	(void)e;
	struct listing *l = arg;
	if (!text_has_suffix(name, ".json") || strlen(name) >= sizeof(l->first))
		return 0;
	if (l->count++ == 0)
		memcpy(l->first, name, strlen(name) + 1);
	return 0;
}

static int
open_inbox(const struct places *p, struct err *e)
{
	AUTO_STR char *path = places_state(p, "inbox");
	return fsat_open_dir(AT_FDCWD, path, e);
}

struct jsn *
inbox_attributes(
    const char *from, struct jsn *tags, const struct jsn *attributes)
{
	struct jsn *all = jsn_new_object();
	struct jsn *remote = jsn_new_object();
	jsn_set_str(remote, "from", from);
	if (tags != NULL)
		jsn_set(remote, "tags", jsn_ref(tags));
	jsn_set(all, "remote_recipe", remote);
	if (attributes != NULL)
		jsn_merge(all, attributes);
	return all;
}

int
inbox_put(const struct places *p, const char *request_id, const char *from,
    const struct remote_request *request, struct err *e)
{
	AUTO_FD int fd = open_inbox(p, e);
	if (fd < 0)
		return fd;
	struct listing list = { .count = 0 };
	int rc = fsat_each(fd, note_name, &list, e);
	if (rc < 0)
		return rc;
	if (list.count >= INBOX_MAX)
		return err_set(e, ERR_LIMIT,
		    "inbox: more than %d remote requests wait", INBOX_MAX);
	AUTO(jsn_free) struct jsn *o = jsn_new_object();
	jsn_set_int(o, "version", 1);
	jsn_set_str(o, "request_id", request_id);
	jsn_set_str(o, "from", from);
	jsn_set_str(o, executable_kind_name(request->kind), request->name);
	jsn_set(o, "attributes",
	    inbox_attributes(from, request->tags, request->attributes));
	if (request->parameters != NULL)
		jsn_set(o, "parameters", jsn_ref(request->parameters));
	jsn_set_int(o, "hops", request->hops + 1);
	AUTO_BUF struct buf text = BUF_INIT(ITEM_MAX_BYTES);
	jsn_format(o, JSN_PRETTY, &text);
	if (buf_failed(&text))
		return err_set(e, ERR_LIMIT,
		    "remote request: attributes longer than %zu bytes",
		    ITEM_MAX_BYTES);
	AUTO_STR char *name = xasprintf("%s.json", request_id);
	return fsat_replace(
	    fd, name, (struct str){ text.data, text.len }, 0600, 0, e);
}

static int
parse_item(struct arena *a, struct jsn *o, const char *where,
    struct inbox_item *item, struct err *e)
{
	const char *recipe = jsn_peek_str(o, "recipe", NULL);
	const char *script = jsn_peek_str(o, "script", NULL);
	struct jsn *attributes = NULL;
	const char *id = NULL, *from = NULL;
	int rc = jsn_need(o, where, "attributes", JSN_OBJECT, &attributes, e);
	if (rc == 0)
		rc = jsn_need_str(o, where, "request_id", &id, e);
	if (rc == 0)
		rc = jsn_need_str(o, where, "from", &from, e);
	if (rc < 0)
		return rc;
	if ((recipe != NULL) == (script != NULL))
		return err_set(e, ERR_INVALID,
		    "%s: must have one of recipe and script", where);
	struct jsn *parameters = jsn_get(o, "parameters");
	if (jsn_type(parameters) != JSN_OBJECT)
		parameters = NULL;
	*item = (struct inbox_item){
		.request_id = arena_strdup(a, id),
		.from = arena_strdup(a, from),
		.name = arena_strdup(a, recipe ? recipe : script),
		.kind = recipe ? EXECUTABLE_RECIPE : EXECUTABLE_SCRIPT,
		.attributes = jsn_ref(attributes),
		.parameters = parameters ? jsn_ref(parameters) : NULL,
		.hops = (int)jsn_peek_int(o, "hops", FABRIC_HOPS_MAX),
	};
	return 0;
}

int
inbox_take(struct arena *a, const struct places *p, struct inbox_item *ret_item,
    struct err *e)
{
	AUTO_FD int fd = open_inbox(p, e);
	if (fd < 0)
		return fd;
	struct listing list = { .count = 0 };
	int rc = fsat_each(fd, note_name, &list, e);
	if (rc < 0 || list.count == 0)
		return rc < 0 ? rc : 0;
	AUTO(jsn_free) struct jsn *o = NULL;
	rc = jsn_load(fd, list.first, ITEM_MAX_BYTES, &o, e);
	if (rc == 0)
		rc = parse_item(a, o, list.first, ret_item, e);
	if (rc < 0) {
		AUTO_STR char *bad = xasprintf("%s.bad", list.first);
		struct err other = { 0 };
		if (renameat(fd, list.first, fd, bad) < 0)
			return err_sys(&other, "put '%s' aside", list.first);
		return err_wrap(e, "inbox");
	}
	if (unlinkat(fd, list.first, 0) < 0 || fsync(fd) < 0) {
		inbox_item_release(ret_item);
		return err_sys(e, "take '%s' out of the inbox", list.first);
	}
	return 1;
}

void
inbox_item_release(struct inbox_item *item)
{
	jsn_free(&item->attributes);
	jsn_free(&item->parameters);
}
