/* SPDX-License-Identifier: MIT */
/* Content of files: comparing it and telling the difference. */
#include "providers/content.h"

#include <inttypes.h>
#include <time.h>

#include "common/auto.h"
#include "common/diff.h"
#include "common/digest.h"

#define DIFF_FILE_BYTES INT64_C(10000000)
#define DIFF_TEXT_BYTES INT64_C(1000000)

int
content_differs(const struct view *view, const struct content *c,
    const char *path, off_t size, bool *ret, struct err *e)
{
	bool same;
	int rc = c->path != NULL
		     ? view_same_file(view, path, c->path, &same, e)
		     : view_same_bytes(view, path, size, c->bytes, &same, e);
	if (rc < 0)
		return rc;
	*ret = !same;
	return 0;
}

static int
content_digest(const struct view *view, const struct content *c,
    struct digest_text *ret, struct err *e)
{
	if (c->path != NULL)
		return view_digest(view, c->path, ret, e);
	*ret = digest_of(DIGEST_SHA256, c->bytes);
	return 0;
}

/* --- diff ------------------------------------------------------------------
 */

static int64_t
config_int(struct provider_run *run, const char *key, int64_t fallback)
{
	const struct services *s = run->services;
	struct value v = s->config(s->arg, run->arena, key);
	return v.type == VALUE_INT ? v.integer : fallback;
}

static bool
config_true(struct provider_run *run, const char *key)
{
	const struct services *s = run->services;
	struct value v = s->config(s->arg, run->arena, key);
	return v.type == VALUE_BOOL && v.boolean;
}

/* Bytes of the UTF-8 sequence at p, 0 when there is none. */
static size_t
utf8_length(const unsigned char *p, size_t left)
{
	size_t len = p[0] < 0x80                   ? 1
		     : p[0] >= 0xc2 && p[0] < 0xe0 ? 2
		     : p[0] >= 0xe0 && p[0] < 0xf0 ? 3
		     : p[0] >= 0xf0 && p[0] < 0xf5 ? 4
						   : 0;
	if (len == 0 || len > left)
		return 0;
	for (size_t i = 1; i < len; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
	}
	return len;
}

/* Printable characters and white space only? */
static bool
is_text(struct str s)
{
	const unsigned char *p = (const unsigned char *)s.data;
	for (size_t i = 0; i < s.len;) {
		bool space = p[i] >= '\t' && p[i] <= '\r';
		if ((p[i] < 0x20 && !space) || p[i] == 0x7f)
			return false;
		size_t len = utf8_length(p + i, s.len - i);
		if (len == 0)
			return false;
		i += len;
	}
	return true;
}

static const char *
time_text(struct arena *a, struct timespec when)
{
	struct tm local;
	char date[32], zone[16];
	localtime_r(&when.tv_sec, &local);
	strftime(date, sizeof(date), "%Y-%m-%d %H:%M:%S", &local);
	strftime(zone, sizeof(zone), "%z", &local);
	return arena_printf(a, "%s.%09ld %s", date, when.tv_nsec, zone);
}

static int
read_side(
    const struct view *view, const char *path, struct buf *out, struct err *e)
{
	return path == NULL ? 0 : view_read(view, path, out->max_bytes, out, e);
}

static int
add_diff(struct provider_run *run, const struct view *view, const char *shown,
    const char *old_path, struct str old_text, struct str new_text,
    struct buf *out, struct err *e)
{
	struct timespec now;
	struct stat st;
	clock_gettime(CLOCK_REALTIME, &now);
	struct timespec then = now;
	if (old_path != NULL && view_stat(view, old_path, true, &st, NULL) == 0)
		then = st.st_mtim;
	buf_printf(out, "--- %s\t%s\n", shown, time_text(run->arena, then));
	buf_printf(out, "+++ %s\t%s\n", shown, time_text(run->arena, now));
	size_t before = out->len;
	int rc = diff_unified(old_text, new_text, out, e);
	if (rc == 0 && out->len == before) {
		buf_reset(out);
		buf_add_str(out, "(no diff)");
	}
	return rc;
}

/* The diff, or why there is none, into out. */
static void
tell_diff(struct provider_run *run, const struct view *view, const char *shown,
    const char *old_path, const struct content *c, struct buf *out)
{
	if (config_true(run, "diff_disabled")) {
		buf_add_str(out, "(diff output suppressed by config)");
		return;
	}
	int64_t most =
	    config_int(run, "diff_filesize_threshold", DIFF_FILE_BYTES);
	AUTO_BUF struct buf old_text = BUF_INIT((size_t)most);
	AUTO_BUF struct buf new_text = BUF_INIT((size_t)most);
	struct err e = { 0 };
	struct str fresh = c->bytes;
	int rc = read_side(view, old_path, &old_text, &e);
	if (rc == 0 && c->path != NULL) {
		rc = read_side(view, c->path, &new_text, &e);
		fresh = (struct str){ buf_text(&new_text), new_text.len };
	}
	struct str old = { buf_text(&old_text), old_text.len };
	if (rc == ERR_LIMIT || fresh.len > (size_t)most)
		buf_printf(out,
		    "(file sizes exceed %" PRId64
		    " bytes, diff output suppressed)",
		    most);
	else if (rc == 0 && !is_text(old))
		buf_add_str(
		    out, "(current file is binary, diff output suppressed)");
	else if (rc == 0 && !is_text(fresh))
		buf_add_str(
		    out, "(new content is binary, diff output suppressed)");
	else if (rc == 0)
		rc = add_diff(run, view, shown, old_path, old, fresh, out, &e);
	if (rc < 0 && rc != ERR_LIMIT) {
		buf_reset(out);
		buf_printf(out, "(diff not available: %s)", e.text);
	}
}

static void
add_detail(struct provider_run *run, const struct view *view, struct plan *plan,
    struct change *change, const char *shown, const char *old_path,
    const struct content *c)
{
	int64_t most =
	    config_int(run, "diff_output_threshold", DIFF_TEXT_BYTES);
	AUTO_BUF struct buf out = BUF_INIT((size_t)most);
	tell_diff(run, view, shown, old_path, c, &out);
	if (buf_failed(&out)) {
		buf_reset(&out);
		buf_printf(&out,
		    "(long diff of over %" PRId64
		    " characters, diff output suppressed)",
		    most);
	}
	struct str text = { buf_text(&out), out.len };
	plan_detail(plan, change, text);
	/* handlers read it there; a new file has nothing to compare with */
	if (old_path != NULL)
		provider_write_back(
		    run, "diff", value_of_str(run->arena, text));
}

int
content_describe(struct provider_run *run, const struct view *view,
    struct plan *plan, struct change *change, const char *shown,
    const char *old_path, const struct content *c, struct err *e)
{
	struct digest_text old_sum = { "none" }, new_sum;
	int rc = content_digest(view, c, &new_sum, e);
	if (rc == 0 && old_path != NULL)
		rc = view_digest(view, old_path, &old_sum, e);
	if (rc < 0)
		return rc;
	plan_describe(plan, change,
	    "update content in file %s from %.6s to %.6s", shown, old_sum.hex,
	    new_sum.hex);
	if (run->want->sensitive)
		plan_describe(plan, change, "suppressed sensitive resource");
	else
		add_detail(run, view, plan, change, shown, old_path, c);
	return 0;
}
