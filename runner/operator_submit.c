/* SPDX-License-Identifier: MIT */
/* Making, signing and submitting a command. */
#include "runner/operator_submit.h"

#include <fcntl.h>
#include <string.h>

#include "common/auto.h"
#include "common/sign.h"
#include "wire/envelope.h"

/* The clock of the router is good to a second; a smaller difference says
 * nothing. */
#define SKEW_BORNE_MS 5000

int
operator_key(struct operation *op, struct sign_key **ret_key, struct err *e)
{
	const char *file = op->context.key_file;
	if (file == NULL)
		return err_set(e, ERR_INVALID,
		    "context '%s' has no key: what nodes are told must be "
		    "signed",
		    op->context.path);
	if (sign_key_load(AT_FDCWD, file, ret_key, e) < 0)
		return err_wrap(e, "operator's key");
	return 0;
}

static int64_t
now_ms(const struct operation *op)
{
	int64_t skew = api_client_skew_ms(op->api);
	bool right = skew > -SKEW_BORNE_MS && skew < SKEW_BORNE_MS;
	return clock_now_ms() + (right ? 0 : skew);
}

/* What the router and the nodes would refuse is refused here, before it is
 * signed. */
static int
check(struct operation *op, struct str payload, struct err *e)
{
	AUTO(jsn_free) struct jsn *value = NULL;
	struct command c;
	return command_parse(op->arena, payload, &value, &c, e);
}

int
command_submit(struct operation *op, const struct sign_key *key,
    struct command *c, char ret_cid[ULID_TEXT_BYTES], struct jsn **ret_reply,
    struct err *e)
{
	char cid[ULID_TEXT_BYTES];
	ulid_new(cid);
	int64_t ttl = op->o->ttl >= 0 ? op->o->ttl * 1000 : COMMAND_TTL_MS;
	c->cid = cid;
	c->issued_at = now_ms(op);
	c->not_after = c->issued_at + ttl;
	AUTO_BUF struct buf payload = BUF_INIT(COMMAND_MAX_BYTES);
	command_format(c, &payload);
	c->cid = NULL;
	if (buf_failed(&payload))
		return err_set(e, ERR_LIMIT,
		    "command: longer than %zu bytes; give fewer attributes",
		    COMMAND_MAX_BYTES);
	struct str text = { payload.data, payload.len };
	AUTO(jsn_free) struct jsn *envelope = NULL;
	int rc = check(op, text, e);
	if (rc == 0)
		rc = envelope_seal(
		    text, SIGN_DOMAIN_COMMAND, key, NULL, &envelope, e);
	if (rc == 0)
		rc = operator_call(
		    op, API_command_submit, NULL, NULL, envelope, ret_reply, e);
	if (rc == 0)
		memcpy(ret_cid, cid, sizeof(cid));
	return rc;
}
