/* SPDX-License-Identifier: MIT */
/*
 * Accounts by useradd, usermod, userdel (RES-user). A password hash never
 * appears in an argument list: chpasswd reads it (RES-user-5).
 */
#include <grp.h>
#include <pwd.h>
#include <shadow.h>
#include <string.h>

#include "common/str.h"
#include "providers/command.h"
#include "providers/tbl/system.h"

#define ENTRY_BYTES (64 * 1024)

enum user_change {
	CHANGE_CREATE,
	CHANGE_ALTER,
	CHANGE_REMOVE,
	CHANGE_LOCK,
	CHANGE_UNLOCK,
};

struct user_state {
	const char *name;
	struct passwd *now;   /* NULL: no such user */
	const char *password; /* present hash; only when wanted */
	const char *want_gid; /* as number where the group is known */
	bool gid_unknown;
	bool manages_home, non_unique;
};

/* Same text? An unset wish matches everything. */
static bool
is_as_wanted(const char *want, const char *now)
{
	return want == NULL || text_eq(want, now);
}

static const char *
wanted(struct provider_run *run, const char *property)
{
	const struct value *v = resource_get(run->want, property);

	return value_is_set(v) ? value_to_s(run->arena, v) : NULL;
}

static bool
has_support(const struct resource *r, const char *key)
{
	const struct value *v = resource_get(r, "supports");
	size_t i;

	if (resource_bool(r, key, false))
		return true;
	for (i = 0; v->type == VALUE_MAP && i < v->map.len; i++)
		if (text_eq(value_text(&v->map.pairs[i].key, NULL), key))
			return v->map.pairs[i].value.type == VALUE_BOOL &&
			       v->map.pairs[i].value.boolean;
	return false;
}

static struct passwd *
find_user(struct arena *a, const char *name)
{
	struct passwd *entry = arena_new_of(a, struct passwd), *found = NULL;

	if (getpwnam_r(name, entry, arena_alloc(a, ENTRY_BYTES), ENTRY_BYTES,
		&found) != 0)
		return NULL;
	return found;
}

static const char *
find_password(struct arena *a, const struct passwd *user)
{
	struct spwd *entry = arena_new_of(a, struct spwd), *found = NULL;

	if (!text_eq(user->pw_passwd, "x"))
		return user->pw_passwd;
	if (getspnam_r(user->pw_name, entry, arena_alloc(a, ENTRY_BYTES),
		ENTRY_BYTES, &found) != 0 ||
	    found == NULL)
		return NULL;
	return found->sp_pwdp;
}

/* RES-user-1: a group name becomes its number once the user exists. */
static void
resolve_gid(
    struct provider_run *run, const struct view *view, struct user_state *st)
{
	struct err ignored = { 0 };
	gid_t gid;

	st->want_gid = wanted(run, "gid");
	if (st->want_gid == NULL || st->now == NULL ||
	    resource_get(run->want, "gid")->type == VALUE_INT)
		return;
	if (view_gid(view, st->want_gid, &gid, &ignored) == 0)
		st->want_gid = arena_printf(run->arena, "%u", gid);
	else
		st->gid_unknown = true;
}

static void
fill_current(struct provider_run *run, const struct passwd *now)
{
	struct resource *r = run->current;
	struct arena *a = run->arena;

	if (r == NULL)
		return;
	resource_set(r, "username", value_of_text(a, now->pw_name));
	resource_set(r, "comment", value_of_text(a, now->pw_gecos));
	resource_set(r, "uid", value_of_int(now->pw_uid));
	resource_set(r, "gid", value_of_int(now->pw_gid));
	resource_set(r, "home", value_of_text(a, now->pw_dir));
	resource_set(r, "shell", value_of_text(a, now->pw_shell));
}

static int
user_load(
    struct provider_run *run, const struct view *view, UNUSED struct err *e)
{
	struct user_state *st = arena_new_of(run->arena, struct user_state);

	run->state = st;
	st->name = resource_text(run->want, "username", run->want->name);
	st->manages_home = has_support(run->want, "manage_home");
	st->non_unique = has_support(run->want, "non_unique");
	st->now = find_user(run->arena, st->name);
	run->current_exists = st->now != NULL;
	resolve_gid(run, view, st);
	if (st->now == NULL)
		return 0;
	if (resource_has(run->want, "password"))
		st->password = find_password(run->arena, st->now);
	fill_current(run, st->now);
	return 0;
}

/* --- plan ------------------------------------------------------------ */

static bool
is_id_as_wanted(struct provider_run *run, const char *want, unsigned now)
{
	return is_as_wanted(want, arena_printf(run->arena, "%u", now));
}

