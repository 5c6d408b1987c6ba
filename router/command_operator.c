/* SPDX-License-Identifier: MIT */
/* `rightlink router operator`: keys in the trust bundle, and their tokens. */
#include <fcntl.h>
#include <string.h>

#include "common/auto.h"
#include "common/clock.h"
#include "common/fsat.h"
#include "router/commands.h"
#include "router/init.h"
#include "router/store_jobs.h"
#include "router/tokens.h"
#include "router/trust_edit.h"

#define DAY_MS ((int64_t)24 * 3600 * 1000)
#define KEY_DAYS 1825

static int
load_root(
    int data_fd, const char *file, struct sign_key **ret_key, struct err *e)
{
	int rc = file != NULL
		     ? sign_key_load(AT_FDCWD, file, ret_key, e)
		     : sign_key_load(data_fd, ROUTER_ROOT_KEY_FILE, ret_key, e);
	if (rc == ERR_ABSENT && file == NULL)
		return err_set(e, ERR_ABSENT,
		    "the root key is not here: name it with --root-key FILE");
	return rc;
}

/* Base64, or the file that holds it. */
static int
read_public(const char *text, struct sign_public *ret_public, struct err *e)
{
	struct err unused = { 0 };
	if (sign_public_parse(str_from(text), ret_public, &unused) == 0)
		return 0;
	AUTO_BUF struct buf file = BUF_INIT(4096);
	int rc = fsat_read(AT_FDCWD, text, 4096, &file, e);
	if (rc == ERR_ABSENT)
		return err_set(e, ERR_INVALID,
		    "'%.128s' is neither a public key in base64 nor a file",
		    text);
	if (rc == 0)
		rc = sign_public_parse(
		    str_trim((struct str){ file.data, file.len }), ret_public,
		    e);
	return rc;
}

static int
put_token(struct router *r, const char *name, struct buf *token, struct err *e)
{
	AUTO(store_job_free)
	struct store_job *j = store_job_new(STORE_operator_put, -1, NULL, NULL);
	int rc = operator_token_fill(
	    name, API_SCOPES, 0, clock_now_ms(), j, token, e);
	if (rc == 0 && store_do(r->store, j) < 0) {
		*e = j->err;
		rc = j->rc;
	}
	return rc;
}

static int
drop_token(struct router *r, const char *name, struct err *e)
{
	AUTO(store_job_free)
	struct store_job *j =
	    store_job_new(STORE_operator_drop, -1, NULL, NULL);
	j->operator_drop.name = name;
	int rc = store_do(r->store, j);
	if (rc < 0)
		*e = j->err;
	return rc;
}

/* --- add --------------------------------------------------------------- */

/* A key of their own, or one made here with a token beside it. */
static int
get_key(struct router *r, const struct router_options *o, const char *name,
    struct sign_public *ret_public, struct err *e)
{
	AUTO_BUF struct buf token = BUF_INIT(256);
	if (o->public_key != NULL)
		return read_public(o->public_key, ret_public, e);
	int rc = put_token(r, name, &token, e);
	if (rc == 0)
		rc = init_operator_dir(AT_FDCWD, o->out, r->config.url,
		    buf_text(&token),
		    (struct str){ buf_text(&r->ca_pem), r->ca_pem.len },
		    ret_public, e);
	return rc;
}

static int
add_operator(struct router *r, const struct router_options *o,
    const struct sign_key *root, int64_t *ret_version, struct err *e)
{
	AUTO_BUF struct buf scopes = BUF_INIT(64);
	const char *name = o->args.list[1];
	int64_t days = o->days > 0 ? o->days : KEY_DAYS;
	struct trust_operator operator= {
		.name = name,
		.not_after = clock_now_ms() + days * DAY_MS,
	};
	int rc = token_check_name("operator", name, STORE_ID_BYTES - 1, e);
	if (rc == 0)
		rc = token_check_scopes(
		    o->scopes != NULL ? o->scopes : TRUST_SIGN_SCOPES,
		    TRUST_SIGN_SCOPES, &scopes, e);
	if (rc == 0 && (o->public_key == NULL) == (o->out == NULL))
		rc = err_set(e, ERR_INVALID,
		    "router operator add: give --out DIR (a key is made) or "
		    "--public-key KEY");
	if (rc == 0)
		rc = get_key(r, o, name, &operator.key, e);
	operator.scopes = buf_text(&scopes);
	if (rc == 0)
		rc =
		    trust_edit_add(r->data_fd, root, &operator, ret_version, e);
	return rc;
}

