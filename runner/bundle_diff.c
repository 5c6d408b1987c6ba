/* SPDX-License-Identifier: MIT */
/* Comparing two bundles: files as sorted lists, inputs and lists by name. */
#include "runner/bundle_diff.h"

#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/auto.h"
#include "common/digest.h"
#include "common/fsat.h"

#define ENTRIES_MAX 100000
#define DEPTH_MAX 64

/* ---- files ------------------------------------------------------------- */

struct file {
	const char *path, *what; /* digest and execute bit, target, "dir" */
};

struct tree {
	struct arena *arena;
	struct file *list;
	size_t len, room;
};

struct walk {
	struct tree *tree;
	int dir, depth;
	const char *prefix;
};

static int
describe(struct walk *w, const char *name, const char *path,
    const struct stat *st, const char **ret, struct err *e)
{
	if (S_ISLNK(st->st_mode)) {
		char target[PATH_MAX];
		ssize_t n =
		    readlinkat(w->dir, name, target, sizeof(target) - 1);
		if (n < 0)
			return err_sys(e, "read link '%s'", path);
		target[n] = '\0';
		*ret = arena_printf(w->tree->arena, "-> %s", target);
		return 0;
	}
	struct digest_text d = { "dir" };
	int rc = S_ISREG(st->st_mode)
		     ? digest_of_file(DIGEST_SHA256, w->dir, name, &d, e)
		     : 0;
	*ret = arena_printf(w->tree->arena, "%s%s", d.hex,
	    S_ISREG(st->st_mode) && st->st_mode & 0100 ? " x" : "");
	return rc < 0 ? err_wrap(e, "'%s'", path) : 0;
}

