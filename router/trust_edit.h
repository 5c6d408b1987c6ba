/* SPDX-License-Identifier: MIT */
/*
 * New versions of the trust bundle: an operator comes, an operator goes. Needs
 * the root key (DIR/root/key.pem, or a file brought for the occasion); writes
 * DIR/trust.json as a whole.
 */
#pragma once

#include "common/err.h"
#include "common/sign.h"
#include "wire/trust.h"

#define TRUST_SIGN_SCOPES "run|bundle" /* what a key may sign */
#define TRUST_OPERATOR_NAME_MAX 127

/* First version, with one operator; the directory has none yet. */
int trust_edit_begin(int data_fd, const struct sign_key *root,
    const struct sign_public *authority, const struct trust_operator *operator,
    struct err * e) MUST_CHECK;
/* ERR_EXISTS: the name or the key is there. *ret_version is the new one. */
int trust_edit_add(int data_fd, const struct sign_key *root,
    const struct trust_operator *operator, int64_t * ret_version,
    struct err *e) MUST_CHECK;
/* By name or kid; ERR_ABSENT. Its keys are not believed any more. */
int trust_edit_revoke(int data_fd, const struct sign_key *root,
    const char *name, int64_t *ret_version, struct err *e) MUST_CHECK;
/* {"version": N, "operators": [...], "revoked": [...]} as it is now; the
 * caller frees. */
int trust_edit_show(
    int data_fd, struct jsn **ret_payload, struct err *e) MUST_CHECK;
