/* SPDX-License-Identifier: MIT */
/* Launch settings: fetching and reading. */
#include "runner/operator_settings.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/auto.h"
#include "common/http.h"

#define SETTINGS_MAX_BYTES ((size_t)256 << 10)

static void
wipe(char **text)
{
	if (*text != NULL)
		explicit_bzero(*text, strlen(*text));
	str_free(text);
}

void
launch_settings_release(struct launch_settings *s)
{
	str_free(&s->router);
	wipe(&s->token);
}

static struct str
unquote(struct str v)
{
	bool quoted = v.len >= 2 && (v.data[0] == '"' || v.data[0] == '\'') &&
		      v.data[v.len - 1] == v.data[0];
	return quoted ? (struct str){ v.data + 1, v.len - 2 } : v;
}

static void
take(struct str word, struct launch_settings *s)
{
	struct str value = word, name;
	if (memchr(word.data, '=', word.len) == NULL ||
	    !str_split(&value, '=', &name))
		return;
	name = str_trim(name);
	if (str_has_prefix(name, "export "))
		name = str_trim((struct str){ name.data + 7, name.len - 7 });
	value = unquote(str_trim(value));
	AUTO_STR char *key = xstrndup(name.data, name.len);
	if (strcasecmp(key, "RS_rn_url") == 0) {
		str_free(&s->router);
		s->router = xstrndup(value.data, value.len);
	} else if (strcasecmp(key, "RS_rn_auth") == 0) {
		wipe(&s->token);
		s->token = xstrndup(value.data, value.len);
	}
}

int
launch_settings_parse(struct str text, const char *where,
    struct launch_settings *ret_settings, struct err *e)
{
	AUTO(launch_settings_release)
	struct launch_settings s = { NULL, NULL };
	struct str line, word;
	while (str_split(&text, '\n', &line)) {
		struct str rest = line;
		while (rest.data != NULL && str_split(&rest, '&', &word)) {
			word = str_trim(word);
			if (word.len > 0 && word.data[0] != '#')
				take(word, &s);
		}
	}
	const char *missing = s.router == NULL  ? "RS_rn_url"
			      : s.token == NULL ? "RS_rn_auth"
						: NULL;
	if (missing != NULL)
		return err_set(e, ERR_INVALID,
		    "launch settings '%.200s' do not hold %s", where, missing);
	*ret_settings = s;
	s = (struct launch_settings){ NULL, NULL };
	return 0;
}

int
launch_settings_fetch(const char *url, const char *proxy,
    struct launch_settings *ret_settings, struct err *e)
{
	if (!text_has_prefix(url, "https://") && !text_has_prefix(url, "file:"))
		return err_set(e, ERR_INVALID,
		    "launch settings: a token comes from there, so the URL "
		    "must begin with https:// or file:");
	AUTO_BUF struct buf body = BUF_INIT(SETTINGS_MAX_BYTES);
	struct http_request q = { .url = url,
		.body_buf = &body,
		.max_body_bytes = SETTINGS_MAX_BYTES,
		.stall_timeout_ms = 60000,
		.proxy = proxy };
	AUTO(http_response_release) struct http_response r = { .status = 0 };
	AUTO_STR char *shown = http_url_shown(url);
	int rc = http_perform(&q, &r, e);
	if (rc < 0)
		return err_wrap(e, "launch settings");
	if (r.status != 200)
		return err_set(e, ERR_REMOTE,
		    "launch settings: '%.200s' was answered with status %d",
		    shown, r.status);
	rc = launch_settings_parse(
	    (struct str){ body.data, body.len }, shown, ret_settings, e);
	if (body.data != NULL)
		explicit_bzero(body.data, body.len);
	return rc;
}
