/* SPDX-License-Identifier: MIT */
/* One transfer of libcurl, as http.c and http_loop.c share it: options, limits
 * and errors are the same, whoever drives it. */
#pragma once

#include <curl/curl.h>

#include "common/http.h"

struct http_transfer {
	struct http_request request; /* its pointers outlive the transfer */
	struct http_response response;
	/* Gets the body of a 200 or 206, or NULL. */
	void (*chunk)(struct str chunk, void *arg);
	void *chunk_arg;
	CURL *easy; /* the caller's */
	struct curl_slist *headers;
	size_t max_body_bytes;
	int64_t send_start, sent; /* of send_fd: first offset, bytes so far */
	struct err *err;          /* where failures go, or NULL */
	bool failed;              /* by us, not by libcurl */
	bool cancelled;           /* set by the chunk function: stop */
	char detail[CURL_ERROR_SIZE];
};

/* libcurl's own set-up, once a process. */
void http_set_up(void);
/* Sets every option of t->easy from t->request. */
void http_transfer_begin(struct http_transfer *t);
/* Fills t->response, or *t->err (code as http_perform's). */
int http_transfer_end(struct http_transfer *t, CURLcode code) MUST_CHECK;
/* All but the handle; it may begin anew. */
void http_transfer_release(struct http_transfer *t);
