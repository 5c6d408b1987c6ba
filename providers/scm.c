/* SPDX-License-Identifier: MIT */
/* Destinations of source control (see scm.h). */
#include "providers/scm.h"

#include <string.h>

#include "common/auto.h"
#include "common/fsat.h"
#include "common/str.h"

const char *
scm_destination(struct provider_run *run)
{
	const char *given =
	    resource_text(run->want, "destination", run->want->name);
	size_t len = strlen(given);

	while (len > 1 && given[len - 1] == '/')
		len--;
	return arena_strndup(run->arena, given, len);
}

bool
scm_is_vacant(
    struct provider_run *run, const struct view *view, const char *path)
{
	struct err ignored = { 0 };
	const char **names;
	size_t count = 0;

	if (!view_exists(view, path))
		return true;
	return view_is_directory(view, path) &&
	       view_list(view, run->arena, path, &names, &count, &ignored) ==
		   0 &&
	       count == 0;
}

int
scm_require_parent(struct provider_run *run, const struct view *view,
    struct plan *plan, const char *destination, struct err *e)
{
	AUTO_STR char *parent = path_dirname(destination);
	const struct requirement q = {
		.exception = "Chef::Exceptions::MissingParentDirectory",
		.assumption = arena_printf(run->arena,
		    "Directory %s does not exist, this run will fail unless "
		    "it has been previously created. Assuming it would have "
		    "been created.",
		    parent)
	};

	return plan_require(run, plan, view_is_directory(view, parent), &q, e,
	    "Cannot clone %s to %s, the enclosing directory %s does not exist",
	    run->want->id, destination, parent);
}

int
scm_require_program(struct provider_run *run, const struct view *view,
    struct plan *plan, const char *program, struct err *e)
{
	const struct requirement q = { .exception = "Errno::ENOENT",
		.assumption = arena_printf(run->arena,
		    "Assuming %s would have been installed.", program),
		.blocks = true };

	return plan_require(run, plan,
	    view_which(view, run->arena, program) != NULL, &q, e,
	    "No such file or directory - %s (needed by %s: install the "
	    "package that brings it first)",
	    program, run->want->id);
}
