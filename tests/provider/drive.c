/* SPDX-License-Identifier: MIT */
/* The engine of the provider tests, and the double of its services. */
#include "tests/provider/drive.h"

#include <fcntl.h>
#include <ftw.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/fsat.h"

#define TEXT_BYTES ((size_t)1 << 20)

/* --- services ---------------------------------------------------------------
 */

static void
double_log(void *arg, enum service_log_level level, const char *text)
{
	static const char *const names[] = { "debug", "info", "warn", "error",
		"fatal" };
	struct drive *d = arg;
	buf_printf(&d->log, "%s: %s\n", names[level], text);
}

static void
double_output(void *arg, int stream, struct str chunk)
{
	(void)arg;
	(void)stream;
	(void)chunk;
}

static bool
double_wants_output(void *arg)
{
	(void)arg;
	return false;
}

static int
double_render(void *arg, const struct resource *r, const char *path,
    struct buf *out, struct err *e)
{
	(void)r;
	(void)path;
	struct drive *d = arg;
	if (d->rendered == NULL)
		return err_set(e, ERR_RUBY, "the template raised");
	buf_add_str(out, d->rendered);
	return 0;
}

/* Everything a cookbook ships lies in <dir>/cookbook/<segment>. */
static int
double_cookbook_file(void *arg, struct arena *a, const struct resource *r,
    const char *cookbook, const char *segment, const char *source,
    const char **ret_path, struct err *e)
{
	(void)r;
	(void)cookbook;
	struct drive *d = arg;
	const char *path =
	    arena_printf(a, "%s/cookbook/%s/%s", d->dir, segment, source);
	if (access(path, R_OK) != 0)
		return err_set(e, ERR_RUBY, "no %s in the cookbook", source);
	*ret_path = path;
	return 0;
}

static bool
double_has_cookbook_file(void *arg, const struct resource *r,
    const char *segment, const char *source)
{
	struct drive *d = arg;
	const char *path;

	return double_cookbook_file(
		   d, d->arena, r, NULL, segment, source, &path, NULL) == 0;
}

struct tree_walk {
	struct arena *arena;
	const char **names;
	size_t count;
	const char *prefix;
	const char *root;
};

static int
walk_entry(const char *name, void *arg, struct err *e)
{
	struct tree_walk *w = arg;
	const char *rel = arena_printf(w->arena, "%s%s%s", w->prefix,
	    w->prefix[0] == '\0' ? "" : "/", name);
	const char *full = arena_printf(w->arena, "%s/%s", w->root, rel);
	struct stat st;
	if (lstat(full, &st) < 0)
		return err_sys(e, "stat");
	if (!S_ISDIR(st.st_mode)) {
		assert_true(w->count < DRIVE_MAX);
		w->names[w->count++] = rel;
		return 0;
	}
	const char *before = w->prefix;
	w->prefix = rel;
	AUTO_FD int fd = fsat_open_dir(AT_FDCWD, full, e);
	int rc = fd < 0 ? fd : fsat_each(fd, walk_entry, w, e);
	w->prefix = before;
	return rc;
}

static int
double_cookbook_directory(void *arg, struct arena *a, const struct resource *r,
    const char *cookbook, const char *source, const char ***ret_names,
    size_t *ret_count, struct err *e)
{
	(void)r;
	(void)cookbook;
	struct drive *d = arg;
	struct tree_walk w = { .arena = a,
		.names = arena_array_of(a, const char *, DRIVE_MAX),
		.prefix = "",
		.root =
		    arena_printf(a, "%s/cookbook/files/%s", d->dir, source) };
	AUTO_FD int fd = fsat_open_dir(AT_FDCWD, w.root, e);
	if (fd < 0)
		return err_set(e, ERR_RUBY, "no directory %s", source);
	int rc = fsat_each(fd, walk_entry, &w, e);
	*ret_names = w.names;
	*ret_count = w.count;
	return rc;
}

static int
double_call_block(
    void *arg, const struct resource *r, const char *property, struct err *e)
{
	(void)r;
	(void)property;
	struct drive *d = arg;
	d->block_calls++;
	return d->block_fails ? err_set(e, ERR_RUBY, "the block raised") : 0;
}

