/* SPDX-License-Identifier: MIT */
/* STATE/agent: loading, saving, the newest trust bundle. */
#include "runner/identity.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/auto.h"
#include "common/clock.h"
#include "common/fsat.h"
#include "common/str.h"
#include "wire/jws.h"

#define IDENTITY_MAX_BYTES ((size_t)64 << 10)
#define TRUST_MAX_BYTES ((size_t)2 << 20)
#define ASSERTION_LIFE_S 50
#define JOIN_AGAIN "join the router again: rightlink join ROUTER --token T"

/* ---- where the router is ---- */

/* "HOST" or "HOST:PORT", also "[::1]:8443". */
static bool
split_authority(struct str text, struct str *ret_host, int64_t *ret_port)
{
	struct str host = text, port = { NULL, 0 };
	const char *colon =
	    text.len > 0 ? memrchr(text.data, ':', text.len) : NULL;
	const char *bracket =
	    text.len > 0 ? memrchr(text.data, ']', text.len) : NULL;
	if (colon != NULL && (bracket == NULL || colon > bracket)) {
		host.len = (size_t)(colon - text.data);
		port = (struct str){ colon + 1, text.len - host.len - 1 };
	}
	*ret_port = ROUTER_PORT_DEFAULT;
	if (port.data != NULL && (!str_to_i64(port, 10, ret_port) ||
				     *ret_port < 1 || *ret_port > 65535))
		return false;
	if (host.len == 0 || host.len > 255)
		return false;
	bool literal = host.data[0] == '[';
	for (size_t i = 0; i < host.len; i++) {
		char c = host.data[i];
		bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
			     (c >= '0' && c <= '9') || c == '-' || c == '.' ||
			     c == '_';
		if (!plain && !(literal && (c == ':' || c == '[' || c == ']')))
			return false;
	}
	*ret_host = host;
	return true;
}

int
router_url_parse(
    const char *text, char **ret_url, char **ret_authority, struct err *e)
{
	struct str rest = str_trim(str_from(text));
	if (str_has_prefix(rest, "http://"))
		return err_set(
		    e, ERR_INVALID, "router '%s': only https is spoken", text);
	if (str_has_prefix(rest, "https://"))
		rest = (struct str){ rest.data + 8, rest.len - 8 };
	while (str_has_suffix(rest, "/"))
		rest.len--;
	struct str host;
	int64_t port;
	if (!split_authority(rest, &host, &port))
		return err_set(e, ERR_INVALID,
		    "router '%.300s': must be HOST, HOST:PORT or "
		    "https://HOST:PORT",
		    text);
	AUTO_STR char *name = xstrndup(host.data, host.len);
	for (char *c = name; *c != '\0'; c++)
		*c = *c >= 'A' && *c <= 'Z' ? (char)(*c - 'A' + 'a') : *c;
	*ret_url = port == ROUTER_PORT_DEFAULT
		       ? xasprintf("https://%s", name)
		       : xasprintf("https://%s:%lld", name, (long long)port);
	*ret_authority = xasprintf("%s:%lld", name, (long long)port);
	return 0;
}

/* ---- the directory ---- */

char *
identity_dir(const struct places *p)
{
	return places_state(p, "agent");
}

void
identity_free(struct identity **i)
{
	if (i == NULL || *i == NULL)
		return;
	char *texts[] = { (*i)->dir, (*i)->router, (*i)->authority, (*i)->id,
		(*i)->account, (*i)->deployment, (*i)->name, (*i)->bundle,
		(*i)->certificate, (*i)->ca_file };
	for (size_t k = 0; k < ARRAY_LEN(texts); k++)
		free(texts[k]);
	sign_key_free(&(*i)->key);
	trust_free(&(*i)->trust);
	free(*i);
	*i = NULL;
}

