/* SPDX-License-Identifier: MIT */
/* Inside the upload of audits: one record a run, and its next call. */
#pragma once

#include "runner/supervisor_priv.h"

enum spool_part {
	SPOOL_TEXT,
	SPOOL_EVENTS,
	SPOOL_PARTS,
};

struct spool_record {
	struct spool_record *next;
	struct audit_spool *spool;
	char run_id[ULID_TEXT_BYTES];
	char *dir;
	int64_t began_ms;          /* wall clock, of this agent's knowledge */
	int64_t sent[SPOOL_PARTS]; /* what the router has */
	enum spool_part part;      /* of the call under way */
	bool known;                /* the router has told what it has */
	bool ended;                /* result.json is there */
	bool busy;                 /* a call is under way */
	bool due;                  /* there is something to be done now */
	bool closing;              /* the call under way closes it */
	bool dropped;       /* as if it were not there: freed after its call */
	int refusals;       /* 409 and 404 in a row */
	int64_t backoff_ms; /* 0: the call before succeeded */
	struct loop_watch *timer;
};

struct audit_spool {
	struct supervisor *supervisor;
	struct spool_record *list; /* oldest first */
	size_t busy;
};

/* Starts calls for records that are due, a few at a time. */
void spool_pump(struct audit_spool *a);
void spool_record_done(struct spool_record *r);
void spool_record_retry(struct spool_record *r);
void spool_record_go_on(struct spool_record *r);
void spool_record_free(struct spool_record *r);
int64_t spool_part_bytes(const struct spool_record *r, enum spool_part part);

/* runner/spool_calls.c */
const char *spool_part_file(enum spool_part part);
/* Makes the next call of the record, or none when there is nothing to say. */
void spool_record_send(struct spool_record *r);