static struct value
double_config(void *arg, struct arena *a, const char *key)
{
	(void)a;
	struct drive *d = arg;
	for (size_t i = 0; i < d->config_count; i++) {
		if (strcmp(d->config[i].key, key) == 0)
			return d->config[i].value;
	}
	return value_nil;
}

static struct value
double_attribute(void *arg, struct arena *a, const char *path)
{
	(void)arg;
	(void)a;
	(void)path;
	return value_nil;
}

static void
note_request(struct drive *d, const struct download *q)
{
	buf_printf(
	    &d->requests, "%s %s [", q->method ? q->method : "GET", q->url);
	for (size_t i = 0; q->headers != NULL && q->headers[i] != NULL; i++)
		buf_printf(
		    &d->requests, "%s%s", i > 0 ? "; " : "", q->headers[i]);
	buf_printf(&d->requests, "]%.*s\n", STR_ARG(q->body));
}

static int
double_download(void *arg, const struct download *q,
    struct download_answer *ret, struct err *e)
{
	struct drive *d = arg;
	note_request(d, q);
	const struct drive_answer *hit = NULL;
	for (size_t i = 0; i < d->answer_count; i++) {
		if (strcmp(d->answers[i].url, q->url) == 0)
			hit = &d->answers[i];
	}
	if (hit == NULL || hit->status == 0)
		return err_set(e, ERR_NETWORK, "%s: unreachable", q->url);
	ret->status = hit->status;
	buf_init(&ret->headers, TEXT_BYTES);
	buf_add_str(&ret->headers, hit->headers != NULL ? hit->headers : "");
	const char *body = hit->body != NULL ? hit->body : "";
	if (q->output_path == NULL) {
		if (q->output != NULL)
			buf_add_str(q->output, body);
		return 0;
	}
	AUTO_FD int fd =
	    open(q->output_path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return err_sys(e, "create '%s'", q->output_path);
	return fd_write_all(fd, body, strlen(body), e);
}

static int
double_reload(void *arg, const char *plugin, struct err *e)
{
	(void)e;
	struct drive *d = arg;
	buf_printf(&d->log, "reload: %s\n", plugin != NULL ? plugin : "all");
	return 0;
}

/* --- the engine -------------------------------------------------------------
 */

static void
note_change(struct drive *d, const struct change *c)
{
	for (size_t i = 0; i < c->line_count; i++)
		buf_printf(&d->lines, "%s\n", c->lines[i]);
	if (c->detail != NULL)
		buf_printf(&d->details, "%s\n", c->detail);
	d->changes++;
}

static int
apply_all(struct drive *d, const struct provider *p, struct provider_run *run,
    const struct plan *plan)
{
	for (const struct change *c = plan->first; c != NULL; c = c->next) {
		int rc = p->apply(run, host_of_machine(), c, &d->error);
		if (rc < 0)
			return rc;
		if (rc == 0)
			note_change(d, c);
	}
	if (p->finish == NULL)
		return 0;
	return p->finish(run, view_of_machine(), &d->error);
}

static int
run_phases(struct drive *d, const struct provider *p, struct provider_run *run)
{
	const struct view *view = view_of_machine();
	if (run->why_run && p->no_why_run)
		return 0;
	int rc = p->load != NULL ? p->load(run, view, &d->error) : 0;
	if (rc < 0)
		return rc;
	struct plan plan;
	plan_init(&plan, run->arena, run->why_run);
	rc = p->plan(run, view, &plan, &d->error);
	if (rc < 0)
		return rc;
	if (!run->why_run) {
		rc = apply_all(d, p, run, &plan);
		d->updated = d->changes > 0 || plan.flag_updated;
		return rc;
	}
	d->updated = plan.first != NULL || plan.flag_updated;
	for (const struct unmet *u = plan.first_unmet; u != NULL; u = u->next)
		buf_printf(&d->lines, "unmet: %s\n", u->message);
	for (const struct change *c = plan.first; c != NULL; c = c->next)
		note_change(d, c);
	return 0;
}

static void
run_action(
    struct drive *d, struct resource *want, const char *action, bool why_run)
{
	const struct resource_type *t = want->type;
	const char *class_name = t->provider != NULL         ? t->provider
				 : t->usual_provider != NULL ? t->usual_provider
							     : t->ruby_class;
	if (d->provider != NULL && want == d->want)
		class_name = d->provider;
	const struct provider *p = provider_find(class_name);
	if (p == NULL)
		fail_msg("no provider %s", class_name);
	struct provider_run run = {
		.arena = d->arena,
		.want = want,
		.action = action,
		.why_run = why_run,
		.services = &d->services,
	};
	err_clear(&d->error);
	d->rc = run_phases(d, p, &run);
	d->exception = run.exception;
	for (size_t i = 0; i < run.write_back_count; i++)
		resource_set(want, run.write_back[i].property->name,
		    run.write_back[i].value);
	if (p->release != NULL)
		p->release(&run);
}

/* A nested action: its lines are noted among its parent's, after a mark. */
static int
double_run_resource(void *arg, const struct resource *parent, const char *type,
    const char *name, const struct resource_slot *properties, size_t count,
    const char *action, bool *ret_updated, struct err *e)
{
	(void)parent;
	struct drive *d = arg;
	const struct resource_type *t = resource_type_find(type);
	assert_non_null(t);
	struct resource *inner = resource_new(d->arena, t, name);
	for (size_t i = 0; i < count; i++)
		resource_set(
		    inner, properties[i].property->name, properties[i].value);
	size_t changes = d->changes;
	bool updated = d->updated;
	buf_printf(&d->lines, "%s %s:\n", inner->id, action);
	run_action(d, inner, action, d->why_run);
	if (d->rc < 0)
		return err_set(e, d->rc, "%s", d->error.text);
	*ret_updated = d->changes > changes;
	d->updated = updated;
	return 0;
}

static void
start(struct drive *d, const char *action, bool why_run)
{
	buf_reset(&d->lines);
	buf_reset(&d->details);
	buf_reset(&d->log);
	buf_reset(&d->requests);
	d->changes = 0;
	d->updated = false;
	d->why_run = why_run;
	run_action(d, d->want, action, why_run);
}

void
drive_run(struct drive *d, const char *action)
{
	start(d, action, false);
}

void
drive_why_run(struct drive *d, const char *action)
{
	start(d, action, true);
}

/* --- setting up
 * --------------------------------------------------------------- */

struct drive *
drive_new(void)
{
	struct drive *d = xcalloc(1, sizeof(*d));
	d->arena = arena_new();
	snprintf(d->dir, sizeof(d->dir), "/tmp/rightlink-test-XXXXXX");
	assert_non_null(mkdtemp(d->dir));
	assert_int_equal(chmod(d->dir, 0755), 0);
	umask(022);
	buf_init(&d->lines, TEXT_BYTES);
	buf_init(&d->details, TEXT_BYTES);
	buf_init(&d->log, TEXT_BYTES);
	buf_init(&d->requests, TEXT_BYTES);
	d->services = (struct services){
		.arg = d,
		.log = double_log,
		.output = double_output,
		.wants_output = double_wants_output,
		.render = double_render,
		.cookbook_file = double_cookbook_file,
		.has_cookbook_file = double_has_cookbook_file,
		.cookbook_directory = double_cookbook_directory,
		.call_block = double_call_block,
		.config = double_config,
		.attribute = double_attribute,
		.download = double_download,
		.run_resource = double_run_resource,
		.reload_attributes = double_reload,
	};
	drive_config(d, "file_backup_path",
	    value_of_text(d->arena, drive_path(d, ".backup")));
	drive_config(d, "file_cache_path",
	    value_of_text(d->arena, drive_path(d, ".cache")));
	drive_config(
	    d, "enable_selinux_file_permission_fixup", value_of_bool(false));
	return d;
}

void
drive_free(struct drive **d)
{
	if (d == NULL || *d == NULL)
		return;
	struct err e = { 0 };
	assert_int_equal(fsat_remove_tree(AT_FDCWD, (*d)->dir, &e), 0);
	buf_release(&(*d)->lines);
	buf_release(&(*d)->details);
	buf_release(&(*d)->log);
	buf_release(&(*d)->requests);
	arena_free(&(*d)->arena);
	free(*d);
	*d = NULL;
}

int
drive_setup(void **state)
{
	*state = drive_new();
	return 0;
}

int
drive_teardown(void **state)
{
	struct drive *d = *state;
	drive_free(&d);
	return 0;
}

const char *
drive_path(struct drive *d, const char *name)
{
	return arena_printf(d->arena, "%s/%s", d->dir, name);
}

void
drive_resource(struct drive *d, const char *type, const char *name)
{
	const struct resource_type *t = resource_type_find(type);
	assert_non_null(t);
	d->want = resource_new(d->arena, t, name);
	d->want->cookbook_name = "demo";
}

void
drive_text(struct drive *d, const char *property, const char *text)
{
	resource_set(d->want, property, value_of_text(d->arena, text));
}

void
drive_int(struct drive *d, const char *property, int64_t n)
{
	resource_set(d->want, property, value_of_int(n));
}

void
drive_bool(struct drive *d, const char *property, bool b)
{
	resource_set(d->want, property, value_of_bool(b));
}

void
drive_symbol(struct drive *d, const char *property, const char *text)
{
	resource_set(d->want, property, value_of_symbol(d->arena, text));
}

void
drive_config(struct drive *d, const char *key, struct value v)
{
	for (size_t i = 0; i < d->config_count; i++) {
		if (strcmp(d->config[i].key, key) == 0) {
			d->config[i].value = v;
			return;
		}
	}
	assert_true(d->config_count < DRIVE_MAX);
	d->config[d->config_count++] = (struct drive_config){ key, v };
}

/* --- judging
 * ------------------------------------------------------------------ */

void
drive_expect(struct drive *d, const char *lines)
{
	if (d->rc < 0)
		fail_msg("%s: %s", d->want->id, d->error.text);
	assert_string_equal(buf_text(&d->lines), lines);
}

void
drive_expect_failure(
    struct drive *d, const char *exception, const char *message)
{
	assert_true(d->rc < 0);
	if (exception == NULL)
		assert_null(d->exception);
	else
		assert_string_equal(d->exception, exception);
	if (strstr(d->error.text, message) == NULL)
		fail_msg("'%s' is not in '%s'", message, d->error.text);
}

void
drive_put(struct drive *d, const char *name, const char *content)
{
	const char *path = drive_path(d, name);
	AUTO_STR char *dir = path_dirname(path);
	struct err e = { 0 };
	assert_int_equal(fsat_mkdir_all(AT_FDCWD, dir, 0755, &e), 0);
	AUTO_FD int fd =
	    open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	assert_true(fd >= 0);
	assert_int_equal(fd_write_all(fd, content, strlen(content), &e), 0);
}

void
drive_expect_content(struct drive *d, const char *name, const char *content)
{
	AUTO_BUF struct buf text = BUF_INIT(TEXT_BYTES);
	struct err e = { 0 };
	if (fsat_read(AT_FDCWD, drive_path(d, name), TEXT_BYTES, &text, &e) < 0)
		fail_msg("%s", e.text);
	assert_string_equal(buf_text(&text), content);
}

struct stat
drive_stat(struct drive *d, const char *name)
{
	struct stat st;
	assert_int_equal(lstat(drive_path(d, name), &st), 0);
	return st;
}

bool
drive_is_there(struct drive *d, const char *name)
{
	struct stat st;
	return lstat(drive_path(d, name), &st) == 0;
}

static struct buf *snapshot_out;

static int
snapshot_entry(
    const char *path, const struct stat *st, int kind, struct FTW *walk)
{
	(void)kind;
	(void)walk;
	buf_printf(snapshot_out,
	    "%s %o %u:%u %lld i%llu m%lld.%09ld c%lld.%09ld\n", path,
	    st->st_mode, st->st_uid, st->st_gid, (long long)st->st_size,
	    (unsigned long long)st->st_ino, (long long)st->st_mtim.tv_sec,
	    st->st_mtim.tv_nsec, (long long)st->st_ctim.tv_sec,
	    st->st_ctim.tv_nsec);
	return 0;
}

const char *
drive_snapshot(struct drive *d)
{
	AUTO_BUF struct buf out = BUF_INIT(TEXT_BYTES);
	snapshot_out = &out;
	assert_int_equal(nftw(d->dir, snapshot_entry, 16, FTW_PHYS), 0);
	snapshot_out = NULL;
	return arena_strdup(d->arena, buf_text(&out));
}
