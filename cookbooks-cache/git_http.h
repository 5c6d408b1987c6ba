/* SPDX-License-Identifier: MIT */
/* libgit2's smart protocol over our HTTP client. */
#pragma once

#include <git2.h>

#include "common/base.h"
#include "common/err.h"

/* Where the transport keeps an answer, and what it reports. */
struct git_http {
	int tmp_dir;      /* directory for unnamed temporary files */
	size_t max_bytes; /* of one answer */
	int64_t bytes;    /* received so far */
	struct err err;   /* the first failure, else code 0 */
	char *base_url;   /* after redirects; set by the first answer */
};

void git_http_release(struct git_http *h);
/* A git_remote_callbacks.transport for http and https URLs; payload is a
 * struct git_http that outlives the remote. */
int git_http_transport(git_transport **out, git_remote *owner, void *payload);
