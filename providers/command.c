/* SPDX-License-Identifier: MIT */
/*
 * Commands of providers (see command.h). Trickiest point: of output that
 * nobody asked for only the end is kept, because the failure text needs it; a
 * command may print without end.
 */
#include "providers/command.h"

#include <stdarg.h>
#include <string.h>

#include "common/auto.h"
#include "providers/shell.h"

#define KEPT_BYTES ((size_t)64 * 1024)

struct tail {
	const struct services *services; /* NULL: nothing is sent live */
	struct buf out, err;
};

static void
keep_end(struct buf *b, struct str chunk)
{
	if (chunk.len > KEPT_BYTES) {
		chunk.data += chunk.len - KEPT_BYTES;
		chunk.len = KEPT_BYTES;
	}
	if (b->len + chunk.len > KEPT_BYTES)
		buf_consume(b, b->len + chunk.len - KEPT_BYTES);
	buf_add(b, chunk.data, chunk.len);
}

static void
take_chunk(int stream, struct str chunk, void *arg)
{
	struct tail *tail = arg;

	if (tail->services != NULL)
		tail->services->output(tail->services->arg, stream, chunk);
	keep_end(stream == 1 ? &tail->out : &tail->err, chunk);
}

int
command_uid(struct provider_run *run, const struct view *view,
    const struct value *user, uid_t *ret, struct err *e)
{
	const char *name;

	if (user->type == VALUE_INT) {
		*ret = (uid_t)user->integer;
		return 0;
	}
	name = value_to_s(run->arena, user);
	if (view_uid(view, name, ret, e) == 0)
		return 0;
	return provider_fail(
	    run, e, "ArgumentError", "can't find user for %s", name);
}

int
command_gid(struct provider_run *run, const struct view *view,
    const struct value *group, gid_t *ret, struct err *e)
{
	const char *name;

	if (group->type == VALUE_INT) {
		*ret = (gid_t)group->integer;
		return 0;
	}
	name = value_to_s(run->arena, group);
	if (view_gid(view, name, ret, e) == 0)
		return 0;
	return provider_fail(
	    run, e, "ArgumentError", "can't find group for %s", name);
}

static int
set_identity(struct provider_run *run, const struct view *view,
    const struct command *c, struct proc_spec *spec, struct err *e)
{
	int rc;

	if (c->group != NULL && value_is_set(c->group)) {
		spec->set_gid = true;
		if ((rc = command_gid(run, view, c->group, &spec->gid, e)) < 0)
			return rc;
	}
	if (c->user == NULL || !value_is_set(c->user))
		return 0;
	spec->set_uid = true;
	return command_uid(run, view, c->user, &spec->uid, e);
}

static int
set_umask(struct provider_run *run, const struct value *v,
    struct proc_spec *spec, struct err *e)
{
	int64_t mask;

	if (v == NULL || !value_is_set(v))
		return 0;
	if (v->type == VALUE_INT)
		mask = v->integer;
	else if (!str_to_i64(v->text, 8, &mask))
		return provider_fail(run, e, "ArgumentError",
		    "umask '%s' is not an octal number",
		    value_to_s(run->arena, v));
	spec->set_umask = true;
	spec->umask = (mode_t)(mask & 07777);
	return 0;
}

static int
fill_spec(struct provider_run *run, const struct view *view,
    const struct command *c, struct proc_spec *spec, struct err *e)
{
	int rc;

	spec->argv =
	    c->argv != NULL ? c->argv : shell_argv(run->arena, c->text);
	spec->env = shell_env(run->arena, c->env);
	spec->cwd = c->cwd;
	spec->input = c->input;
	spec->timeout_ms =
	    c->timeout_ms > 0 ? c->timeout_ms : COMMAND_TIMEOUT_MS;
	spec->flags = PROC_SEARCH_PATH;
	if ((rc = set_identity(run, view, c, spec, e)) < 0)
		return rc;
	return set_umask(run, c->umask, spec, e);
}

static const char *
shown_text(struct provider_run *run, const struct command *c)
{
	if (run->want->sensitive)
		return "sensitive resource";
	if (c->shown != NULL)
		return c->shown;
	return c->text != NULL ? c->text : shell_join(run->arena, c->argv);
}

/* The error of a command that ended badly, without what must stay hidden. */
static int
failed(struct provider_run *run, const struct command *c, const char *shown,
    struct proc_result *r, struct err *e)
{
	int64_t timeout_ms =
	    c->timeout_ms > 0 ? c->timeout_ms : COMMAND_TIMEOUT_MS;
	int rc;

