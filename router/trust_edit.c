/* SPDX-License-Identifier: MIT */
/* The payload of trust.json is read back into a spec, changed and sealed. */
#include "router/trust_edit.h"

#include <string.h>

#include "common/arena.h"
#include "common/auto.h"
#include "common/fsat.h"
#include "router/router.h"
#include "wire/payloads.h"

struct edit {
	struct arena *a;
	struct jsn *payload;
	struct trust_spec spec;
	struct trust_operator operators[TRUST_KEYS_MAX];
	struct sign_kid revoked[TRUST_KEYS_MAX];
};

static void
edit_free(struct edit **v)
{
	if (*v == NULL)
		return;
	arena_free(&(*v)->a);
	jsn_free(&(*v)->payload);
	free(*v);
	*v = NULL;
}

int
trust_edit_show(int data_fd, struct jsn **ret_payload, struct err *e)
{
	AUTO(jsn_free) struct jsn *envelope = NULL;
	AUTO(jsn_free) struct jsn *payload = NULL;
	struct envelope v = { 0 };
	int rc = jsn_load(
	    data_fd, ROUTER_TRUST_FILE, ROUTER_TRUST_MAX_BYTES, &envelope, e);
	if (rc == 0)
		rc = envelope_parse(envelope, ROUTER_TRUST_FILE, &v, e);
	if (rc < 0)
		return rc;
	struct str text = { buf_text(&v.payload), v.payload.len };
	rc = jsn_parse(
	    text, ROUTER_TRUST_FILE, ROUTER_TRUST_MAX_BYTES, &payload, e);
	if (rc == 0)
		rc = wire_shape_check(&wire_payload_trust, payload,
		    ROUTER_TRUST_FILE ": payload", e);
	envelope_release(&v);
	if (rc == 0)
		*ret_payload = TAKE(payload);
	return rc;
}

static const char *
join_words(struct arena *a, const struct jsn *list)
{
	AUTO_BUF struct buf text = BUF_INIT(4096);
	for (size_t i = 0; i < jsn_len(list); i++) {
		struct str word = jsn_str(jsn_at(list, i));
		buf_printf(&text, "%s%.*s", i > 0 ? "|" : "", STR_ARG(word));
	}
	return arena_strdup(a, buf_text(&text));
}

static int
read_operators(struct edit *v, struct err *e)
{
	const struct jsn *list = jsn_get(v->payload, "operators");
	for (size_t i = 0; i < jsn_len(list) && i < TRUST_KEYS_MAX; i++) {
		const struct jsn *o = jsn_at(list, i);
		struct trust_operator *to = &v->operators[i];
		int rc = sign_public_parse(
		    jsn_str(jsn_get(o, "public_key")), &to->key, e);
		if (rc < 0)
			return err_wrap(e, ROUTER_TRUST_FILE);
		to->name = arena_strdup(v->a, jsn_peek_str(o, "name", ""));
		to->scopes = join_words(v->a, jsn_get(o, "scopes"));
		to->not_after = jsn_peek_int(o, "not_after", 0);
		v->spec.operators_len++;
	}
	return 0;
}

static int
edit_open(int data_fd, struct edit **ret_edit, struct err *e)
{
	AUTO(edit_free) struct edit *v = xcalloc(1, sizeof(*v));
	v->a = arena_new();
	int rc = trust_edit_show(data_fd, &v->payload, e);
	if (rc == 0)
		rc =
		    sign_public_parse(jsn_str(jsn_get(v->payload, "authority")),
			&v->spec.authority, e);
	if (rc == 0)
		rc = read_operators(v, e);
	if (rc < 0)
		return rc;
	const struct jsn *revoked = jsn_get(v->payload, "revoked");
	for (size_t i = 0; i < jsn_len(revoked) && i < TRUST_KEYS_MAX; i++) {
		struct str kid = jsn_str(jsn_at(revoked, i));
		if (kid.len >= sizeof(v->revoked[0].text))
			return err_set(e, ERR_SYNTAX,
			    ROUTER_TRUST_FILE ": .revoked[%zu]: no key id", i);
		memcpy(v->revoked[i].text, kid.data, kid.len);
		v->spec.revoked_len++;
	}
	v->spec.version = jsn_peek_int(v->payload, "version", 0);
	v->spec.operators = v->operators;
	v->spec.revoked = v->revoked;
	*ret_edit = TAKE(v);
	return 0;
}

