/* SPDX-License-Identifier: MIT */
/*
 * HTTP and file downloads on libcurl. Only processes that talk to the network
 * link this (fetch, agent). TLS 1.2 or newer, peers verified.
 */
#pragma once

#include "common/base.h"
#include "common/buf.h"
#include "common/err.h"
#include "common/str.h"

struct http_request {
	const char *method;         /* NULL: GET */
	const char *url;            /* http, https, ftp or file */
	const char *const *headers; /* "Name: value", NULL-terminated */
	struct str body;            /* data NULL: none */
	/* Or: send_bytes from this descriptor's offset on (regular file); 0 or
	 * -1: not. on_sent (or NULL) hears how many went so far. */
	int send_fd;
	int64_t send_bytes;
	void (*on_sent)(int64_t bytes, void *arg);
	void *on_sent_arg;
	int body_fd; /* response body is written here; 0 or -1: to buf */
	struct buf *body_buf;  /* response body when body_fd is not given */
	size_t max_body_bytes; /* 0: 4 GiB to a descriptor, 64 MiB to a buf */
	int64_t connect_timeout_ms; /* 0: 30 s */
	int64_t stall_timeout_ms;   /* no byte for so long; 0: 300 s */
	int max_redirects;          /* 0: 10; -1: none */
	const char *ca_file;        /* only this counts; NULL: $SSL_CERT_FILE
				     * and $SSL_CERT_DIR, else the system's */
	bool insecure;              /* the caller's explicit wish only */
	const char *proxy;          /* NULL: from the environment; "": none */
	bool ftp_active;            /* else passive */
	bool no_decode;             /* leave Content-Encoding as it is */
};

struct http_response {
	int status;         /* 200 for file: */
	struct buf headers; /* "name: value\n", names lower case, last hop */
	int64_t body_bytes;
	char *url; /* the last hop's, after redirects */
};
void http_response_release(struct http_response *r);
/* Value of a response header in caller memory (free), or NULL. */
char *http_header(const struct http_response *r, const char *name);
/* The URL without user and password (caller frees). */
char *http_url_shown(const char *url);
/* 0 on any complete answer, whatever its status. ERR_NETWORK, ERR_TIMEOUT,
 * ERR_LIMIT, ERR_INVALID (URL), ERR_PROTOCOL (body shorter than announced,
 * too many redirects), ERR_DIGEST (a certificate that is not to be trusted),
 * ERR_ABSENT (file and ftp only).
 * Errors name the URL without its password. */
int http_perform(const struct http_request *q, struct http_response *r,
    struct err *e) MUST_CHECK;
