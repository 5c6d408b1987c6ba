/* SPDX-License-Identifier: MIT */
/*
 * How many nodes at a time: "10", "10%", "1,10%,100%". Percents are of all
 * nodes, rounded up; the last size counts on until all had their turn. And how
 * many failures are borne: "3", "5%" (rounded down).
 */
#pragma once

#include "common/err.h"

#define BATCH_SIZES_MAX 32

struct amount {
	int64_t n;
	bool percent;
};

struct batch_spec {
	size_t len; /* 0: all at once */
	struct amount sizes[BATCH_SIZES_MAX];
};

/* text NULL: all at once. ERR_INVALID, ERR_LIMIT. */
int batch_parse(
    const char *text, struct batch_spec *ret_spec, struct err *e) MUST_CHECK;
/* Size of batch number i (from 0) of `total` nodes of which `left` are left;
 * at least 1 unless none is left. */
size_t batch_size(
    const struct batch_spec *spec, size_t i, size_t total, size_t left);

/* text NULL: no failure is borne. ERR_INVALID. */
int max_fail_parse(
    const char *text, struct amount *ret_amount, struct err *e) MUST_CHECK;
/* Are these failures too many to go on? */
bool max_fail_passed(const struct amount *a, size_t total, size_t failures);
