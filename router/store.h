/* SPDX-License-Identifier: MIT */
/*
 * What the router must not forget, behind operations that say what is meant
 * (an implementation on SQLite: router/store_sqlite*.c; one on PostgreSQL may
 * stand beside it). The tables are docs/router.md's.
 *
 * Changes are jobs: they are queued, done in order of arrival by one writer
 * thread, many in one transaction (group commit: all that wait, at most 1,000
 * or 2 ms), and told to `done` after the commit that contains them, on the
 * thread that asked (by way of httpd_post). No job's failure undoes another's.
 *
 *	struct store_job *j = store_job_new(STORE_..., thread, done, arg);
 *	fill j->...; store_submit(s, j);
 *	done: look at j->rc, j->err, the results; store_job_free(&j)
 *
 * Reads are answered at once from a connection of the calling thread.
 */
#pragma once

#include "common/arena.h"
#include "common/err.h"
#include "common/jsn.h"
#include "wire/api.h"
#include "wire/command.h"

struct store;