static int
add_entry(const char *name, void *arg, struct err *e)
{
	struct walk *w = arg;
	struct tree *t = w->tree;
	struct stat st;
	if (text_eq(name, ".git"))
		return 0;
	const char *path = arena_printf(t->arena, "%s%s", w->prefix, name);
	if (t->len == ENTRIES_MAX || w->depth > DEPTH_MAX)
		return err_set(e, ERR_LIMIT, "'%s': too many entries", path);
	if (fstatat(w->dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return err_sys(e, "'%s'", path);
	if (t->len == t->room) {
		t->room = t->room > 0 ? t->room * 2 : 64;
		t->list = xreallocarray(t->list, t->room, sizeof(*t->list));
	}
	struct file *f = &t->list[t->len++];
	f->path = path;
	int rc = describe(w, name, path, &st, &f->what, e);
	if (rc < 0 || !S_ISDIR(st.st_mode))
		return rc;
	AUTO_FD int dir = openat(
	    w->dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (dir < 0)
		return err_sys(e, "open '%s'", path);
	struct walk inner = { t, dir, w->depth + 1,
		arena_printf(t->arena, "%s/", path) };
	return fsat_each(dir, add_entry, &inner, e);
}

static int
compare_files(const void *a, const void *b)
{
	return strcmp(
	    ((const struct file *)a)->path, ((const struct file *)b)->path);
}

static int
read_tree(const char *path, struct tree *t, struct err *e)
{
	AUTO_FD int dir = fsat_open_dir(AT_FDCWD, path, e);
	if (dir < 0)
		return dir;
	struct walk w = { t, dir, 0, "" };
	int rc = fsat_each(dir, add_entry, &w, e);
	if (rc == 0 && t->len > 0)
		qsort(t->list, t->len, sizeof(*t->list), compare_files);
	return rc < 0 ? err_wrap(e, "'%s'", path) : 0;
}

static void
tree_release(struct tree *t)
{
	arena_free(&t->arena);
	free(t->list);
}

/* {"added", "removed", "changed"} */
static struct jsn *
new_changes(void)
{
	struct jsn *o = jsn_new_object();
	jsn_set(o, "added", jsn_new_array());
	jsn_set(o, "removed", jsn_new_array());
	jsn_set(o, "changed", jsn_new_array());
	return o;
}

static void
add_change(struct jsn *changes, const char *kind, const char *name)
{
	jsn_push_str(jsn_get(changes, kind), name);
}

static struct jsn *
diff_trees(const struct tree *a, const struct tree *b)
{
	struct jsn *changes = new_changes();
	size_t i = 0, k = 0;
	while (i < a->len || k < b->len) {
		int order = i == a->len ? 1
			    : k == b->len
				? -1
				: strcmp(a->list[i].path, b->list[k].path);
		if (order < 0)
			add_change(changes, "removed", a->list[i++].path);
		else if (order > 0)
			add_change(changes, "added", b->list[k++].path);
		else if (!text_eq(a->list[i++].what, b->list[k++].what))
			add_change(changes, "changed", b->list[k - 1].path);
	}
	return changes;
}

static int
diff_files(const struct bundle *a, const struct bundle *b, struct jsn **ret,
    struct err *e)
{
	AUTO(tree_release) struct tree ta = { .arena = arena_new() };
	AUTO(tree_release) struct tree tb = { .arena = arena_new() };
	int rc = read_tree(a->dir, &ta, e);
	if (rc == 0)
		rc = read_tree(b->dir, &tb, e);
	if (rc == 0)
		*ret = diff_trees(&ta, &tb);
	return rc;
}

/* ---- inputs ------------------------------------------------------------ */

static bool
same_value(const struct jsn *a, const struct jsn *b)
{
	AUTO_BUF struct buf x = BUF_INIT(BUNDLE_FILE_MAX_BYTES);
	AUTO_BUF struct buf y = BUF_INIT(BUNDLE_FILE_MAX_BYTES);
	jsn_format(a, JSN_PLAIN, &x);
	jsn_format(b, JSN_PLAIN, &y);
	return text_eq(buf_text(&x), buf_text(&y));
}

static void
add_word(struct buf *out, const char *word)
{
	buf_printf(out, "%s%s", out->len > 0 ? ", " : "", word);
}

/* "type text -> number, default"; empty: the same. */
static void
diff_input(
    const struct bundle_input *a, const struct bundle_input *b, struct buf *out)
{
	if (a->type != b->type)
		buf_printf(out, "type %s -> %s", input_type_name(a->type),
		    input_type_name(b->type));
	if (a->required != b->required)
		add_word(out, b->required ? "required now" : "optional now");
	if (!same_value(a->value, b->value) ||
	    !text_eq(a->credential, b->credential) ||
	    (a->file == NULL) != (b->file == NULL))
		add_word(out, "default");
	if (!same_value(a->choices, b->choices))
		add_word(out, "choices");
	if (!text_eq(a->description, b->description) ||
	    !text_eq(a->category, b->category) || a->advanced != b->advanced)
		add_word(out, "description");
}

static struct jsn *
diff_inputs(const struct bundle_inputs *a, const struct bundle_inputs *b)
{
	struct jsn *changes = new_changes();
	for (size_t i = 0; i < a->len; i++) {
		if (bundle_inputs_find(b, a->list[i].name) == NULL)
			add_change(changes, "removed", a->list[i].name);
	}
	for (size_t i = 0; i < b->len; i++) {
		const struct bundle_input *in = &b->list[i];
		const struct bundle_input *old =
		    bundle_inputs_find(a, in->name);
		AUTO_BUF struct buf what = BUF_INIT(1024);
		if (old == NULL) {
			add_change(changes, "added", in->name);
			continue;
		}
		diff_input(old, in, &what);
		if (what.len == 0)
			continue;
		struct jsn *o = jsn_new_object();
		jsn_set_str(o, "name", in->name);
		jsn_set_str(o, "what", buf_text(&what));
		jsn_push(jsn_get(changes, "changed"), o);
	}
	return changes;
}

/* ---- lists ------------------------------------------------------------- */

static const struct bundle_entry *
find_entry(const struct bundle_list *list, const struct bundle_entry *wanted)
{
	for (size_t i = 0; i < list->len; i++) {
		const struct bundle_entry *entry = &list->list[i];
		if (entry->kind == wanted->kind &&
		    text_eq(entry->name, wanted->name))
			return entry;
	}
	return NULL;
}

static void
add_executable(
    struct jsn *changes, const char *kind, const struct bundle_entry *entry)
{
	AUTO_STR char *name =
	    xasprintf("%s[%s]", executable_kind_name(entry->kind), entry->name);
	add_change(changes, kind, name);
}

static struct jsn *
diff_list(const struct bundle_list *a, const struct bundle_list *b)
{
	struct jsn *changes = new_changes();
	size_t at = 0; /* in a, of the common ones */
	bool reordered = false;
	for (size_t i = 0; i < a->len; i++) {
		if (find_entry(b, &a->list[i]) == NULL)
			add_executable(changes, "removed", &a->list[i]);
	}
	for (size_t i = 0; i < b->len; i++) {
		const struct bundle_entry *entry = &b->list[i];
		const struct bundle_entry *old = find_entry(a, entry);
		if (old == NULL) {
			add_executable(changes, "added", entry);
			continue;
		}
		size_t place = (size_t)(old - a->list);
		reordered = reordered || place < at;
		at = place;
		if (old->remote != entry->remote ||
		    old->timeout_ms != entry->timeout_ms ||
		    !same_value(old->inputs, entry->inputs))
			add_executable(changes, "changed", entry);
	}
	jsn_set_bool(changes, "reordered", reordered);
	return changes;
}

/* ---- all of it --------------------------------------------------------- */

static bool
is_empty(const struct jsn *changes)
{
	return jsn_len(jsn_get(changes, "added")) == 0 &&
	       jsn_len(jsn_get(changes, "removed")) == 0 &&
	       jsn_len(jsn_get(changes, "changed")) == 0 &&
	       !jsn_peek_bool(changes, "reordered", false);
}

int
bundle_diff(const struct bundle *a, const struct bundle *b,
    struct jsn **ret_diff, struct err *e)
{
	struct jsn *files = NULL;
	int rc = diff_files(a, b, &files, e);
	if (rc < 0)
		return rc;
	struct jsn *diff = jsn_new_object(), *lists = jsn_new_object();
	/* What is in the lists and inputs is in bundle.yml: files tell all. */
	jsn_set_bool(diff, "same", is_empty(files));
	jsn_set(diff, "files", files);
	jsn_set(diff, "inputs", diff_inputs(&a->inputs, &b->inputs));
	jsn_set(lists, "boot", diff_list(&a->boot, &b->boot));
	jsn_set(
	    lists, "operational", diff_list(&a->operational, &b->operational));
	jsn_set(lists, "decommission",
	    diff_list(&a->decommission, &b->decommission));
	jsn_set(diff, "lists", lists);
	*ret_diff = diff;
	return 0;
}

static void
format_changes(const char *title, const struct jsn *changes, struct buf *out)
{
	static const struct {
		const char *key;
		char mark;
	} kinds[] = { { "removed", '-' }, { "added", '+' },
		{ "changed", '~' } };
	if (is_empty(changes))
		return;
	buf_printf(out, "%s\n", title);
	for (size_t k = 0; k < ARRAY_LEN(kinds); k++) {
		const struct jsn *list = jsn_get(changes, kinds[k].key);
		for (size_t i = 0; i < jsn_len(list); i++) {
			const struct jsn *item = jsn_at(list, i);
			struct str name = jsn_type(item) == JSN_OBJECT
					      ? jsn_str(jsn_get(item, "name"))
					      : jsn_str(item);
			buf_printf(
			    out, "  %c %.*s", kinds[k].mark, STR_ARG(name));
			if (jsn_type(item) == JSN_OBJECT)
				buf_printf(out, ": %s",
				    jsn_peek_str(item, "what", ""));
			buf_add_char(out, '\n');
		}
	}
	if (jsn_peek_bool(changes, "reordered", false))
		buf_add_str(out, "  ~ the order\n");
}

void
bundle_diff_format(const struct jsn *diff, struct buf *out)
{
	static const char *const lists[] = { "boot", "operational",
		"decommission" };
	if (jsn_peek_bool(diff, "same", false)) {
		buf_add_str(out, "no difference\n");
		return;
	}
	for (size_t i = 0; i < ARRAY_LEN(lists); i++)
		format_changes(
		    lists[i], jsn_get(jsn_get(diff, "lists"), lists[i]), out);
	format_changes("inputs", jsn_get(diff, "inputs"), out);
	format_changes("files", jsn_get(diff, "files"), out);
}
