/* SPDX-License-Identifier: MIT */
/* Digests on OpenSSL; results are lower-case hex text. */
#pragma once

#include "common/base.h"
#include "common/err.h"
#include "common/str.h"

enum digest_kind {
	DIGEST_SHA256,
	DIGEST_MD5, /* only for Chef's cookbook manifests and cache names */
};
#define DIGEST_TEXT_BYTES 65 /* longest hex text and NUL */

struct digest_text {
	char hex[DIGEST_TEXT_BYTES];
};

struct digest; /* a running computation */
struct digest *digest_new(enum digest_kind kind);
void digest_free(struct digest **d);
void digest_feed(struct digest *d, struct str data);
struct digest_text digest_finish(struct digest *d); /* then only free */

struct digest_text digest_of(enum digest_kind kind, struct str data);
/* From the current offset to the end. */
int digest_of_fd(enum digest_kind kind, int fd, struct digest_text *ret,
    struct err *e) MUST_CHECK;
int digest_of_file(enum digest_kind kind, int dirfd, const char *path,
    struct digest_text *ret, struct err *e) MUST_CHECK;
