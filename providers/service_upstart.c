/* SPDX-License-Identifier: MIT */
/*
 * Jobs of upstart (RES-upstart). Enabled is what the first "start on" line of
 * the job's file says; enabling and disabling take and put its comment sign.
 */
#include <string.h>

#include "common/auto.h"
#include "common/str.h"
#include "providers/service.h"
#include "providers/tbl/system.h"

#define CONF_MAX_BYTES (4u << 20)

struct upstart_data {
	const char *conf;
	bool conf_exists;
	struct words job; /* name and k=v */
};

static void
set_job(struct provider_run *run, struct upstart_data *data, const char *name)
{
	const struct value *v = resource_get(run->want, "parameters");
	size_t i;

	words_init(&data->job, run->arena);
	words_add(&data->job, name);
	for (i = 0; v->type == VALUE_MAP && i < v->map.len; i++)
		words_add(&data->job,
		    arena_printf(run->arena, "%s=%s",
			value_to_s(run->arena, &v->map.pairs[i].key),
			value_to_s(run->arena, &v->map.pairs[i].value)));
}

static const char *const *
command_of(
    struct provider_run *run, const struct upstart_data *data, const char *verb)
{
	struct words w;
	size_t i;

	words_init(&w, run->arena);
	words_add(&w, arena_printf(run->arena, "/sbin/%s", verb));
	for (i = 0; i < data->job.len; i++)
		words_add(&w, data->job.items[i]);
	return w.items;
}

/* "job start/running, process 7": the goal or the state behind the slash;
 * an instance in parentheses stands before it. */
static bool
says_running(const char *text)
{
	const char *slash = strchr(text, '/');

	return slash != NULL && text_has_prefix(slash + 1, "running");
}

static int
ask_upstart(struct provider_run *run, const struct view *view,
    const struct upstart_data *data, bool *ret_running, struct err *e)
{
	AUTO_BUF struct buf out = BUF_INIT(1u << 20);
	int rc, status;

	rc = service_query(
	    run, view, command_of(run, data, "status"), &status, &out, e);
	if (rc < 0)
		return rc;
	*ret_running = status == 0 && says_running(buf_text(&out));
	return 0;
}

/* Does the line start with "start on"? A '#' before it goes to *ret_off. */
static bool
is_start_line(struct str line, bool *ret_off)
{
	*ret_off = line.len > 0 && line.data[0] == '#';
	if (*ret_off)
		line = (struct str){ line.data + 1, line.len - 1 };
	return str_has_prefix(line, "start on");
}

static bool
is_enabled(const struct buf *conf)
{
	struct str rest = { buf_text(conf), conf->len }, line;
	bool off;

	while (str_split(&rest, '\n', &line))
		if (is_start_line(line, &off))
			return !off;
	return false;
}

static int
upstart_look(struct provider_run *run, const struct view *view,
    struct service_state *st, struct err *e)
{
	struct upstart_data *data =
	    arena_new_of(run->arena, struct upstart_data);
	AUTO_BUF struct buf conf = BUF_INIT(CONF_MAX_BYTES);
	bool told = false;
	int rc;

	st->data = data;
	set_job(run, data, st->name);
	data->conf = arena_printf(run->arena, "/etc/init/%s.conf", st->name);
	data->conf_exists = view_exists(view, data->conf);
	rc = service_ask_status_command(run, view, &st->running, &told, e);
	if (rc == 0 && !told)
		rc = ask_upstart(run, view, data, &st->running, e);
	if (rc == 0 && data->conf_exists)
		rc = view_read(view, data->conf, CONF_MAX_BYTES, &conf, e);
	if (rc < 0)
		return rc;
	st->enabled_known = true;
	st->enabled = is_enabled(&conf);
	return 0;
}

/* Rewrites the "start on" lines; the old file stays as NAME.conf.old. */
static int
edit_conf(struct provider_run *run, struct host *host,
    const struct upstart_data *data, bool enable, struct err *e)
{
	AUTO_BUF struct buf old = BUF_INIT(CONF_MAX_BYTES);
	AUTO_BUF struct buf new = BUF_INIT(CONF_MAX_BYTES * 2);
	struct host_file f = { .path = data->conf,
		.uid = HOST_KEEP_UID,
		.gid = HOST_KEEP_GID,
		.mode = 0644,
		.keep_mode = true };
	struct str rest, line;
	bool off, changed = false;
	int rc;

	rc = view_read(host_view(host), data->conf, CONF_MAX_BYTES, &old, e);
	if (rc < 0)
		return rc;
	rest = (struct str){ buf_text(&old), old.len };
	if (str_has_suffix(rest, "\n"))
		rest.len--;
	while (str_split(&rest, '\n', &line)) {
		if (is_start_line(line, &off) && off == enable) {
			changed = true;
			if (!enable)
				buf_add_char(&new, '#');
			else
				line =
				    (struct str){ line.data + 1, line.len - 1 };
		}
		buf_add(&new, line.data, line.len);
		buf_add_char(&new, '\n');
	}
	if (!changed)
		return 0;
	rc = host_copy(host, data->conf,
	    arena_printf(run->arena, "%s.old", data->conf), true, e);
	if (rc < 0)
		return rc;
	f.content = (struct str){ buf_text(&new), new.len };
	return host_write(host, &f, e);
}

static int
upstart_control(struct provider_run *run, struct host *host,
    struct service_state *st, enum service_action action, struct err *e)
{
	const struct upstart_data *data = st->data;
	const char *own;

	if (action == SERVICE_ENABLE || action == SERVICE_DISABLE)
		return edit_conf(run, host, data, action == SERVICE_ENABLE, e);
	if (action == SERVICE_RESTART && !st->running) {
		own = service_own_command(run, SERVICE_START);
		if (own != NULL)
			return command_run(run, host,
			    &(struct command){ .text = own, .live = true },
			    NULL, e);
		action = SERVICE_START;
	}
	return service_run(
	    run, host, command_of(run, data, service_verb(action)), true, e);
}

static int
upstart_require(struct provider_run *run, UNUSED const struct view *view,
    struct plan *plan, struct service_state *st, struct err *e)
{
	const struct upstart_data *data = st->data;
	struct requirement q = { .exception = "Chef::Exceptions::Service" };

	if (st->action != SERVICE_ENABLE && st->action != SERVICE_DISABLE)
		return 0;
	q.assumption = arena_printf(run->arena,
	    "%s doesn't exist, assuming a prior action would have created it.",
	    data->conf);
	return plan_require(run, plan,
	    data->conf_exists || st->action == SERVICE_DISABLE, &q, e,
	    "%s does not exist!", data->conf);
}

static const struct service_backend upstart = {
	.look = upstart_look,
	.require = upstart_require,
	.control = upstart_control,
	.can_enable = true,
	.own_locale = true,
};

static int
upstart_load(struct provider_run *run, const struct view *view, struct err *e)
{
	return service_load(run, &upstart, view, e);
}

const struct provider provider_service_upstart = {
	.ruby_class = "Service::Upstart",
	.type = "service",
	.load = upstart_load,
	.plan = service_plan,
	.apply = service_apply,
};
