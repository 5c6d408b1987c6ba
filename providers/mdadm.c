/* SPDX-License-Identifier: MIT */
/* Software RAID devices by mdadm (RES-mdadm). */
#include "common/str.h"
#include "providers/command.h"
#include "providers/tbl/system.h"

struct mdadm_state {
	const char *device;
	bool exists;
	bool no_program; /* mdadm is not installed */
};

/* mdadm asks before it overwrites things; the answer is yes. */
static const char answers[] = "y\ny\ny\ny\ny\ny\ny\ny\n";

/* --test: 0 sound, 1 and 2 degraded or failed, but there; 4 not there. */
static int
mdadm_load(struct provider_run *run, const struct view *view, struct err *e)
{
	struct mdadm_state *st = arena_new_of(run->arena, struct mdadm_state);
	struct proc_result r = { 0 };
	int rc;

	st->device = resource_text(run->want, "raid_device", run->want->name);
	const char *const argv[] = { "mdadm", "--detail", "--test", st->device,
		NULL };

	run->state = st;
	st->no_program = view_which(view, run->arena, "mdadm") == NULL;
	if (st->no_program)
		return 0; /* a requirement says so */
	rc = command_query(run, view, &(struct command){ .argv = argv }, &r, e);
	if (rc < 0)
		return rc;
	st->exists = r.status >= 0 && r.status <= 2;
	run->current_exists = st->exists;
	proc_result_release(&r);
	return 0;
}

static int
mdadm_plan(struct provider_run *run, UNUSED const struct view *view,
    struct plan *plan, struct err *e)
{
	static const struct requirement program = { .exception =
							"Errno::ENOENT",
		.assumption = "Assuming mdadm would have been installed" };
	const struct mdadm_state *st = run->state;
	int rc;

	rc = plan_require(run, plan, !st->no_program, &program, e,
	    "No such file or directory - mdadm (is it installed?)");
	if (rc < 0)
		return rc;
	if (text_eq(run->action, "stop") == st->exists)
		plan_describe(plan, plan_change(plan, 0, NULL),
		    "%s RAID device %s", run->action, st->device);
	return 0;
}

static const char *
number(struct provider_run *run, const char *property, int64_t fallback)
{
	return arena_printf(run->arena, "%lld",
	    (long long)resource_int(run->want, property, fallback));
}

static void
add_create_options(struct provider_run *run, struct words *w, size_t devices)
{
	const char *bitmap = resource_text(run->want, "bitmap", NULL);

	words_add_all(w, "--level", number(run, "level", 1), NULL);
	if (resource_int(run->want, "level", 1) != 1)
		words_add(w, arena_printf(run->arena, "--chunk=%s",
				 number(run, "chunk", 16)));
	words_add(w, arena_printf(run->arena, "--metadata=%s",
			 resource_text(run->want, "metadata", "0.90")));
	if (bitmap != NULL)
		words_add(w, arena_printf(run->arena, "--bitmap=%s", bitmap));
	words_add_all(w, "--raid-devices",
	    arena_printf(run->arena, "%zu", devices), NULL);
}

static int
mdadm_apply(struct provider_run *run, struct host *host,
    UNUSED const struct change *change, struct err *e)
{
	const struct mdadm_state *st = run->state;
	const struct value *devices = resource_get(run->want, "devices");
	size_t i, count = devices->type == VALUE_LIST ? devices->list.len : 0;
	struct words w;

	words_init(&w, run->arena);
	words_add_all(&w, "mdadm",
	    arena_printf(run->arena, "--%s", run->action), st->device, NULL);
	if (text_eq(run->action, "create"))
		add_create_options(run, &w, count);
	for (i = 0; i < count && !text_eq(run->action, "stop"); i++)
		words_add(&w, value_to_s(run->arena, &devices->list.items[i]));
	return command_run(run, host,
	    &(struct command){ .argv = w.items, .input = STR(answers) }, NULL,
	    e);
}

const struct provider provider_mdadm = {
	.ruby_class = "Mdadm",
	.type = "mdadm",
	.load = mdadm_load,
	.plan = mdadm_plan,
	.apply = mdadm_apply,
};
