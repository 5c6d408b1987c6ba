/* SPDX-License-Identifier: MIT */
/* A journal in a directory of its own, for the tests of it. */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/auto.h"
#include "common/fsat.h"
#include "runner/journal.h"

#define DAY_MS ((int64_t)24 * 3600 * 1000)
#define NOW ((int64_t)1750000000000)

struct world {
	char dir[64];
	char *file;
	struct journal *j;
	struct arena *a;
};

static int
set_up(void **at)
{
	struct world *w = xcalloc(1, sizeof(*w));
	struct err e = { 0 };
	memcpy(w->dir, "/tmp/rl-jn-XXXXXX", 18);
	assert_non_null(mkdtemp(w->dir));
	w->file = path_join(w->dir, "journal.db");
	w->a = arena_new();
	if (journal_open(w->file, &w->j, &e) < 0)
		fail_msg("%s", e.text);
	*at = w;
	return 0;
}

static int
tear_down(void **at)
{
	struct world *w = *at;
	struct err e = { 0 };
	journal_close(&w->j);
	arena_free(&w->a);
	assert_int_equal(fsat_remove_tree(AT_FDCWD, w->dir, &e), 0);
	free(w->file);
	free(w);
	return 0;
}

UNUSED static void
reopen(struct world *w)
{
	struct err e = { 0 };
	journal_close(&w->j);
	if (journal_open(w->file, &w->j, &e) < 0)
		fail_msg("%s", e.text);
}

static struct journal_new
command(const char *cid)
{
	return (struct journal_new){ .cid = cid,
		.payload = STR("{\"kind\":\"recipe\"}"),
		.issuer = "ops",
		.issued_at = NOW - 1000,
		.not_after = NOW + DAY_MS,
		.now_ms = NOW };
}
