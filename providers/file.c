/* SPDX-License-Identifier: MIT */
/* file: the content is given in the recipe (RES-file). */
#include "providers/file_family.h"
#include "providers/tbl/files.h"

static int
content_of_recipe(struct provider_run *run, const struct view *view,
    struct plan *plan, struct content *ret, struct err *e)
{
	(void)view;
	(void)plan;
	(void)e;
	const struct value *content = resource_get(run->want, "content");
	ret->managed = content->type == VALUE_STRING;
	if (ret->managed)
		ret->bytes = content->text;
	return 0;
}

static int
file_plan(struct provider_run *run, const struct view *view, struct plan *plan,
    struct err *e)
{
	return file_family_plan(run, view, plan, content_of_recipe, e);
}

const struct provider provider_file = {
	.ruby_class = "File",
	.type = "file",
	.load = file_family_load,
	.plan = file_plan,
	.apply = file_family_apply,
	.finish = file_family_finish,
};
