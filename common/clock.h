/* SPDX-License-Identifier: MIT */
/* Time and identifiers. */
#pragma once

#include "common/base.h"

int64_t clock_now_ms(void);  /* wall clock, ms since 1970 */
int64_t clock_mono_ms(void); /* monotonic */
int64_t clock_cpu_ms(void);  /* CPU time of this process */
#define CLOCK_TEXT_BYTES 32
/* "2026-01-31T12:34:56.789Z" */
void clock_format(int64_t ms, char out[CLOCK_TEXT_BYTES]);

#define ULID_TEXT_BYTES 27
/* 26 characters, sorted by time, random tail; NUL-terminated. */
void ulid_new(char out[ULID_TEXT_BYTES]);
