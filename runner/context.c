/* SPDX-License-Identifier: MIT */
/* Finding and reading the context file. */
#include "runner/context.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/auto.h"
#include "common/fsat.h"
#include "common/jsn.h"

#define CONTEXT_MAX_BYTES ((size_t)64 << 10)
#define SYSTEM_CONTEXT "/etc/rightlink/context.json"

/* $XDG_CONFIG_HOME, else ~/.config; NULL without a home. Caller frees. */
static char *
personal_path(void)
{
	const char *config = getenv("XDG_CONFIG_HOME");
	if (config != NULL && config[0] == '/')
		return path_join(config, "rightlink/context.json");
	const char *home = getenv("HOME");
	if (home == NULL || home[0] != '/')
		return NULL;
	return path_join(home, ".config/rightlink/context.json");
}

/* The file to use, or NULL. One that was named is used even if absent, so
 * that its absence is told. Caller frees. */
static char *
find_path(const struct options *o)
{
	if (o->context != NULL)
		return xstrdup(o->context);
	const char *named = getenv("RIGHTLINK_CONTEXT");
	if (named != NULL && named[0] != '\0')
		return xstrdup(named);
	AUTO_STR char *personal = personal_path();
	if (personal != NULL && access(personal, F_OK) == 0)
		return TAKE(personal);
	if (access(SYSTEM_CONTEXT, F_OK) == 0)
		return xstrdup(SYSTEM_CONTEXT);
	return NULL;
}

bool
context_exists(const struct options *o)
{
	AUTO_STR char *path = find_path(o);
	return path != NULL;
}

bool
context_is_wanted(const struct options *o)
{
	if (o->context != NULL || o->router != NULL || o->node != NULL)
		return true;
	return !o->local && o->state_dir == NULL && context_exists(o);
}

static int
check_private(const char *path, struct err *e)
{
	struct stat st;
	if (stat(path, &st) < 0)
		return err_sys(e, "context '%s'", path);
	if ((st.st_mode & 077) != 0)
		return err_set(e, ERR_INVALID,
		    "context '%s': others can read it (mode %03o), and it "
		    "holds a token: chmod 600 it",
		    path, (unsigned)st.st_mode & 0777);
	return 0;
}

static int
take_router(const char *url, struct context *c, struct err *e)
{
	if (!text_has_prefix(url, "https://") || strlen(url) < 9)
		return err_set(e, ERR_INVALID,
		    "router '%.200s': must be https://HOST[:PORT]", url);
	size_t len = strlen(url);
	while (url[len - 1] == '/')
		len--;
	c->router = xstrndup(url, len);
	return 0;
}

/* A member that names a file, made absolute below the context's directory. */
static char *
file_member(const struct jsn *root, const char *key, const char *path)
{
	const char *name = jsn_peek_str(root, key, NULL);
	if (name == NULL)
		return NULL;
	AUTO_STR char *dir = path_dirname(path);
	return path_join(dir, name);
}

static int
take_members(const struct options *o, const struct jsn *root, struct context *c,
    struct err *e)
{
	const char *router = NULL, *token = NULL;
	int rc = jsn_need_str(root, c->path, "router", &router, e);
	if (rc == 0)
		rc = jsn_need_str(root, c->path, "token", &token, e);
	if (rc == 0)
		rc = take_router(o->router != NULL ? o->router : router, c, e);
	if (rc < 0)
		return rc;
	c->token = xstrdup(token);
	if (strpbrk(token, "\r\n") != NULL)
		return err_set(e, ERR_INVALID,
		    "context '%s': the token has more than one line", c->path);
	c->ca_file = file_member(root, "ca", c->path);
	c->key_file = file_member(root, "key", c->path);
	return 0;
}

int
context_load(
    const struct options *o, struct context *ret_context, struct err *e)
{
	AUTO(context_release) struct context c = { .path = find_path(o) };
	if (c.path == NULL)
		return err_set(e, ERR_ABSENT,
		    "no context: which router to speak to is not known; "
		    "'rightlink router init' makes one, or name its file with "
		    "--context FILE or $RIGHTLINK_CONTEXT");
	AUTO(jsn_free) struct jsn *root = NULL;
	int rc = jsn_load(AT_FDCWD, c.path, CONTEXT_MAX_BYTES, &root, e);
	if (rc == 0)
		rc = check_private(c.path, e);
	if (rc < 0)
		return err_wrap(e, "context");
	rc = take_members(o, root, &c, e);
	if (rc < 0)
		return rc;
	*ret_context = c;
	c = (struct context){ .path = NULL };
	return 0;
}

void
context_release(struct context *c)
{
	str_free(&c->path);
	str_free(&c->router);
	str_free(&c->ca_file);
	if (c->token != NULL)
		explicit_bzero(c->token, strlen(c->token));
	str_free(&c->token);
	str_free(&c->key_file);
}
