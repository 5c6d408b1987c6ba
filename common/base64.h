/* SPDX-License-Identifier: MIT */
/* Base64 (RFC 4648): standard with padding, and the URL alphabet without. */
#pragma once

#include "common/buf.h"
#include "common/err.h"
#include "common/str.h"

void base64_format(struct str bytes, struct buf *out);
void base64url_format(struct str bytes, struct buf *out);
/* Appends the bytes. ERR_SYNTAX: other letters, blanks, wrong padding, bits
 * left over (one text for one value). */
int base64_parse(struct str text, struct buf *out, struct err *e) MUST_CHECK;
int base64url_parse(struct str text, struct buf *out, struct err *e) MUST_CHECK;
