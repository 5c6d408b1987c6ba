/* SPDX-License-Identifier: MIT */
/* Old run directories: their names sort by time. */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/auto.h"
#include "common/clock.h"
#include "common/fsat.h"
#include "runner/run.h"

/* The newest names, in a ring; what falls out is removed. */
struct pruning {
	int dirfd;
	size_t seen, keep;
	char (*names)[ULID_TEXT_BYTES];
};

/* It goes on, or the router does not have it. */
static bool
is_wanted(const struct pruning *p, const char *name)
{
	AUTO_STR char *upload = path_join(name, RUN_UPLOAD);
	AUTO_STR char *result = path_join(name, "result.json");
	return faccessat(p->dirfd, upload, F_OK, 0) == 0 ||
	       faccessat(p->dirfd, result, F_OK, 0) != 0;
}

static int
keep_newest(const char *name, void *arg, struct err *e)
{
	struct pruning *p = arg;
	if (strlen(name) != ULID_TEXT_BYTES - 1)
		return 0;
	char *slot = p->names[p->seen % p->keep];
	int rc = 0;
	if (p->seen >= p->keep && !is_wanted(p, slot))
		rc = fsat_remove_tree(p->dirfd, slot, e);
	memcpy(slot, name, ULID_TEXT_BYTES);
	p->seen++;
	return rc;
}

static void
pruning_free(struct pruning **p)
{
	fd_close(&(*p)->dirfd);
	free((*p)->names);
	free(*p);
}

int
run_prune(const struct places *places, size_t keep, struct err *e)
{
	AUTO(pruning_free) struct pruning *p = xcalloc(1, sizeof(*p));
	p->keep = keep > 0 ? keep : 1;
	p->names = xcalloc(p->keep, sizeof(*p->names));
	AUTO_STR char *path = places_state(places, "runs");
	p->dirfd = fsat_open_dir(AT_FDCWD, path, e);
	return p->dirfd < 0 ? p->dirfd : fsat_each(p->dirfd, keep_newest, p, e);
}
