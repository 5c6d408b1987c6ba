/* SPDX-License-Identifier: MIT */
/*
 * RightLink 6's launch settings at a URL, as rs_connect took them: lines (or
 * words joined by &) NAME=VALUE, values may stand in quotes, "export" in
 * front. Of them RS_rn_url names the router and RS_rn_auth is the enrolment
 * token; case does not count.
 */
#pragma once

#include "common/err.h"
#include "common/str.h"

struct launch_settings {
	char *router, *token; /* the token is wiped by release */
};
void launch_settings_release(struct launch_settings *s);

/* ERR_INVALID: one of the two is missing. */
int launch_settings_parse(struct str text, const char *where,
    struct launch_settings *ret_settings, struct err *e) MUST_CHECK;
/* https: and file: only, since a token comes this way. ERR_INVALID (URL),
 * ERR_REMOTE (another status than 200), or as http_perform. proxy as there. */
int launch_settings_fetch(const char *url, const char *proxy,
    struct launch_settings *ret_settings, struct err *e) MUST_CHECK;
