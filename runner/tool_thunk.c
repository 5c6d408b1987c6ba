/* SPDX-License-Identifier: MIT */
/*
 * rs_thunk: the forced command of a key in root's authorized_keys. It makes
 * the account when it is missing, notes the login in the system's log, and
 * becomes a login shell of the account, or the command that was asked for.
 *
 * Nothing that comes from the command line reaches a shell of root: names are
 * checked, programs get their words one by one.
 */
#include <ctype.h>
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

#include "common/auto.h"
#include "common/proc.h"
#include "runner/tools.h"

#define UID_BASE 10000
#define UUID_MAX 1000000000
#define SUPERUSERS "rightscale_sudo"
#define NAME_TRIES 100
#define ACCOUNT_TIMEOUT_MS 60000

static bool
is_account_name(const char *name)
{
	size_t len = strlen(name);
	if (len == 0 || len > 28 ||
	    !(islower((unsigned char)name[0]) || name[0] == '_'))
		return false;
	for (const char *p = name; *p != '\0'; p++) {
		if (!islower((unsigned char)*p) &&
		    !isdigit((unsigned char)*p) && *p != '_' && *p != '-')
			return false;
	}
	return true;
}

/* A program with its words, no shell. */
static int
run(const char *const *argv, struct err *e)
{
	struct proc_spec spec = { .argv = argv,
		.timeout_ms = ACCOUNT_TIMEOUT_MS,
		.flags = PROC_SEARCH_PATH };
	struct proc_result r = { .status = -1 };
	int rc = proc_run(&spec, &r, e);
	if (rc == 0 && r.status != 0) {
		struct str said =
		    str_trim((struct str){ buf_text(&r.err), r.err.len });
		rc = err_set(e, ERR_EXIT, "%s: %.*s", argv[0],
		    (int)(said.len < 500 ? said.len : 500), said.data);
	}
	proc_result_release(&r);
	return rc;
}

/* name, else name_1, name_2 ...: the first that is free. Caller frees. */
static int
free_name(const char *wanted, char **ret_name, struct err *e)
{
	for (int i = 0; i < NAME_TRIES; i++) {
		AUTO_STR char *name =
		    i == 0 ? xstrdup(wanted) : xasprintf("%s_%d", wanted, i);
		if (getpwnam(name) == NULL) {
			*ret_name = TAKE(name);
			return 0;
		}
	}
	return err_set(e, ERR_EXISTS, "no free account name like '%s'", wanted);
}

/* Is this account's name the wanted one, or one that was chosen for it? */
static bool
belongs(const char *have, const char *wanted)
{
	size_t len = strlen(wanted);
	if (strncmp(have, wanted, len) != 0)
		return false;
	if (have[len] == '\0')
		return true;
	if (have[len] != '_' || have[len + 1] == '\0')
		return false;
	return strspn(have + len + 1, "0123456789") == strlen(have + len + 1);
}

static int
make_account(const struct tool_options *o, uid_t uid, struct err *e)
{
	AUTO_STR char *name = NULL;
	int rc = free_name(o->username, &name, e);
	if (rc < 0)
		return rc;
	AUTO_STR char *number = xasprintf("%u", (unsigned)uid);
	const char *const argv[] = { "useradd", "--uid", number,
		"--create-home", "--shell", "/bin/bash", "--user-group",
		"--comment", o->email != NULL ? o->email : "", name, NULL };
	return run(argv, e);
}

static int
set_superuser(const char *name, bool wanted, struct err *e)
{
	const struct group *g = getgrnam(SUPERUSERS);
	bool is_member = false;
	for (size_t i = 0; g != NULL && g->gr_mem[i] != NULL; i++)
		is_member = is_member || text_eq(g->gr_mem[i], name);
	if (wanted == is_member)
		return 0;
	const char *const make[] = { "groupadd", "--force", SUPERUSERS, NULL };
	const char *const add[] = { "gpasswd", "--add", name, SUPERUSERS,
		NULL };
	const char *const drop[] = { "gpasswd", "--delete", name, SUPERUSERS,
		NULL };
	int rc = g == NULL ? run(make, e) : 0;
	return rc < 0 ? rc : run(wanted ? add : drop, e);
}

static int
copy_profile(const char *profile, const struct passwd *p, struct err *e)
{
	AUTO_STR char *from = xasprintf("%s/.", profile);
	AUTO_STR char *owner =
	    xasprintf("%u:%u", (unsigned)p->pw_uid, (unsigned)p->pw_gid);
	const char *const copy[] = { "cp", "--recursive", "--no-dereference",
		"--", from, p->pw_dir, NULL };
	const char *const own[] = { "chown", "--recursive", "--no-dereference",
		"--", owner, p->pw_dir, NULL };
	int rc = run(copy, e);
	return rc < 0 ? rc : run(own, e);
}

static int
find_account(uid_t uid, struct passwd **ret, struct err *e)
{
	struct passwd *p = getpwuid(uid);
	if (p == NULL)
		return err_set(
		    e, ERR_ABSENT, "no account of uid %u", (unsigned)uid);
	*ret = p;
	return 0;
}