static int
revoke_operator(struct router *r, const struct router_options *o,
    const struct sign_key *root, int64_t *ret_version, struct err *e)
{
	int rc = trust_edit_revoke(
	    r->data_fd, root, o->args.list[1], ret_version, e);
	return rc < 0 ? rc : drop_token(r, o->args.list[1], e);
}

static int
change(struct router *r, const struct router_options *o, bool is_add,
    struct err *e)
{
	AUTO(sign_key_free) struct sign_key *root = NULL;
	int64_t version = 0;
	int rc = load_root(r->data_fd, o->root_key, &root, e);
	if (rc == 0)
		rc = is_add ? add_operator(r, o, root, &version, e)
			    : revoke_operator(r, o, root, &version, e);
	if (rc < 0)
		return rc;
	reload_running_router(r->data_fd);
	if (o->json) {
		struct jsn *v = jsn_new_object();
		jsn_set_str(v, "name", o->args.list[1]);
		jsn_set_int(v, "version", version);
		say_json(v);
	} else {
		say("The operator '%s' is %s; the trust bundle has version "
		    "%lld now.\n",
		    o->args.list[1], is_add ? "trusted" : "revoked",
		    (long long)version);
	}
	return 0;
}

/* --- list -------------------------------------------------------------- */

static int
list(struct router *r, const struct router_options *o, struct err *e)
{
	struct jsn *payload = NULL;
	int rc = trust_edit_show(r->data_fd, &payload, e);
	if (rc < 0)
		return rc;
	if (o->json) {
		say_json(payload);
		return 0;
	}
	const struct jsn *all = jsn_get(payload, "operators");
	for (size_t i = 0; i < jsn_len(all); i++) {
		const struct jsn *p = jsn_at(all, i);
		AUTO_BUF struct buf scopes = BUF_INIT(256);
		jsn_format(jsn_get(p, "scopes"), JSN_PLAIN, &scopes);
		say("%s  %-24s until %s UTC, %s\n", jsn_peek_str(p, "kid", ""),
		    jsn_peek_str(p, "name", ""),
		    say_time(jsn_peek_int(p, "not_after", 0)).text,
		    buf_text(&scopes));
	}
	const struct jsn *revoked = jsn_get(payload, "revoked");
	for (size_t i = 0; i < jsn_len(revoked); i++)
		say("%.*s  revoked\n", STR_ARG(jsn_str(jsn_at(revoked, i))));
	jsn_free(&payload);
	return 0;
}

int
router_command_operator(const struct router_options *o)
{
	struct err e = { 0 };
	AUTO(router_close) struct router *r = NULL;
	const char *word = o->args.len > 0 ? o->args.list[0] : "";
	bool is_list = text_eq(word, "list") && o->args.len == 1;
	bool is_add = text_eq(word, "add") && o->args.len == 2;
	bool is_revoke = text_eq(word, "revoke") && o->args.len == 2;
	if (!is_list && !is_add && !is_revoke) {
		(void)err_set(&e, ERR_INVALID,
		    "router operator: must be add NAME, revoke NAME or list");
		return say_error(o, &e, ROUTER_EXIT_USAGE);
	}
	int rc = router_open(o->data, 1, &r, &e);
	if (rc == 0)
		rc = is_list ? list(r, o, &e) : change(r, o, is_add, &e);
	return rc == 0 ? ROUTER_EXIT_OK : say_error(o, &e, ROUTER_EXIT_FAILED);
}
