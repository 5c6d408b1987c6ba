/* SPDX-License-Identifier: MIT */
/* What the two halves of `rightlink bundle` share: that without a router
 * (command_bundle.c) and the operator's (operator_bundle.c). */
#pragma once

#include "common/arena.h"
#include "runner/bundle_archive.h"
#include "runner/options.h"
#include "runner/term.h"
#include "wire/envelope.h"

int bundle_exit_status(const struct err *e);
/* For build_spec: a line on standard error; arg is the term. */
void bundle_note(const char *text, void *arg);
/* Name, file, digest, sizes, and one more line (more_key NULL: none). */
void bundle_print_archive(const struct term *t, const struct bundle *b,
    const char *file, const struct archive_info *info, const char *more_key,
    const char *more);
/* --key, else the context's. */
int bundle_signing_key(const struct options *o, struct sign_key **ret_key,
    struct err *e) MUST_CHECK;
/* FILE.sig; texts of the manifest live in a; ret_value may be NULL (caller
 * frees). */
int bundle_read_signature(const char *file, struct arena *a,
    struct envelope *ret_envelope, struct manifest *ret_manifest,
    struct jsn **ret_value, struct err *e) MUST_CHECK;