/* RES-user-3 */
static bool
is_different(struct provider_run *run)
{
	const struct user_state *st = run->state;
	const struct passwd *now = st->now;

	return !is_as_wanted(wanted(run, "comment"), now->pw_gecos) ||
	       !is_as_wanted(wanted(run, "home"), now->pw_dir) ||
	       !is_as_wanted(wanted(run, "shell"), now->pw_shell) ||
	       !is_as_wanted(wanted(run, "password"), st->password) ||
	       !is_id_as_wanted(run, wanted(run, "uid"), now->pw_uid) ||
	       !is_id_as_wanted(run, st->want_gid, now->pw_gid);
}

static void
add_change(struct plan *plan, int kind, const char *text, const char *name)
{
	plan_describe(plan, plan_change(plan, kind, NULL), "%s %s", text, name);
}

static int
must_exist(struct provider_run *run, struct plan *plan, struct err *e)
{
	const struct user_state *st = run->state;
	const struct requirement q = { .exception = "Chef::Exceptions::User",
		.assumption = arena_printf(run->arena,
		    "Assuming user %s would have been created", st->name),
		.blocks = true };

	return plan_require(run, plan, st->now != NULL, &q, e,
	    "Cannot %s user %s - does not exist!", run->action, st->name);
}

/* RES-user-10: the second word of `passwd -S`. */
static int
look_lock(struct provider_run *run, const struct view *view, bool *ret_locked,
    struct err *e)
{
	const struct user_state *st = run->state;
	const char *const argv[] = { "passwd", "-S", st->name, NULL };
	struct proc_result r = { 0 };
	const char *word;
	int rc;

	rc = command_ask(run, view, &(struct command){ .argv = argv }, &r, e);
	if (rc < 0)
		return rc;
	word = strchr(buf_text(&r.out), ' ');
	*ret_locked = word != NULL && word[1] == 'L';
	proc_result_release(&r);
	if (word == NULL)
		return provider_fail(run, e, "Chef::Exceptions::User",
		    "Cannot determine if %s is locked!", st->name);
	return 0;
}

static int
plan_lock(struct provider_run *run, const struct view *view, struct plan *plan,
    struct err *e)
{
	const struct user_state *st = run->state;
	bool lock = text_eq(run->action, "lock"), locked = false;
	int rc = must_exist(run, plan, e);

	if (rc < 0 || plan->blocked)
		return rc;
	if ((rc = look_lock(run, view, &locked, e)) < 0)
		return rc;
	if (lock && !locked)
		add_change(plan, CHANGE_LOCK, "lock the user", st->name);
	if (!lock && locked)
		add_change(plan, CHANGE_UNLOCK, "unlock user", st->name);
	return 0;
}

static int
user_plan(struct provider_run *run, const struct view *view, struct plan *plan,
    struct err *e)
{
	const struct user_state *st = run->state;
	const struct requirement group = { .exception =
					       "Chef::Exceptions::User",
		.assumption = arena_printf(run->arena,
		    "group name %s will be created by another resource",
		    st->want_gid != NULL ? st->want_gid : "") };
	int rc;

	rc = plan_require(run, plan, !st->gid_unknown, &group, e,
	    "Couldn't lookup integer GID for group name %s",
	    st->want_gid != NULL ? st->want_gid : "");
	if (rc < 0)
		return rc;
	if (text_eq(run->action, "lock") || text_eq(run->action, "unlock"))
		return plan_lock(run, view, plan, e);
	if (text_eq(run->action, "remove")) {
		if (st->now != NULL)
			add_change(
			    plan, CHANGE_REMOVE, "remove user", st->name);
		return 0;
	}
	if (text_eq(run->action, "modify") &&
	    ((rc = must_exist(run, plan, e)) < 0 || plan->blocked))
		return rc;
	if (st->now == NULL) {
		if (text_eq(run->action, "create"))
			add_change(
			    plan, CHANGE_CREATE, "create user", st->name);
		return 0;
	}
	if (is_different(run))
		add_change(plan, CHANGE_ALTER,
		    text_eq(run->action, "create")
			? "alter user"
			: arena_printf(run->arena, "%s user", run->action),
		    st->name);
	return 0;
}

/* --- apply ----------------------------------------------------------- */

static void
add_option(
    struct words *w, const char *option, const char *want, const char *now)
{
	if (want != NULL && !text_eq(want, now))
		words_add_all(w, option, want, NULL);
}

/* Without doubled and trailing slashes (RES-user-7). */
static const char *
clean_path(struct arena *a, const char *path)
{
	char *clean = arena_strdup(a, path), *out = clean;
	const char *p;

	for (p = clean; *p != '\0'; p++)
		if (*p != '/' || out == clean || out[-1] != '/')
			*out++ = *p;
	if (out - clean > 1 && out[-1] == '/')
		out--;
	*out = '\0';
	return clean;
}

