/* SPDX-License-Identifier: MIT */
/*
 * Making a router: keys, certificate authority, server certificate, trust
 * bundle, store, the first operator and the first token for machines. The
 * directory must be absent or empty; router.json is written after all other
 * files, so that a directory without it is no router.
 */
#pragma once

#include "common/buf.h"
#include "router/config.h"

struct init_spec {
	const char *data_path;
	const char *name;        /* host name or address of the router */
	const char *const *also; /* more names of the certificate */
	size_t also_len;
	const char *listen, *url;       /* NULL: 0.0.0.0:8443, from the name.
					   Port 0: a free one, kept from now on */
	const char *account, *operator; /* NULL: default, admin */
	int64_t days;                   /* of the certificate; 0: 825 */
};

struct init_result {
	struct arena *a; /* the caller frees */
	struct router_config config;
	const char *ca_sha256, *context_path;
	const char *token_id;
	int64_t token_uses, token_expires_at, certificate_ends_at;
	struct buf token; /* of machines: show it once */
};
void init_result_release(struct init_result *r);

/* ERR_EXISTS: the directory is not empty. */
int router_init(const struct init_spec *spec, struct init_result *ret_result,
    struct err *e) MUST_CHECK;

/* An operator's directory: key.pem, ca.pem and context.json (0700; it must not
 * be there). Makes the key and tells its public half. */
int init_operator_dir(int dirfd, const char *path, const char *url,
    const char *token, struct str ca_pem, struct sign_public *ret_public,
    struct err *e) MUST_CHECK;
