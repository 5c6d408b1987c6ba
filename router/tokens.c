/* SPDX-License-Identifier: MIT */
/* Secrets, their digests, and the rows that hold these. */
#include "router/tokens.h"

#include <string.h>

#include "common/auto.h"
#include "common/clock.h"
#include "common/digest.h"
#include "router/auth.h"
#include "router/router.h"
#include "router/store_jobs.h"

#define SECRET_BYTES 32

static bool
is_name_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9') || c == '_' || c == '.' || c == '-';
}

int
token_check_name(const char *what, const char *name, size_t max, struct err *e)
{
	size_t len = strlen(name);
	bool good = len > 0 && len <= max && name[0] != '_' && name[0] != '.' &&
		    name[0] != '-';
	for (size_t i = 0; i < len && good; i++)
		good = is_name_char(name[i]);
	if (good)
		return 0;
	return err_set(e, ERR_INVALID,
	    "%s '%.128s': must be 1 to %zu letters, digits, '_', '.', '-', "
	    "beginning with a letter or digit",
	    what, name, max);
}

int
token_check_scopes(
    const char *text, const char *allowed, struct buf *out, struct err *e)
{
	char all[AUTH_SCOPES_BYTES];
	snprintf(all, sizeof(all), "%s", text);
	for (char *p = all; *p != '\0'; p++) {
		if (*p == ',')
			*p = '|';
	}
	struct str rest = str_from(all), word;
	while (str_split(&rest, '|', &word)) {
		if (strlen(text) >= sizeof(all) ||
		    !wire_words_have(allowed, word))
			return err_set(e, ERR_INVALID,
			    "scopes '%.64s': must be words of %s", text,
			    allowed);
	}
	buf_add_str(out, all);
	return 0;
}

static const char *
arena_or_null(struct arena *a, const char *text)
{
	return text == NULL ? NULL : arena_strdup(a, text);
}

int
enroll_token_fill(struct router *r, const struct enroll_token_spec *spec,
    int64_t now, struct store_job *j, struct buf *out, struct err *e)
{
	const char *deployment =
	    spec->deployment != NULL ? spec->deployment : "default";
	int64_t uses = spec->uses != 0 ? spec->uses : 1;
	int64_t ttl_ms = spec->ttl_ms != 0 ? spec->ttl_ms : TOKEN_TTL_MS;
	int rc = token_check_name("deployment", deployment, TOKEN_NAME_MAX, e);
	if (rc == 0 && spec->bundle != NULL)
		rc = token_check_name("bundle", spec->bundle, 255, e);
	if (rc < 0)
		return rc;
	if (uses < 1 || uses > TOKEN_USES_MAX)
		return err_set(
		    e, ERR_INVALID, "uses: must be 1 to %d", TOKEN_USES_MAX);
	if (ttl_ms < 1000 || ttl_ms > TOKEN_TTL_MAX_MS)
		return err_set(e, ERR_INVALID,
		    "the life of a token must be 1 second to 366 days");
	AUTO_BUF struct buf secret = BUF_INIT(128);
	sign_random_text(SECRET_BYTES, &secret);
	struct str text = { buf_text(&secret), secret.len };
	struct digest_text sha = digest_of(DIGEST_SHA256, text);
	char id[ULID_TEXT_BYTES];
	ulid_new(id);
	j->enroll_token_make = (struct store_enroll_token_make){
		.id = arena_strdup(j->a, id),
		.sha256 = arena_strdup(j->a, sha.hex),
		.deployment = arena_strdup(j->a, deployment),
		.bundle = arena_or_null(j->a, spec->bundle),
		.uses = uses,
		.expires_at = now + ttl_ms,
		.now = now,
	};
	struct join_token token = { .secret = text,
		.root_kid = r->config.root_kid };
	snprintf(token.ca_sha256, sizeof(token.ca_sha256), "%s", r->ca_sha256);
	join_token_format(&token, out);
	explicit_bzero(secret.data, secret.len);
	return 0;
}

int
operator_token_fill(const char *name, const char *scopes, int64_t ttl_ms,
    int64_t now, struct store_job *j, struct buf *out, struct err *e)
{
	AUTO_BUF struct buf words = BUF_INIT(AUTH_SCOPES_BYTES);
	int rc = token_check_name("operator", name, STORE_ID_BYTES - 1, e);
	if (rc == 0)
		rc = token_check_scopes(scopes, API_SCOPES, &words, e);
	if (rc < 0)
		return rc;
	size_t before = out->len;
	auth_operator_token_new(out);
	struct digest_text sha = digest_of(DIGEST_SHA256,
	    (struct str){ out->data + before, out->len - before });
	j->operator_put = (struct store_operator_put){
		.name = arena_strdup(j->a, name),
		.sha256 = arena_strdup(j->a, sha.hex),
		.scopes = arena_strdup(j->a, buf_text(&words)),
		.expires_at = ttl_ms > 0 ? now + ttl_ms : 0,
		.now = now,
	};
	return 0;
}
