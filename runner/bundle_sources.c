/* SPDX-License-Identifier: MIT */
/* Sources as a request, as a record, and back from the record. */
#include "runner/bundle_sources.h"

#include <fcntl.h>
#include <string.h>

#include "common/auto.h"
#include "common/fsat.h"
#include "runner/bundle_priv.h"
#include "wire/frames.h"

static const char *
kind_name(enum source_kind kind)
{
	switch (kind) {
	case SOURCE_DIRECTORY:
		return "directory";
	case SOURCE_TARBALL:
		return "tarball";
	case SOURCE_GIT:
		return "git";
	}
	return "";
}

static void
set_text(struct jsn *o, const char *key, const char *text)
{
	if (text != NULL)
		jsn_set_str(o, key, text);
}

static void
add_sources(const struct bundle_sources *sources, struct jsn *list)
{
	for (size_t i = 0; i < sources->len; i++) {
		const struct bundle_source *s = &sources->list[i];
		struct jsn *o = jsn_new_object();
		jsn_set_str(o, "name", s->name);
		jsn_set_str(o, "kind", kind_name(s->kind));
		jsn_set_str(o, "url", s->url);
		set_text(o, "ref", s->ref);
		set_text(o, "sha256", s->sha256);
		set_text(o, "path", s->path);
		jsn_push(list, o);
	}
}

struct jsn *
bundle_fetch_request(const struct bundle *b, const char *store, bool offline)
{
	struct jsn *frame = wire_frame_new("fetch_request");
	struct jsn *list = jsn_new_array();
	jsn_set_int(frame, "version", 1);
	jsn_set_str(frame, "store", store);
	add_sources(&b->cookbooks, list);
	add_sources(&b->script_sources, list);
	jsn_set(frame, "sources", list);
	jsn_set_bool(frame, "offline", offline);
	return frame;
}

static size_t
count_outside(const struct bundle_sources *sources)
{
	size_t n = 0;
	for (size_t i = 0; i < sources->len; i++)
		n += !sources->list[i].vendored;
	return n;
}

size_t
bundle_sources_outside(const struct bundle *b)
{
	return count_outside(&b->cookbooks) + count_outside(&b->script_sources);
}

char *
bundle_source_place(const struct bundle_source *s)
{
	struct str rest = str_from(s->name), list, number;
	bool whole =
	    str_split(&rest, '[', &list) && str_split(&rest, ']', &number);
	ASSERT(whole);
	return xasprintf(
	    "%s/%.*s-%.*s", BUNDLE_SOURCES_DIR, STR_ARG(list), STR_ARG(number));
}

/* Where it came from, for people and for the comparison with bundle.yml:
 * without the password, and no paths of the machine that built it. */
static char *
shown_origin(const struct bundle_source *s)
{
	const char *scheme = strstr(s->url, "://");
	if (scheme == NULL)
		return NULL;
	const char *host = scheme + 3;
	const char *end = host + strcspn(host, "/");
	const char *at = memrchr(host, '@', (size_t)(end - host));
	return xasprintf(
	    "%.*s%s", (int)(host - s->url), s->url, at != NULL ? at + 1 : host);
}

static const struct jsn *
find_row(const struct jsn *rows, const char *name)
{
	for (size_t i = 0; i < jsn_len(rows); i++) {
		const struct jsn *row = jsn_at(rows, i);
		if (text_eq(jsn_peek_str(row, "name", NULL), name))
			return row;
	}
	return NULL;
}

static void
add_records(const struct bundle_sources *sources, const struct jsn *trees,
    struct jsn *rows)
{
	for (size_t i = 0; i < sources->len; i++) {
		const struct bundle_source *s = &sources->list[i];
		const struct jsn *tree = find_row(trees, s->name);
		AUTO_STR char *origin = shown_origin(s);
		AUTO_STR char *place = bundle_source_place(s);
		struct jsn *o = jsn_new_object();
		jsn_set_str(o, "name", s->name);
		jsn_set_str(o, "kind", kind_name(s->kind));
		set_text(o, "url", origin);
		set_text(o, "ref", s->ref);
		set_text(o, "sha256", s->sha256);
		set_text(o, "path", s->path);
		set_text(o, "commit", jsn_peek_str(tree, "commit", NULL));
		set_text(o, "digest", jsn_peek_str(tree, "digest", NULL));
		jsn_set_str(o, "place", place);
		jsn_push(rows, o);
	}
}

void
bundle_sources_format(
    const struct bundle *b, const struct jsn *trees, struct buf *out)
{
	AUTO(jsn_free) struct jsn *o = jsn_new_object();
	struct jsn *rows = jsn_new_array();
	add_records(&b->cookbooks, trees, rows);
	add_records(&b->script_sources, trees, rows);
	jsn_set_int(o, "version", 1);
	jsn_set(o, "sources", rows);
	jsn_format(o, JSN_PRETTY, out);
}

/* Does the record speak of what bundle.yml says? */
static bool
is_of(const struct jsn *row, const struct bundle_source *s)
{
	AUTO_STR char *origin = shown_origin(s);
	return text_eq(jsn_peek_str(row, "kind", ""), kind_name(s->kind)) &&
	       text_eq(jsn_peek_str(row, "url", NULL), origin) &&
	       text_eq(jsn_peek_str(row, "ref", NULL), s->ref) &&
	       text_eq(jsn_peek_str(row, "sha256", NULL), s->sha256) &&
	       text_eq(jsn_peek_str(row, "path", NULL), s->path);
}

static void
take_vendored(struct bundle_reader *r, const struct jsn *rows,
    const struct bundle_sources *sources)
{
	for (size_t i = 0; i < sources->len; i++) {
		struct bundle_source *s = &sources->list[i];
		const struct jsn *row = find_row(rows, s->name);
		if (s->url == NULL)
			continue; /* told already */
		if (row == NULL || !is_of(row, s)) {
			reader_fault(r, NULL,
			    "%s is not the source that %s was made for; remove "
			    "%s, then it is fetched again",
			    s->name, BUNDLE_SOURCES_FILE, BUNDLE_SOURCES_DIR);
			continue;
		}
		AUTO_STR char *place = bundle_source_place(s);
		AUTO_STR char *path = path_join(r->bundle->dir, place);
		s->kind = SOURCE_DIRECTORY;
		s->url = reader_dup(r, path);
		s->ref = s->sha256 = s->path = NULL;
		s->vendored = true;
	}
}

int
read_vendored(struct bundle_reader *r, struct err *e)
{
	AUTO_STR char *path = path_join(r->bundle->dir, BUNDLE_SOURCES_FILE);
	AUTO(jsn_free) struct jsn *record = NULL;
	struct err bad = { 0 };
	int rc = jsn_load(AT_FDCWD, path, BUNDLE_FILE_MAX_BYTES, &record, &bad);
	if (rc == ERR_ABSENT)
		return 0;
	if (rc == ERR_SYS)
		return err_set(e, ERR_SYS, "%s", bad.text);
	const struct jsn *rows = jsn_get(record, "sources");
	if (rc == 0 && jsn_type(rows) != JSN_ARRAY)
		rc = err_set(
		    &bad, ERR_INVALID, "%s: .sources: must be a list", path);
	if (rc < 0) {
		reader_fault(r, NULL, "%s", bad.text);
		return 0;
	}
	take_vendored(r, rows, &r->bundle->cookbooks);
	take_vendored(r, rows, &r->bundle->script_sources);
	return 0;
}