/* The account is there, as it is wanted. */
static int
prepare(
    const struct tool_options *o, uid_t uid, struct passwd **ret, struct err *e)
{
	struct passwd *p = NULL;
	bool fresh = find_account(uid, &p, e) < 0;
	int rc = 0;
	if (fresh)
		rc = make_account(o, uid, e);
	if (rc == 0)
		rc = find_account(uid, &p, e);
	if (rc < 0)
		return rc;
	if (!belongs(p->pw_name, o->username))
		return err_set(e, ERR_EXISTS,
		    "uid %u belongs to account '%s', not to '%s'",
		    (unsigned)uid, p->pw_name, o->username);
	AUTO_STR char *name = xstrdup(p->pw_name);
	rc = set_superuser(name, o->superuser, e);
	if (rc == 0)
		rc = find_account(uid, &p, e);
	if (rc == 0 && o->profile != NULL && (fresh || o->force))
		rc = copy_profile(o->profile, p, e);
	if (rc == 0)
		*ret = p;
	return rc;
}

static void
note_login(const struct tool_options *o, const struct passwd *p)
{
	const char *command = getenv("SSH_ORIGINAL_COMMAND");
	const char *client = getenv("SSH_CLIENT");
	size_t len = client != NULL ? strcspn(client, " ") : 0;
	openlog("RightLink", LOG_PID, LOG_AUTHPRIV);
	syslog(LOG_INFO, "login of %s (uid %u%s%s) from %.*s: %.500s",
	    p->pw_name, (unsigned)p->pw_uid, o->email ? ", " : "",
	    o->email ? o->email : "", (int)len, client ? client : "",
	    command != NULL ? command : "shell");
	closelog();
}

/* What ssh set for the session is kept, root's environment is not. */
static void
set_environment(const struct passwd *p)
{
	static const char *const kept[] = { "TERM", "LANG", "SSH_CLIENT",
		"SSH_CONNECTION", "SSH_TTY", "SSH_AUTH_SOCK" };
	char *values[ARRAY_LEN(kept)];
	for (size_t i = 0; i < ARRAY_LEN(kept); i++) {
		const char *value = getenv(kept[i]);
		values[i] = value != NULL ? xstrdup(value) : NULL;
	}
	clearenv();
	for (size_t i = 0; i < ARRAY_LEN(kept); i++) {
		if (values[i] != NULL)
			setenv(kept[i], values[i], 1);
		free(values[i]);
	}
	setenv("HOME", p->pw_dir, 1);
	setenv("USER", p->pw_name, 1);
	setenv("LOGNAME", p->pw_name, 1);
	setenv("SHELL", p->pw_shell, 1);
	setenv("PATH", "/usr/local/bin:/usr/bin:/bin", 1);
}

/* Returns only when it fails. */
static int
become(const struct passwd *p, const char *command, struct err *e)
{
	if (isatty(STDIN_FILENO) && fchown(STDIN_FILENO, p->pw_uid, -1u) < 0)
		return err_sys(e, "terminal");
	if (initgroups(p->pw_name, p->pw_gid) < 0 || setgid(p->pw_gid) < 0 ||
	    setuid(p->pw_uid) < 0)
		return err_sys(e, "become '%s'", p->pw_name);
	if (chdir(p->pw_dir) < 0)
		return err_sys(e, "home '%s'", p->pw_dir);
	set_environment(p);
	const char *slash = strrchr(p->pw_shell, '/');
	AUTO_STR char *login =
	    xasprintf("-%s", slash != NULL ? slash + 1 : p->pw_shell);
	if (command != NULL)
		execl(p->pw_shell, p->pw_shell, "-c", command, (char *)NULL);
	else
		execl(p->pw_shell, login, (char *)NULL);
	return err_sys(e, "run '%s'", p->pw_shell);
}

int
tool_rs_thunk(const struct tool_options *o)
{
	int64_t uuid = -1;
	struct err e = { 0 };
	if (o->username == NULL || o->uuid == NULL)
		return tool_wrong("rs_thunk: --username and --uuid are needed");
	if (!is_account_name(o->username))
		return tool_wrong("rs_thunk: '%.64s' is no account name: "
				  "[a-z_][a-z0-9_-]*, at most 28 letters",
		    o->username);
	if (!str_to_i64(str_from(o->uuid), 10, &uuid) || uuid < 0 ||
	    uuid > UUID_MAX)
		return tool_wrong(
		    "rs_thunk: '%.64s' is no number of a user", o->uuid);
	if (o->email != NULL && strpbrk(o->email, ":\n\r,") != NULL)
		return tool_wrong("rs_thunk: --email holds a wrong letter");
	if (geteuid() != 0) {
		tool_complain("rs_thunk makes accounts: root is needed");
		return TOOL_EXIT_PERMISSION;
	}
	struct passwd *p = NULL;
	int rc = prepare(o, (uid_t)(UID_BASE + uuid), &p, &e);
	if (rc == 0) {
		note_login(o, p);
		AUTO_STR char *command = NULL;
		const char *asked = getenv("SSH_ORIGINAL_COMMAND");
		if (asked != NULL && asked[0] != '\0')
			command = xstrdup(asked);
		(void)!become(p, command, &e);
	}
	return tool_fail(&e, TOOL_EXIT_OTHER);
}