static int
write_version(int data_fd, const struct trust_spec *spec,
    const struct sign_key *root, unsigned flags, struct err *e)
{
	AUTO(jsn_free) struct jsn *envelope = NULL;
	AUTO_BUF struct buf text = BUF_INIT(ROUTER_TRUST_MAX_BYTES);
	int rc = trust_seal(spec, root, &envelope, e);
	if (rc < 0)
		return rc;
	jsn_format(envelope, JSN_PLAIN, &text);
	buf_add_char(&text, '\n');
	if (buf_failed(&text))
		return err_set(e, ERR_LIMIT, "the trust bundle is too large");
	return fsat_replace(data_fd, ROUTER_TRUST_FILE,
	    (struct str){ buf_text(&text), text.len }, 0644, flags, e);
}

/* A root key of another router would make a bundle that nobody believes. */
static int
check_root(const struct edit *v, const struct sign_key *root, struct err *e)
{
	struct sign_public is, wanted;
	sign_key_public(root, &is);
	int rc =
	    sign_public_parse(jsn_str(jsn_get(v->payload, "root")), &wanted, e);
	if (rc == 0 && !sign_public_eq(&is, &wanted))
		return err_set(e, ERR_INVALID,
		    "this is not the root key of this router (kid %s)",
		    sign_kid_of(&wanted).text);
	return rc;
}

static int
next_version(struct edit *v, int data_fd, const struct sign_key *root,
    int64_t *ret_version, struct err *e)
{
	int rc = check_root(v, root, e);
	v->spec.version++;
	if (rc == 0)
		rc = write_version(data_fd, &v->spec, root, 0, e);
	if (rc == 0)
		*ret_version = v->spec.version;
	return rc;
}

int
trust_edit_begin(int data_fd, const struct sign_key *root,
    const struct sign_public *authority, const struct trust_operator *operator,
    struct err * e)
{
	struct trust_spec spec = {
		.version = 1,
		.authority = *authority,
		.operators = operator,
		.operators_len = 1,
	};
	return write_version(data_fd, &spec, root, FSAT_EXCL, e);
}

int
trust_edit_add(int data_fd, const struct sign_key *root,
    const struct trust_operator *operator, int64_t * ret_version, struct err *e)
{
	AUTO(edit_free) struct edit *v = NULL;
	int rc = edit_open(data_fd, &v, e);
	if (rc < 0)
		return rc;
	for (size_t i = 0; i < v->spec.operators_len; i++) {
		if (text_eq(v->operators[i].name, operator->name))
			return err_set(e, ERR_EXISTS,
			    "there is an operator '%s' already",
			    operator->name);
		if (sign_public_eq(&v->operators[i].key, &operator->key))
			return err_set(e, ERR_EXISTS,
			    "this key is the operator '%s' already",
			    v->operators[i].name);
	}
	if (v->spec.operators_len == TRUST_KEYS_MAX)
		return err_set(
		    e, ERR_LIMIT, "more than %d operators", TRUST_KEYS_MAX);
	v->operators[v->spec.operators_len++] = *operator;
	return next_version(v, data_fd, root, ret_version, e);
}

int
trust_edit_revoke(int data_fd, const struct sign_key *root, const char *name,
    int64_t *ret_version, struct err *e)
{
	AUTO(edit_free) struct edit *v = NULL;
	int rc = edit_open(data_fd, &v, e);
	if (rc < 0)
		return rc;
	size_t kept = 0, found = 0;
	for (size_t i = 0; i < v->spec.operators_len; i++) {
		struct sign_kid kid = sign_kid_of(&v->operators[i].key);
		if (!text_eq(v->operators[i].name, name) &&
		    !text_eq(kid.text, name)) {
			v->operators[kept++] = v->operators[i];
			continue;
		}
		found++;
		if (v->spec.revoked_len == TRUST_KEYS_MAX)
			return err_set(e, ERR_LIMIT,
			    "more than %d revoked keys", TRUST_KEYS_MAX);
		v->revoked[v->spec.revoked_len++] = kid;
	}
	v->spec.operators_len = kept;
	if (found == 0)
		return err_set(
		    e, ERR_ABSENT, "there is no operator '%.128s'", name);
	return next_version(v, data_fd, root, ret_version, e);
}