static int
read_texts(
    struct identity *i, const struct jsn *root, const char *path, struct err *e)
{
	const struct {
		const char *name;
		char **at;
		bool may_be_absent;
	} members[] = {
		{ "id", &i->id, false },
		{ "account", &i->account, false },
		{ "deployment", &i->deployment, false },
		{ "name", &i->name, false },
		{ "bundle", &i->bundle, true },
		{ "certificate", &i->certificate, false },
	};
	for (size_t k = 0; k < ARRAY_LEN(members); k++) {
		const char *text = NULL;
		if (members[k].may_be_absent &&
		    jsn_get(root, members[k].name) == NULL)
			continue;
		int rc = jsn_need_str(root, path, members[k].name, &text, e);
		if (rc < 0)
			return rc;
		*members[k].at = xstrdup(text);
	}
	const char *router = NULL, *kid = NULL;
	int rc = jsn_need_str(root, path, "router", &router, e);
	if (rc == 0)
		rc = router_url_parse(router, &i->router, &i->authority, e);
	if (rc == 0)
		rc = jsn_need_str(root, path, "root_kid", &kid, e);
	return rc < 0 ? rc : sign_kid_parse(str_from(kid), &i->root_kid, e);
}

static int
load_trust(struct identity *i, int dirfd, struct err *e)
{
	AUTO(jsn_free) struct jsn *envelope = NULL;
	int rc =
	    jsn_load(dirfd, IDENTITY_TRUST_FILE, TRUST_MAX_BYTES, &envelope, e);
	if (rc < 0)
		return rc;
	return trust_open(envelope, &i->root_kid, &i->trust, e);
}

static int
load_parts(struct identity *i, const struct jsn *root, int dirfd, struct err *e)
{
	AUTO_STR char *path = path_join(i->dir, IDENTITY_FILE);
	i->ca_file = path_join(i->dir, IDENTITY_CA_FILE);
	int rc = read_texts(i, root, path, e);
	if (rc == 0)
		rc = sign_key_load(dirfd, IDENTITY_KEY_FILE, &i->key, e);
	if (rc == 0)
		rc = load_trust(i, dirfd, e);
	/* identity.json is there, what it needs is not. */
	if (rc == ERR_ABSENT)
		e->code = rc = ERR_INVALID;
	return rc;
}

static int
load(struct identity *i, int dirfd, struct err *e)
{
	AUTO(jsn_free) struct jsn *root = NULL;
	int rc = jsn_load(dirfd, IDENTITY_FILE, IDENTITY_MAX_BYTES, &root, e);
	if (rc == ERR_ABSENT)
		return rc;
	if (rc == 0)
		rc = load_parts(i, root, dirfd, e);
	return rc < 0
		   ? err_wrap(e, "identity in '%s' is damaged (" JOIN_AGAIN ")",
			 i->dir)
		   : 0;
}

int
identity_load(
    const struct places *p, struct identity **ret_identity, struct err *e)
{
	AUTO(identity_free) struct identity *i = xcalloc(1, sizeof(*i));
	i->dir = identity_dir(p);
	AUTO_FD int dirfd = fsat_open_dir(AT_FDCWD, i->dir, e);
	int rc = dirfd < 0 ? dirfd : load(i, dirfd, e);
	if (rc == ERR_ABSENT)
		return err_set(e, ERR_ABSENT,
		    "this machine has not joined a router: rightlink join "
		    "ROUTER --token T");
	if (rc < 0)
		return rc;
	*ret_identity = TAKE(i);
	return 0;
}

static int
open_dir(const struct places *p, struct err *e)
{
	AUTO_STR char *dir = identity_dir(p);
	int rc = fsat_mkdir_all(AT_FDCWD, p->state, 0755, e);
	if (rc >= 0)
		rc = fsat_mkdir_all(AT_FDCWD, dir, 0700, e);
	return rc < 0 ? rc : fsat_open_dir(AT_FDCWD, dir, e);
}

int
identity_need_key(const struct places *p, bool new_key,
    struct sign_key **ret_key, struct err *e)
{
	const char *file = new_key ? IDENTITY_NEW_KEY_FILE : IDENTITY_KEY_FILE;
	AUTO_FD int dirfd = open_dir(p, e);
	if (dirfd < 0)
		return dirfd;
	int rc = sign_key_load(dirfd, file, ret_key, e);
	if (rc != ERR_ABSENT)
		return rc;
	AUTO(sign_key_free) struct sign_key *key = NULL;
	rc = sign_key_new(&key, e);
	if (rc == 0)
		rc = sign_key_save(key, dirfd, file, e);
	if (rc == 0)
		*ret_key = TAKE(key);
	return rc;
}

