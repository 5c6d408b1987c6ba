/* SPDX-License-Identifier: MIT */
/*
 * The action record: how one action of one resource ended. On the wire it is
 * one of the events resource_updated, resource_unchanged, resource_skipped
 * and resource_failed.
 */
#pragma once

#include "common/base.h"
#include "common/jsn.h"

enum record_end {
	RECORD_UPDATED,
	RECORD_UNCHANGED,
	RECORD_SKIPPED,
	RECORD_FAILED,
};

/* Texts borrow from the event; those that it lacks are "". */
struct record {
	enum record_end end;
	bool ignored; /* a failure that ignore_failure covers */
	const char *resource, *action, *text;
	int64_t elapsed_ms;
};

/* Is this event a record? Then fills *ret_record. */
bool record_peek(const struct jsn *event, struct record *ret_record);