	if (run->want->sensitive) {
		buf_reset(&r->out);
		buf_reset(&r->err);
		buf_add_str(&r->out, "suppressed sensitive resource output");
	}
	rc = shell_failure(e, shown, c->returns, timeout_ms, r);
	proc_result_release(r);
	return rc;
}

/* Starting failed: Ruby sees what exec would have raised. */
static int
not_started(struct provider_run *run, const char *shown, int rc, struct err *e)
{
	if (rc != ERR_ABSENT)
		return rc;
	return provider_fail(
	    run, e, "Errno::ENOENT", "No such file or directory - %s", shown);
}

static bool
goes_live(const struct provider_run *run, const struct command *c)
{
	return c->live && !run->want->sensitive &&
	       (c->always_live ||
		   run->services->wants_output(run->services->arg));
}

int
command_run(struct provider_run *run, struct host *host,
    const struct command *c, struct proc_result *ret, struct err *e)
{
	struct tail tail = { .services =
				 goes_live(run, c) ? run->services : NULL,
		.out = BUF_INIT(KEPT_BYTES),
		.err = BUF_INIT(KEPT_BYTES) };
	struct proc_spec spec = { 0 };
	struct proc_result r = { 0 };
	const char *shown = shown_text(run, c);
	int rc;

	if ((rc = fill_spec(run, host_view(host), c, &spec, e)) < 0)
		return rc;
	if (ret == NULL) {
		spec.on_output = take_chunk;
		spec.arg = &tail;
	}
	rc = host_run(host, &spec, shown, c->returns, &r, e);
	if (ret == NULL) {
		buf_release(&r.out);
		buf_release(&r.err);
		r.out = tail.out;
		r.err = tail.err;
	}
	if (rc == ERR_TIMEOUT || (rc == ERR_EXIT && !c->any_status))
		return failed(run, c, shown, &r, e);
	if (rc < 0 && rc != ERR_EXIT) {
		proc_result_release(&r);
		return not_started(run, shown, rc, e);
	}
	if (ret != NULL)
		*ret = r;
	else
		proc_result_release(&r);
	return 0;
}

int
command_query(struct provider_run *run, const struct view *view,
    const struct command *c, struct proc_result *ret, struct err *e)
{
	struct proc_spec spec = { 0 };
	struct proc_result r = { 0 };
	const char *shown = shown_text(run, c);
	int rc;

	if ((rc = fill_spec(run, view, c, &spec, e)) < 0)
		return rc;
	if ((rc = view_query_spec(view, &spec, &r, e)) < 0)
		return not_started(run, shown, rc, e);
	if (r.timed_out)
		return failed(run, c, shown, &r, e);
	*ret = r;
	return 0;
}

int
command_ask(struct provider_run *run, const struct view *view,
    const struct command *c, struct proc_result *ret, struct err *e)
{
	struct proc_result r = { 0 };
	int rc = command_query(run, view, c, &r, e);

	if (rc < 0)
		return rc;
	if (!shell_status_allowed(&r, c->returns))
		return failed(run, c, shown_text(run, c), &r, e);
	*ret = r;
	return 0;
}

const char *const *
command_env(struct arena *a, const struct value *map)
{
	const char **env;
	size_t i;

	if (map->type != VALUE_MAP)
		return NULL;
	env = arena_array_of(a, const char *, map->map.len + 1);
	for (i = 0; i < map->map.len; i++) {
		const struct value_pair *p = &map->map.pairs[i];

		env[i] = value_to_s(a, &p->key);
		if (value_is_set(&p->value))
			env[i] = arena_printf(
			    a, "%s=%s", env[i], value_to_s(a, &p->value));
	}
	return env;
}

void
words_init(struct words *w, struct arena *a)
{
	w->arena = a;
	w->len = 0;
	w->room = 16;
	w->items = arena_array_of(a, const char *, w->room);
}

void
words_add(struct words *w, const char *word)
{
	const char **more;

	if (w->len + 2 > w->room) {
		more = arena_array_of(w->arena, const char *, w->room * 2);
		memcpy(more, w->items, w->len * sizeof(*more));
		w->items = more;
		w->room *= 2;
	}
	w->items[w->len++] = word;
}

void
words_add_all(struct words *w, ...)
{
	const char *word;
	va_list ap;

	va_start(ap, w);
	while ((word = va_arg(ap, const char *)) != NULL)
		words_add(w, word);
	va_end(ap);
}
