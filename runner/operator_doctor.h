/* SPDX-License-Identifier: MIT */
/* Inside `rightlink doctor`: findings, and what the checks share. */
#pragma once

#include "common/jsn.h"
#include "runner/context.h"
#include "runner/places.h"
#include "runner/term.h"

enum finding_status {
	FINDING_PASS,
	FINDING_WARN,
	FINDING_FAIL,
	FINDING_SKIP, /* does not apply here; not shown as text */
};

struct doctor {
	const struct options *o;
	struct places places;
	bool has_context, has_joined;
	struct context context;
	char *router;  /* URL, or NULL */
	char *ca_file; /* or NULL: the system's */
	char *host;    /* of the router's URL */
	char *port;
	bool has_proxy;  /* the environment names one */
	bool is_named;   /* its name has an address */
	bool reaches;    /* the router answered */
	int64_t skew_ms; /* its clock minus ours */
	/* of the check under way */
	enum finding_status status;
	struct buf text, fix;
};

/* A check's verdict; the last one counts. */
void doctor_find(struct doctor *d, enum finding_status status, const char *fmt,
    ...) PRINTF_LIKE(3, 4);
/* What to do about it. */
void doctor_fix(struct doctor *d, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* runner/operator_doctor_here.c */
void check_programs(struct doctor *d);
void check_disk(struct doctor *d);
void check_agent(struct doctor *d);
/* runner/operator_doctor_router.c, in this order: each builds on the one
 * before. */
void check_context(struct doctor *d);
void check_proxy(struct doctor *d);
void check_name(struct doctor *d);
void check_answer(struct doctor *d);
void check_ready(struct doctor *d);
void check_clock(struct doctor *d);
void check_token(struct doctor *d);
void check_key(struct doctor *d);
