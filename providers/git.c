/* SPDX-License-Identifier: MIT */
/*
 * Working copies by the git program (RES-git). What HEAD is, the files of the
 * repository tell, so an unchanged copy of a full commit id starts no
 * process.
 */
#include <pwd.h>
#include <string.h>

#include "common/str.h"
#include "providers/git_refs.h"
#include "providers/scm.h"
#include "providers/tbl/system.h"

#define ENTRY_BYTES (64 * 1024)
#define LISTING_SHOWN_BYTES 1024

enum git_change {
	CHANGE_CLONE,
	CHANGE_CHECKOUT,
	CHANGE_SUBMODULES,
	CHANGE_REMOTE,
	CHANGE_FETCH,
	CHANGE_EXPORT,
};

struct remote {
	const char *name, *url;
};

struct git_state {
	const char *directory, *repository, *revision;
	struct remote remote;
	const char *now, *target; /* commits, or NULL */
	const char *const *env;
};

static const char *
wanted_revision(struct provider_run *run)
{
	const char *revision = resource_text(run->want, "reference", NULL);

	return revision != NULL ? revision
				: resource_text(run->want, "revision", "HEAD");
}

/* HOME of the user, GIT_SSH, and trust in the copy whoever owns it. */
static int
set_environment(struct provider_run *run, struct git_state *st, struct err *e)
{
	const struct value *user = resource_get(run->want, "user");
	const char *ssh = resource_text(run->want, "ssh_wrapper", NULL);
	const char *const *given =
	    command_env(run->arena, resource_get(run->want, "environment"));
	struct passwd *entry = arena_new_of(run->arena, struct passwd);
	struct passwd *found = NULL;
	char *room = arena_alloc(run->arena, ENTRY_BYTES);
	struct words w;

	words_init(&w, run->arena);
	words_add_all(&w, "GIT_CONFIG_COUNT=1",
	    "GIT_CONFIG_KEY_0=safe.directory",
	    arena_printf(run->arena, "GIT_CONFIG_VALUE_0=%s", st->directory),
	    NULL);
	if (value_is_set(user)) {
		if (user->type == VALUE_INT)
			(void)getpwuid_r((uid_t)user->integer, entry, room,
			    ENTRY_BYTES, &found);
		else
			(void)getpwnam_r(value_to_s(run->arena, user), entry,
			    room, ENTRY_BYTES, &found);
		if (found == NULL)
			return provider_fail(run, e, "Chef::Exceptions::User",
			    "Could not determine HOME for specified user '%s' "
			    "for resource '%s'",
			    value_to_s(run->arena, user), run->want->name);
		words_add(
		    &w, arena_printf(run->arena, "HOME=%s", found->pw_dir));
	}
	if (ssh != NULL)
		words_add(&w, arena_printf(run->arena, "GIT_SSH=%s", ssh));
	for (; given != NULL && *given != NULL; given++)
		words_add(&w, *given);
	st->env = w.items;
	return 0;
}

static struct command
command_of(
    struct provider_run *run, const char *const *argv, const char *directory)
{
	const struct git_state *st = run->state;

	return (struct command){
		.argv = argv,
		.env = st->env,
		.cwd = directory,
		.user = resource_get(run->want, "user"),
		.group = resource_get(run->want, "group"),
		.timeout_ms = 1000 * resource_int(run->want, "timeout", 0),
		.live = true,
	};
}

static int
git_load(struct provider_run *run, const struct view *view, struct err *e)
{
	struct git_state *st = arena_new_of(run->arena, struct git_state);

	run->state = st;
	st->directory = scm_destination(run);
	st->repository = resource_text(run->want, "repository", "");
	st->revision = wanted_revision(run);
	st->remote.name = resource_text(run->want, "remote", "origin");
	st->remote.url = st->repository;
	st->now = git_head(view, run->arena, st->directory);
	run->current_exists = st->now != NULL;
	if (run->current != NULL && st->now != NULL)
		resource_set(run->current, "revision",
		    value_of_text(run->arena, st->now));
	return set_environment(run, st, e);
}

/* --- plan ------------------------------------------------------------ */

/* RES-git-3: a whole commit id needs no network. */
static int
look_target(struct provider_run *run, const struct view *view,
    const char **ret_listing, struct err *e)
{
	struct git_state *st = run->state;
	bool head = text_eq(st->revision, "") || text_eq(st->revision, "HEAD");
	const char *const argv[] = { "git", "ls-remote", st->repository,
		head ? "HEAD" : arena_printf(run->arena, "%s*", st->revision),
		NULL };
	struct command c = command_of(run, argv, NULL);
	struct proc_result r = { 0 };
	int rc;

	if (git_is_sha(st->revision)) {
		st->target = st->revision;
		return 0;
	}
	if ((rc = command_ask(run, view, &c, &r, e)) < 0)
		return rc;
	*ret_listing = arena_strdup(run->arena, buf_text(&r.out));
	proc_result_release(&r);
	st->target = git_resolve(run->arena, *ret_listing, st->revision);
	return 0;
}

