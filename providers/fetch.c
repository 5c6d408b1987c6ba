/* SPDX-License-Identifier: MIT */
/* Requests of providers. */
#include "providers/fetch.h"

#include <string.h>
#include <strings.h>

static bool
names_header(const char *line, const char *other)
{
	const char *colon = strchr(other, ':');
	size_t len = colon != NULL ? (size_t)(colon - other) : strlen(other);
	return strncasecmp(line, other, len) == 0 && line[len] == ':';
}

const char *const *
fetch_headers(struct arena *a, const struct value *map, const char *const *more)
{
	size_t own = map->type == VALUE_MAP ? map->map.len : 0, extra = 0;
	while (more != NULL && more[extra] != NULL)
		extra++;
	const char **lines = arena_array_of(a, const char *, own + extra + 1);
	for (size_t i = 0; i < own; i++)
		lines[i] = arena_printf(a, "%s: %s",
		    value_to_s(a, &map->map.pairs[i].key),
		    value_to_s(a, &map->map.pairs[i].value));
	size_t len = own;
	for (size_t i = 0; i < extra; i++) {
		bool given = false;
		for (size_t k = 0; k < own; k++)
			given = given || names_header(lines[k], more[i]);
		if (!given)
			lines[len++] = more[i];
	}
	return lines;
}

const char *
fetch_shown(struct arena *a, const char *uri)
{
	const char *host = strstr(uri, "://");
	if (host == NULL)
		return uri;
	host += 3;
	size_t len = strcspn(host, "/?#");
	const char *at = memrchr(host, '@', len);
	const char *colon =
	    at != NULL ? memchr(host, ':', (size_t)(at - host)) : NULL;
	if (colon == NULL)
		return uri;
	return arena_printf(a, "%.*s:XXXX%s", (int)(colon - uri), uri, at);
}

static const char *
reason_of(int status)
{
	static const struct {
		int status;
		const char *reason;
	} known[] = {
		{ 400, "Bad Request" },
		{ 401, "Unauthorized" },
		{ 403, "Forbidden" },
		{ 404, "Not Found" },
		{ 405, "Method Not Allowed" },
		{ 406, "Not Acceptable" },
		{ 407, "Proxy Authentication Required" },
		{ 408, "Request Timeout" },
		{ 409, "Conflict" },
		{ 410, "Gone" },
		{ 412, "Precondition Failed" },
		{ 413, "Payload Too Large" },
		{ 422, "Unprocessable Entity" },
		{ 429, "Too Many Requests" },
		{ 500, "Internal Server Error" },
		{ 501, "Not Implemented" },
		{ 502, "Bad Gateway" },
		{ 503, "Service Unavailable" },
		{ 504, "Gateway Timeout" },
	};
	for (size_t i = 0; i < ARRAY_LEN(known); i++) {
		if (known[i].status == status)
			return known[i].reason;
	}
	return status < 500 ? "Client Error" : "Server Error";
}

int
fetch_check_status(struct provider_run *run, int status, struct err *e)
{
	if (status < 400)
		return 0;
	run->services->log(run->services->arg, SERVICE_INFO,
	    arena_printf(run->arena, "HTTP Request Returned %d %s:", status,
		reason_of(status)));
	run->exception =
	    status < 500 ? "Net::HTTPServerException" : "Net::HTTPFatalError";
	return err_set(e, ERR_REMOTE, "%d \"%s\"", status, reason_of(status));
}

int
fetch_blame(struct provider_run *run, int rc)
{
	switch (rc) {
	case ERR_NETWORK:
		run->exception = "SocketError";
		break;
	case ERR_TIMEOUT:
		run->exception = "Timeout::Error";
		break;
	case ERR_PROTOCOL:
		run->exception = "Chef::Exceptions::ContentLengthMismatch";
		break;
	default:
		run->exception = NULL;
	}
	return rc;
}

const char *
fetch_header(
    struct arena *a, const struct download_answer *answer, const char *name)
{
	struct str rest = { buf_text(&answer->headers), answer->headers.len };
	struct str line;
	size_t len = strlen(name);
	const char *found = NULL;
	while (rest.len > 0 && str_split(&rest, '\n', &line)) {
		if (line.len <= len || line.data[len] != ':' ||
		    strncasecmp(line.data, name, len) != 0)
			continue;
		struct str value = { line.data + len + 1, line.len - len - 1 };
		value = str_trim(value);
		found = arena_strndup(a, value.data, value.len);
	}
	return found;
}