static int
save_json(int dirfd, const char *name, const struct jsn *value, struct err *e)
{
	AUTO_BUF struct buf text = BUF_INIT(TRUST_MAX_BYTES);
	jsn_format(value, JSN_PRETTY, &text);
	if (buf_failed(&text))
		return err_set(e, ERR_LIMIT, "'%s': too long", name);
	return fsat_replace(
	    dirfd, name, (struct str){ text.data, text.len }, 0600, 0, e);
}

/* In this order: a crash leaves a machine that has not joined and, with the
 * new key in place, gets the same id when it joins once more. */
static int
change_key(int dirfd, struct err *e)
{
	int rc = fsat_remove_tree(dirfd, IDENTITY_FILE, e);
	if (rc < 0)
		return rc;
	if (fsync(dirfd) < 0)
		return err_sys(e, "fsync the identity");
	if (renameat(dirfd, IDENTITY_NEW_KEY_FILE, dirfd, IDENTITY_KEY_FILE) <
	    0)
		return err_sys(e, "rename '" IDENTITY_NEW_KEY_FILE "'");
	return 0;
}

int
identity_save(
    const struct places *p, const struct identity_spec *spec, struct err *e)
{
	AUTO_FD int dirfd = open_dir(p, e);
	if (dirfd < 0)
		return dirfd;
	AUTO(jsn_free) struct jsn *root = jsn_new_object();
	jsn_set_int(root, "version", 1);
	jsn_set_str(root, "router", spec->router);
	jsn_set_str(root, "root_kid", spec->root_kid.text);
	jsn_set_str(root, "id", spec->id);
	jsn_set_str(root, "account", spec->account);
	jsn_set_str(root, "deployment", spec->deployment);
	jsn_set_str(root, "name", spec->name);
	if (spec->bundle != NULL)
		jsn_set_str(root, "bundle", spec->bundle);
	jsn_set_str(root, "certificate", spec->certificate);
	int rc = spec->new_key ? change_key(dirfd, e) : 0;
	if (rc == 0)
		rc = fsat_replace(dirfd, IDENTITY_CA_FILE,
		    str_from(spec->ca_pem), 0644, 0, e);
	if (rc == 0)
		rc = save_json(dirfd, IDENTITY_TRUST_FILE, spec->trust, e);
	if (rc == 0)
		rc = save_json(dirfd, IDENTITY_FILE, root, e);
	return rc;
}

/* ---- what is done with it ---- */

int
identity_use_trust(
    struct identity *i, const struct jsn *envelope, struct err *e)
{
	AUTO(trust_free) struct trust *t = NULL;
	int rc = trust_open(envelope, &i->root_kid, &t, e);
	if (rc < 0)
		return rc;
	if (trust_version(t) <= trust_version(i->trust))
		return 0;
	AUTO_FD int dirfd = fsat_open_dir(AT_FDCWD, i->dir, e);
	rc = dirfd < 0 ? dirfd
		       : save_json(dirfd, IDENTITY_TRUST_FILE, envelope, e);
	if (rc < 0)
		return rc;
	trust_free(&i->trust);
	i->trust = TAKE(t);
	return 1;
}

int
identity_assertion(
    const struct identity *i, int64_t now_ms, struct buf *out, struct err *e)
{
	AUTO(jsn_free) struct jsn *claims = jsn_new_object();
	AUTO_BUF struct buf jti = BUF_INIT(64);
	sign_random_text(16, &jti);
	jsn_set_str(claims, "iss", i->id);
	jsn_set_str(claims, "aud", i->authority);
	jsn_set_int(claims, "iat", now_ms / 1000);
	jsn_set_int(claims, "exp", now_ms / 1000 + ASSERTION_LIFE_S);
	jsn_set_str(claims, "jti", buf_text(&jti));
	return jws_sign(JWS_TYP_ASSERTION, i->key, claims, out, e);
}