static int
require_target(struct provider_run *run, const struct view *view,
    struct plan *plan, struct err *e)
{
	static const struct requirement unresolvable = {
		.exception = "Chef::Exceptions::UnresolvableGitReference"
	};
	struct git_state *st = run->state;
	const char *listing = "";
	int rc;

	if ((rc = look_target(run, view, &listing, e)) < 0)
		return rc;
	return plan_require(run, plan, st->target != NULL, &unresolvable, e,
	    "Unable to parse SHA reference for '%s' in repository '%s'. "
	    "Verify your (case-sensitive) repository URL and revision.\n"
	    "`git ls-remote '%s' '%s*'` output: %.*s",
	    st->revision, st->repository, st->repository, st->revision,
	    LISTING_SHOWN_BYTES, listing);
}

static int
require_all(struct provider_run *run, const struct view *view,
    struct plan *plan, struct err *e)
{
	static const struct requirement remote_name = {
		.exception = "Chef::Exceptions::InvalidRemoteGitReference"
	};
	struct git_state *st = run->state;
	int rc = 0;

	if (!text_eq(run->action, "export"))
		rc = scm_require_parent(run, view, plan, st->directory, e);
	if (rc == 0)
		rc = plan_require(run, plan,
		    !text_has_prefix(st->revision, "origin/"), &remote_name, e,
		    "Deploying remote branches is not supported. Specify the "
		    "remote branch as a local branch for the git repository "
		    "you're deploying from (ie: '%s' rather than '%s').",
		    st->revision + strlen("origin/") *
				       text_has_prefix(st->revision, "origin/"),
		    st->revision);
	if (rc == 0)
		rc = scm_require_program(run, view, plan, "git", e);
	if (rc < 0 || plan->blocked)
		return rc;
	return require_target(run, view, plan, e);
}

static void
plan_submodules(struct provider_run *run, struct plan *plan)
{
	if (resource_bool(run->want, "enable_submodules", false))
		plan_describe(plan, plan_change(plan, CHANGE_SUBMODULES, NULL),
		    "enable git submodules for %s", run->want->id);
}

static struct change *
plan_remote(struct provider_run *run, struct plan *plan, const char *name,
    const char *url)
{
	struct remote *remote = arena_new_of(run->arena, struct remote);
	struct change *c = plan_change(plan, CHANGE_REMOTE, remote);

	remote->name = name;
	remote->url = url;
	plan_describe(
	    plan, c, "set up remote tracking branches for %s at %s", url, name);
	return c;
}

/* RES-git-9 */
static void
plan_additional_remotes(struct provider_run *run, struct plan *plan)
{
	const struct value *v = resource_get(run->want, "additional_remotes");
	size_t i;

	for (i = 0; v->type == VALUE_MAP && i < v->map.len; i++) {
		const char *name = value_to_s(run->arena, &v->map.pairs[i].key);
		const char *url =
		    value_to_s(run->arena, &v->map.pairs[i].value);

		plan_describe(plan, plan_remote(run, plan, name, url),
		    "add remote %s from %s", name, url);
	}
}

/* RES-git-5 */
static void
plan_checkout(
    struct provider_run *run, const struct view *view, struct plan *plan)
{
	const struct git_state *st = run->state;

	if (!scm_is_vacant(run, view, st->directory)) {
		run->services->log(run->services->arg, SERVICE_DEBUG,
		    arena_printf(run->arena,
			"%s checkout destination %s already exists or is a "
			"non-empty directory",
			run->want->id, st->directory));
		return;
	}
	plan_describe(plan, plan_change(plan, CHANGE_CLONE, NULL),
	    "clone from %s into %s", st->repository, st->directory);
	if (resource_bool(run->want, "enable_checkout", true))
		plan_describe(plan, plan_change(plan, CHANGE_CHECKOUT, NULL),
		    "checkout ref %s branch %s",
		    st->target != NULL ? st->target : "", st->revision);
	plan_submodules(run, plan);
	plan_additional_remotes(run, plan);
}

static void
plan_sync(struct provider_run *run, const struct view *view, struct plan *plan)
{
	const struct git_state *st = run->state;

	if (!view_exists(
		view, arena_printf(run->arena, "%s/.git", st->directory))) {
		plan_checkout(run, view, plan);
		return;
	}
	if (!text_eq(st->now, st->target)) {
		plan_remote(run, plan, st->remote.name, st->remote.url);
		plan_describe(plan, plan_change(plan, CHANGE_FETCH, NULL),
		    "fetch updates for %s", st->remote.name);
		plan_submodules(run, plan);
	}
	plan_additional_remotes(run, plan);
}

static int
git_plan(struct provider_run *run, const struct view *view, struct plan *plan,
    struct err *e)
{
	const struct git_state *st = run->state;
	int rc = require_all(run, view, plan, e);

	if (rc < 0 || plan->blocked)
		return rc;
	if (text_eq(run->action, "sync"))
		plan_sync(run, view, plan);
	else if (text_eq(run->action, "checkout"))
		plan_checkout(run, view, plan);
	else if (text_eq(run->action, "export")) {
		plan_checkout(run, view, plan);
		plan_describe(plan, plan_change(plan, CHANGE_EXPORT, NULL),
		    "complete the export by removing %s.git after checkout",
		    st->directory);
	} else
		return provider_fail(run, e,
		    "Chef::Exceptions::UnsupportedAction",
		    "%s does not support :%s", run->want->id, run->action);
	return 0;
}