static bool
home_differs(struct provider_run *run)
{
	const struct user_state *st = run->state;
	const char *home = wanted(run, "home");

	if (home == NULL)
		return false;
	return st->now == NULL || !text_eq(clean_path(run->arena, home),
				      clean_path(run->arena, st->now->pw_dir));
}

/* The options that useradd and usermod share, in Chef's order. */
static void
add_fields(struct provider_run *run, struct words *w)
{
	const struct user_state *st = run->state;
	const struct passwd *now = st->now;
	struct arena *a = run->arena;

	add_option(w, "-c", wanted(run, "comment"),
	    now != NULL ? now->pw_gecos : NULL);
	add_option(w, "-g", st->want_gid,
	    now != NULL ? arena_printf(a, "%u", now->pw_gid) : NULL);
	add_option(
	    w, "-s", wanted(run, "shell"), now != NULL ? now->pw_shell : NULL);
	add_option(w, "-u", wanted(run, "uid"),
	    now != NULL ? arena_printf(a, "%u", now->pw_uid) : NULL);
	if (home_differs(run)) {
		words_add_all(w, "-d", wanted(run, "home"), NULL);
		if (st->manages_home)
			words_add(w, "-m");
	}
	if (st->non_unique)
		words_add(w, "-o");
}

static int
run_words(struct provider_run *run, struct host *host, const struct words *w,
    struct err *e)
{
	return command_run(
	    run, host, &(struct command){ .argv = w->items }, NULL, e);
}

static int
set_password(struct provider_run *run, struct host *host, struct err *e)
{
	static const char *const argv[] = { "chpasswd", "-e", NULL };
	const struct user_state *st = run->state;
	const char *hash = wanted(run, "password");

	if (hash == NULL || text_eq(hash, st->password))
		return 0;
	if (strpbrk(hash, ":\n") != NULL)
		return provider_fail(run, e, "Chef::Exceptions::User",
		    "the password of user %s is not a hash", st->name);
	return command_run(run, host,
	    &(struct command){ .argv = argv,
		.input = str_from(
		    arena_printf(run->arena, "%s:%s\n", st->name, hash)) },
	    NULL, e);
}

static int
create_user(struct provider_run *run, struct host *host, struct err *e)
{
	const struct user_state *st = run->state;
	struct words w;
	int rc;

	words_init(&w, run->arena);
	words_add(&w, "useradd");
	add_fields(run, &w);
	if (resource_bool(run->want, "system", false))
		words_add(&w, "-r");
	words_add(&w, st->name);
	if ((rc = run_words(run, host, &w, e)) < 0)
		return rc;
	return set_password(run, host, e);
}

static int
alter_user(struct provider_run *run, struct host *host, struct err *e)
{
	const struct user_state *st = run->state;
	struct words w;
	size_t none;
	int rc;

	words_init(&w, run->arena);
	words_add(&w, "usermod");
	none = w.len + (st->non_unique ? 1 : 0);
	add_fields(run, &w);
	if (w.len > none) {
		words_add(&w, st->name);
		if ((rc = run_words(run, host, &w, e)) < 0)
			return rc;
	}
	return set_password(run, host, e);
}

static int
run_simple(struct provider_run *run, struct host *host, const char *program,
    const char *option, struct err *e)
{
	const struct user_state *st = run->state;
	struct words w;

	words_init(&w, run->arena);
	words_add(&w, program);
	if (option != NULL)
		words_add(&w, option);
	words_add(&w, st->name);
	return run_words(run, host, &w, e);
}

static int
user_apply(struct provider_run *run, struct host *host,
    const struct change *change, struct err *e)
{
	const struct user_state *st = run->state;

	switch ((enum user_change)change->kind) {
	case CHANGE_CREATE:
		return create_user(run, host, e);
	case CHANGE_ALTER:
		return alter_user(run, host, e);
	case CHANGE_REMOVE:
		return run_simple(
		    run, host, "userdel", st->manages_home ? "-r" : NULL, e);
	case CHANGE_LOCK:
		return run_simple(run, host, "usermod", "-L", e);
	case CHANGE_UNLOCK:
		return run_simple(run, host, "usermod", "-U", e);
	}
	ASSERT(change->kind < 0); /* no kind of ours */
	return 0;
}

const struct provider provider_user_useradd = {
	.ruby_class = "User::Useradd",
	.type = "user",
	.load = user_load,
	.plan = user_plan,
	.apply = user_apply,
};
