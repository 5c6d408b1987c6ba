/* SPDX-License-Identifier: MIT */
/* Services by systemctl (RES-systemd). */
#include "common/str.h"
#include "providers/service.h"
#include "providers/tbl/system.h"

static const char *
systemctl(struct provider_run *run, const struct view *view)
{
	const char *found;

	if (view_exists(view, "/bin/systemctl"))
		return "/bin/systemctl";
	found = view_which(view, run->arena, "systemctl");
	return found != NULL ? found : "/bin/systemctl";
}

static int
ask(struct provider_run *run, const struct view *view, const char *question,
    const char *name, bool *ret, struct err *e)
{
	const char *const argv[] = { systemctl(run, view), question, name,
		NULL };
	int rc, status;

	if ((rc = service_query(run, view, argv, &status, NULL, e)) < 0)
		return rc;
	*ret = status == 0;
	return 0;
}

static int
systemd_look(struct provider_run *run, const struct view *view,
    struct service_state *st, struct err *e)
{
	bool told = false;
	int rc;

	rc = service_ask_status_command(run, view, &st->running, &told, e);
	if (rc == 0 && !told)
		rc = ask(run, view, "is-active", st->name, &st->running, e);
	if (rc == 0)
		rc = ask(run, view, "is-enabled", st->name, &st->enabled, e);
	st->enabled_known = rc == 0;
	return rc;
}

static int
systemd_control(struct provider_run *run, struct host *host,
    struct service_state *st, enum service_action action, struct err *e)
{
	const char *const argv[] = { systemctl(run, host_view(host)),
		service_verb(action), st->name, NULL };

	return service_run(run, host, argv, true, e);
}

static const struct service_backend systemd = {
	.look = systemd_look,
	.control = systemd_control,
	.can_enable = true,
	.own_locale = true,
};

static int
systemd_load(struct provider_run *run, const struct view *view, struct err *e)
{
	return service_load(run, &systemd, view, e);
}

const struct provider provider_service_systemd = {
	.ruby_class = "Service::Systemd",
	.type = "service",
	.load = systemd_load,
	.plan = service_plan,
	.apply = service_apply,
};