/* --- apply ----------------------------------------------------------- */

static int
run_git(struct provider_run *run, struct host *host, const char *directory,
    struct words *w, struct err *e)
{
	struct command c = command_of(run, w->items, directory);

	return command_run(run, host, &c, NULL, e);
}

static int
clone(struct provider_run *run, struct host *host, struct err *e)
{
	const struct git_state *st = run->state;
	int64_t depth = resource_int(run->want, "depth", 0);
	struct words w;

	words_init(&w, run->arena);
	words_add_all(&w, "git", "clone", NULL);
	if (!text_eq(st->remote.name, "origin"))
		words_add_all(&w, "-o", st->remote.name, NULL);
	if (depth > 0)
		words_add_all(&w, "--depth",
		    arena_printf(run->arena, "%lld", (long long)depth), NULL);
	words_add_all(&w, st->repository, st->directory, NULL);
	return run_git(run, host, NULL, &w, e);
}

/* -B, since the clone may have made a branch of that name. */
static int
checkout(struct provider_run *run, struct host *host, struct err *e)
{
	const struct git_state *st = run->state;
	struct words w;

	words_init(&w, run->arena);
	words_add_all(&w, "git", "checkout", "-B",
	    resource_text(run->want, "checkout_branch", "deploy"), st->target,
	    NULL);
	return run_git(run, host, st->directory, &w, e);
}

static int
update_submodules(struct provider_run *run, struct host *host, struct err *e)
{
	const struct git_state *st = run->state;
	struct words w;
	int rc;

	words_init(&w, run->arena);
	words_add_all(&w, "git", "submodule", "sync", NULL);
	if ((rc = run_git(run, host, st->directory, &w, e)) < 0)
		return rc;
	words_init(&w, run->arena);
	words_add_all(
	    &w, "git", "submodule", "update", "--init", "--recursive", NULL);
	return run_git(run, host, st->directory, &w, e);
}

/* RES-git-8: 1 means no such remote, 2 several urls. */
static int
set_remote(struct provider_run *run, struct host *host,
    const struct remote *remote, struct err *e)
{
	const struct git_state *st = run->state;
	const char *key =
	    arena_printf(run->arena, "remote.%s.url", remote->name);
	const char *const argv[] = { "git", "config", "--get", key, NULL };
	struct command ask = command_of(run, argv, st->directory);
	struct proc_result r = { 0 };
	struct words w;
	bool same;
	int rc;

	if ((rc = command_query(run, host_view(host), &ask, &r, e)) < 0)
		return rc;
	same = r.status == 0 &&
	       str_eq_text(str_trim(str_from(buf_text(&r.out))), remote->url);
	rc = r.status;
	proc_result_release(&r);
	if (same)
		return 0;
	words_init(&w, run->arena);
	if (rc == 1)
		words_add_all(&w, "git", "remote", "add", remote->name,
		    remote->url, NULL);
	else
		words_add_all(&w, "git", "config", "--replace-all", key,
		    remote->url, NULL);
	return run_git(run, host, st->directory, &w, e);
}

static int
fetch(struct provider_run *run, struct host *host, struct err *e)
{
	const struct git_state *st = run->state;
	const char *const steps[][4] = {
		{ "fetch", st->remote.name, NULL, NULL },
		{ "fetch", st->remote.name, "--tags", NULL },
		{ "reset", "--hard", st->target, NULL },
	};
	struct words w;
	size_t i, k;
	int rc = 0;

	for (i = 0; rc == 0 && i < ARRAY_LEN(steps); i++) {
		words_init(&w, run->arena);
		words_add(&w, "git");
		for (k = 0; steps[i][k] != NULL; k++)
			words_add(&w, steps[i][k]);
		rc = run_git(run, host, st->directory, &w, e);
	}
	return rc;
}

static int
git_apply(struct provider_run *run, struct host *host,
    const struct change *change, struct err *e)
{
	const struct git_state *st = run->state;
	int rc;

	switch ((enum git_change)change->kind) {
	case CHANGE_CLONE:
		return clone(run, host, e);
	case CHANGE_CHECKOUT:
		return checkout(run, host, e);
	case CHANGE_SUBMODULES:
		return update_submodules(run, host, e);
	case CHANGE_REMOTE:
		return set_remote(run, host, change->data, e);
	case CHANGE_FETCH:
		return fetch(run, host, e);
	case CHANGE_EXPORT:
		rc = host_remove_tree(host,
		    arena_printf(run->arena, "%s/.git", st->directory), e);
		return rc == ERR_ABSENT ? 0 : rc;
	}
	ASSERT(change->kind < 0); /* no kind of ours */
	return 0;
}

const struct provider provider_git = {
	.ruby_class = "Git",
	.type = "git",
	.load = git_load,
	.plan = git_plan,
	.apply = git_apply,
};
