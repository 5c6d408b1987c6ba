/* SPDX-License-Identifier: MIT */
/* template: the content is rendered from a template (RES-template). */
#include <string.h>

#include "common/auto.h"
#include "common/fsat.h"
#include "providers/file_family.h"
#include "providers/tbl/files.h"

#define RENDERED_MAX_BYTES ((size_t)64 << 20)

struct template_work {
	struct file_work file; /* first: the family's state */
	const char *source;    /* path of the template on disk */
};

static int
find_source(struct provider_run *run, struct template_work *w, struct err *e)
{
	const struct services *s = run->services;
	const struct resource *r = run->want;
	const char *source = resource_text(r, "source", NULL);
	if (source == NULL)
		source =
		    arena_printf(run->arena, "%s.erb", path_basename(r->name));
	if (resource_bool(r, "local", false)) {
		w->source = source;
		return 0;
	}
	return s->cookbook_file(s->arg, run->arena, r,
	    resource_text(r, "cookbook", NULL), "templates", source, &w->source,
	    e);
}

static int
rendered_content(struct provider_run *run, const struct view *view,
    struct plan *plan, struct content *ret, struct err *e)
{
	(void)view;
	(void)plan;
	const struct template_work *w = run->state;
	const struct services *s = run->services;
	AUTO_BUF struct buf out = BUF_INIT(RENDERED_MAX_BYTES);
	int rc = s->render(s->arg, run->want, w->source, &out, e);
	if (rc < 0)
		return rc;
	if (buf_failed(&out))
		return err_set(e, ERR_LIMIT,
		    "template '%s' renders to more than %zu bytes", w->source,
		    RENDERED_MAX_BYTES);
	ret->managed = true;
	ret->bytes = (struct str){
		arena_strndup(run->arena, buf_text(&out), out.len),
		out.len,
	};
	return 0;
}

static int
template_load(struct provider_run *run, const struct view *view, struct err *e)
{
	struct template_work *w =
	    arena_new_of(run->arena, struct template_work);
	run->state = &w->file;
	return file_family_load(run, view, e);
}

static int
template_plan(struct provider_run *run, const struct view *view,
    struct plan *plan, struct err *e)
{
	struct template_work *w = run->state;
	if (strcmp(run->action, "delete") != 0) {
		int rc = find_source(run, w, e);
		if (rc < 0)
			return rc;
		const struct requirement there = {
			.assumption = arena_printf(run->arena,
			    "Template source %s does not exist, assuming it "
			    "would have been created",
			    w->source),
			.blocks = true,
		};
		rc = plan_require(run, plan, view_exists(view, w->source),
		    &there, e, "Template source %s could not be found.",
		    w->source);
		if (rc < 0 || plan->blocked)
			return rc;
	}
	return file_family_plan(run, view, plan, rendered_content, e);
}

const struct provider provider_template = {
	.ruby_class = "Template",
	.type = "template",
	.load = template_load,
	.plan = template_plan,
	.apply = file_family_apply,
	.finish = file_family_finish,
};
