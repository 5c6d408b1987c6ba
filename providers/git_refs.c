/* SPDX-License-Identifier: MIT */
/* References of git repositories (see git_refs.h). */
#include "providers/git_refs.h"

#include <string.h>

#include "common/auto.h"
#include "common/str.h"

#define HEAD_MAX_BYTES 4096
#define PACKED_MAX_BYTES (64u << 20)

static bool
is_hex(struct str s)
{
	size_t i;

	if (s.len != GIT_SHA_LEN)
		return false;
	for (i = 0; i < s.len; i++)
		if (strchr("0123456789abcdef", s.data[i]) == NULL)
			return false;
	return true;
}

bool
git_is_sha(const char *text)
{
	return is_hex(str_from(text));
}

/* First line of a file; NULL when it cannot be read. */
static const char *
read_line(const struct view *view, struct arena *a, const char *path)
{
	AUTO_BUF struct buf text = BUF_INIT(HEAD_MAX_BYTES);
	struct err ignored = { 0 };

	if (view_read(view, path, HEAD_MAX_BYTES, &text, &ignored) < 0)
		return NULL;
	return arena_strndup(
	    a, buf_text(&text), strcspn(buf_text(&text), "\n"));
}

static const char *
find_packed(const struct view *view, struct arena *a, const char *git_dir,
    const char *ref)
{
	AUTO_BUF struct buf text = BUF_INIT(PACKED_MAX_BYTES);
	struct err ignored = { 0 };
	struct str rest, line;

	if (view_read(view, arena_printf(a, "%s/packed-refs", git_dir),
		PACKED_MAX_BYTES, &text, &ignored) < 0)
		return NULL;
	rest = (struct str){ buf_text(&text), text.len };
	while (str_split(&rest, '\n', &line)) {
		struct str sha = { line.data, GIT_SHA_LEN };

		if (line.len > GIT_SHA_LEN + 1 && is_hex(sha) &&
		    str_eq_text((struct str){ line.data + GIT_SHA_LEN + 1,
				    line.len - GIT_SHA_LEN - 1 },
			ref))
			return arena_strndup(a, sha.data, sha.len);
	}
	return NULL;
}

const char *
git_head(const struct view *view, struct arena *a, const char *directory)
{
	const char *git_dir = arena_printf(a, "%s/.git", directory);
	const char *line = read_line(view, a, git_dir), *ref;

	if (line != NULL && text_has_prefix(line, "gitdir: ")) {
		const char *target = line + strlen("gitdir: ");

		git_dir = target[0] == '/'
			      ? target
			      : arena_printf(a, "%s/%s", directory, target);
	}
	line = read_line(view, a, arena_printf(a, "%s/HEAD", git_dir));
	if (line == NULL)
		return NULL;
	if (!text_has_prefix(line, "ref: "))
		return git_is_sha(line) ? line : NULL;
	ref = line + strlen("ref: ");
	line = read_line(view, a, arena_printf(a, "%s/%s", git_dir, ref));
	if (line != NULL && git_is_sha(line))
		return line;
	return find_packed(view, a, git_dir, ref);
}

static const char *
find_listed(struct arena *a, const char *listing, const char *ref)
{
	struct str rest = str_from(listing), line;

	while (str_split(&rest, '\n', &line)) {
		struct str sha = { line.data, GIT_SHA_LEN };

		if (line.len > GIT_SHA_LEN + 1 && is_hex(sha) &&
		    line.data[GIT_SHA_LEN] == '\t' &&
		    str_eq_text((struct str){ line.data + GIT_SHA_LEN + 1,
				    line.len - GIT_SHA_LEN - 1 },
			ref))
			return arena_strndup(a, sha.data, sha.len);
	}
	return NULL;
}

const char *
git_resolve(struct arena *a, const char *listing, const char *revision)
{
	static const char *const forms[] = { "refs/tags/%s^{}",
		"refs/heads/%s^{}", "%s^{}", "refs/tags/%s", "refs/heads/%s",
		"%s" };
	const char *found = NULL;
	size_t i;

	if (text_eq(revision, "") || text_eq(revision, "HEAD"))
		return find_listed(a, listing, "HEAD");
	for (i = 0; found == NULL && i < ARRAY_LEN(forms); i++) {
		const char *place = strstr(forms[i], "%s");
		const char *ref = arena_printf(a, "%.*s%s%s",
		    (int)(place - forms[i]), forms[i], revision, place + 2);

		found = find_listed(a, listing, ref);
	}
	return found;
}
