/* SPDX-License-Identifier: MIT */
/* Fake tools (see tools.h). */
#include "tests/provider/tools.h"

#include <stdlib.h>
#include <unistd.h>

static void
put(struct drive *d, const char *tool, const char *prelude, const char *script)
{
	const char *name = arena_printf(d->arena, "bin/%s", tool);
	const char *bin = drive_path(d, "bin"), *path = getenv("PATH");

	drive_put(d, name,
	    arena_printf(d->arena, "#!/bin/sh\nSTATE=%s\n%s%s\n", d->dir,
		prelude, script));
	assert_int_equal(chmod(drive_path(d, name), 0755), 0);
	if (strncmp(path, bin, strlen(bin)) != 0)
		setenv("PATH", arena_printf(d->arena, "%s:%s", bin, path), 1);
}

void
tools_put(struct drive *d, const char *tool, const char *script)
{
	put(d, tool,
	    arena_printf(d->arena, "echo \"%s $*\" >> $STATE/calls\n", tool),
	    script);
}

void
tools_put_quiet(struct drive *d, const char *tool, const char *script)
{
	put(d, tool, "", script);
}

void
tools_expect(struct drive *d, const char *calls)
{
	if (!drive_is_there(d, "calls"))
		drive_put(d, "calls", "");
	drive_expect_content(d, "calls", calls);
	drive_put(d, "calls", "");
}
