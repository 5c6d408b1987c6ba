/* SPDX-License-Identifier: MIT */
/* Services by /sbin/service and /sbin/chkconfig (RES-redhat). */
#include <string.h>

#include "common/auto.h"
#include "common/str.h"
#include "providers/service.h"
#include "providers/tbl/system.h"

#define CHKCONFIG "/sbin/chkconfig"

struct redhat_data {
	bool missing; /* chkconfig knows no such script */
};

static const char *
redhat_init(struct provider_run *run, const char *name)
{
	return arena_printf(run->arena, "/sbin/service %s", name);
}

/* "httpd  0:off 1:off 2:on" */
static bool
is_on_somewhere(const char *text)
{
	const char *at = text;

	while ((at = strstr(at, ":on")) != NULL) {
		if (at > text && at[-1] >= '0' && at[-1] <= '6')
			return true;
		at++;
	}
	return false;
}

static int
redhat_look(struct provider_run *run, const struct view *view,
    struct service_state *st, struct err *e)
{
	const char *const argv[] = { CHKCONFIG, "--list", st->name, NULL };
	struct redhat_data *data = arena_new_of(run->arena, struct redhat_data);
	AUTO_BUF struct buf out = BUF_INIT(1u << 20);
	int rc, status;

	st->data = data;
	st->can_status = true;
	if ((rc = service_look_running(run, view, st, e)) < 0)
		return rc;
	if (!view_exists(view, CHKCONFIG))
		return 0; /* a requirement says so */
	if ((rc = service_query(run, view, argv, &status, &out, e)) < 0)
		return rc;
	if (status > 1)
		return provider_fail(run, e,
		    "Mixlib::ShellOut::ShellCommandFailed",
		    CHKCONFIG " --list %s returned %d, expected 0 or 1",
		    st->name, status);
	data->missing = strstr(buf_text(&out), "No such") != NULL;
	st->enabled_known = true;
	st->enabled = is_on_somewhere(buf_text(&out));
	return 0;
}

static int
redhat_require(struct provider_run *run, const struct view *view,
    struct plan *plan, struct service_state *st, struct err *e)
{
	const struct redhat_data *data = st->data;
	struct requirement q = { .exception = "Chef::Exceptions::Service" };
	int rc;

	rc = plan_require(run, plan, view_exists(view, CHKCONFIG), &q, e,
	    CHKCONFIG " does not exist!");
	if (rc < 0 || st->action == SERVICE_STOP ||
	    st->action == SERVICE_DISABLE)
		return rc;
	q.assumption = arena_printf(run->arena,
	    "Init script for '%s' doesn't exist, assuming a prior action "
	    "would have created it.",
	    st->name);
	return plan_require(run, plan, !data->missing, &q, e,
	    "%s: unable to locate the init.d script!", run->want->id);
}

static int
redhat_control(struct provider_run *run, struct host *host,
    struct service_state *st, enum service_action action, struct err *e)
{
	const char *const argv[] = { CHKCONFIG, st->name,
		action == SERVICE_ENABLE ? "on" : "off", NULL };

	if (action != SERVICE_ENABLE && action != SERVICE_DISABLE)
		return service_control_script(run, host, st, action, e);
	return service_run(run, host, argv, false, e);
}

static const struct service_backend redhat = {
	.init = redhat_init,
	.look = redhat_look,
	.require = redhat_require,
	.control = redhat_control,
	.can_enable = true,
};

static int
redhat_load(struct provider_run *run, const struct view *view, struct err *e)
{
	return service_load(run, &redhat, view, e);
}

const struct provider provider_service_redhat = {
	.ruby_class = "Service::Redhat",
	.type = "service",
	.load = redhat_load,
	.plan = service_plan,
	.apply = service_apply,
};
