/* SPDX-License-Identifier: MIT */
/* cookbook_file: the content is shipped in a cookbook (RES-cookbook_file). */
#include "common/fsat.h"
#include "providers/file_family.h"
#include "providers/tbl/files.h"

static int
content_of_cookbook(struct provider_run *run, const struct view *view,
    struct plan *plan, struct content *ret, struct err *e)
{
	(void)view;
	(void)plan;
	const struct services *s = run->services;
	const char *source =
	    resource_text(run->want, "source", path_basename(run->want->name));
	const char *cookbook = resource_text(run->want, "cookbook", NULL);
	ret->managed = true;
	return s->cookbook_file(s->arg, run->arena, run->want, cookbook,
	    "files", source, &ret->path, e);
}

static int
cookbook_file_plan(struct provider_run *run, const struct view *view,
    struct plan *plan, struct err *e)
{
	return file_family_plan(run, view, plan, content_of_cookbook, e);
}

const struct provider provider_cookbook_file = {
	.ruby_class = "CookbookFile",
	.type = "cookbook_file",
	.load = file_family_load,
	.plan = cookbook_file_plan,
	.apply = file_family_apply,
	.finish = file_family_finish,
};
