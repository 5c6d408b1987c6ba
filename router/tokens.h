/* SPDX-License-Identifier: MIT */
/*
 * Making tokens: what lets machines join and what lets operators call. A
 * secret exists here and in what is printed once; the store keeps its SHA-256.
 */
#pragma once

#include "common/buf.h"
#include "common/err.h"

struct router;
struct store_job;

#define TOKEN_USES_MAX 100000
#define TOKEN_TTL_MS ((int64_t)3600 * 1000)
#define TOKEN_TTL_MAX_MS ((int64_t)366 * 24 * 3600 * 1000)
#define TOKEN_NAME_MAX 63 /* deployment, name of an operator's token */

/* [A-Za-z0-9][A-Za-z0-9_.-]*, at most max bytes. ERR_INVALID: "what ...". */
int token_check_name(
    const char *what, const char *name, size_t max, struct err *e) MUST_CHECK;
/* "read,run" or "read|run" -> "read|run" in API_SCOPES' words. ERR_INVALID. */
int token_check_scopes(const char *text, const char *allowed, struct buf *out,
    struct err *e) MUST_CHECK;

struct enroll_token_spec {
	const char *deployment, *bundle; /* NULL: "default"; none */
	int64_t uses, ttl_ms;            /* 0: 1; TOKEN_TTL_MS */
};
/* Fills a job STORE_enroll_token_make and writes the whole token (rl1....).
 * ERR_INVALID. */
int enroll_token_fill(struct router *r, const struct enroll_token_spec *spec,
    int64_t now, struct store_job *j, struct buf *out,
    struct err *e) MUST_CHECK;
/* Fills a job STORE_operator_put; ttl_ms 0: it does not end. */
int operator_token_fill(const char *name, const char *scopes, int64_t ttl_ms,
    int64_t now, struct store_job *j, struct buf *out,
    struct err *e) MUST_CHECK;
