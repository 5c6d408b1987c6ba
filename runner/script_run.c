/* SPDX-License-Identifier: MIT */
/*
 * Running a RightScript: a child of the agent, started when the run list
 * reaches it, its output streamed into the run, its answer sent when it ends.
 *
 * Environment by allow-list (RightLink 6, section 3.5): the agent's own list
 * (performer_environment), then RS_* facts, then inputs. Inputs are those that
 * the script's header names, with the values of this run, and what the
 * request gives by name. No name or value becomes code.
 */
#include <ctype.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "common/auto.h"
#include "common/fsat.h"
#include "runner/bundle_priv.h"
#include "runner/performer.h"
#include "wire/frames.h"

#define VARIABLES_MAX 1024
#define VALUE_MAX_BYTES ((size_t)128 * 1024)

struct script_job {
	struct performer *performer;
	struct request_slot *slot;
	char *name;
	struct arena *arena; /* environment, argv */
	const char *vars[VARIABLES_MAX + 1];
	size_t vars_len;
};

static void
job_free(struct script_job *j)
{
	arena_free(&j->arena);
	free(j->name);
	free(j);
}

/* Sets or replaces NAME. */
static int
set_variable(
    struct script_job *j, const char *name, struct str value, struct err *e)
{
	if (value.len > VALUE_MAX_BYTES ||
	    (value.len > 0 && memchr(value.data, '\0', value.len) != NULL))
		return err_set(e, ERR_INVALID,
		    "RightScript '%s': input '%s' is longer than %zu bytes or "
		    "holds a NUL byte",
		    j->name, name, VALUE_MAX_BYTES);
	const char *line =
	    arena_printf(j->arena, "%s=%.*s", name, STR_ARG(value));
	size_t len = strlen(name) + 1;
	for (size_t i = 0; i < j->vars_len; i++) {
		if (strncmp(j->vars[i], line, len) == 0) {
			j->vars[i] = line;
			return 0;
		}
	}
	if (j->vars_len == VARIABLES_MAX)
		return err_set(e, ERR_LIMIT,
		    "RightScript '%s': more than %d variables", j->name,
		    VARIABLES_MAX);
	j->vars[j->vars_len++] = line;
	return 0;
}

static void
unset_variable(struct script_job *j, const char *name)
{
	size_t len = strlen(name);
	for (size_t i = 0; i < j->vars_len; i++) {
		if (strncmp(j->vars[i], name, len) == 0 &&
		    j->vars[i][len] == '=')
			j->vars[i] = j->vars[--j->vars_len];
	}
}

/* ID of /etc/os-release, lower case: "debian". */
static char *
distribution(void)
{
	AUTO_BUF struct buf text = BUF_INIT(65536);
	struct err ignored = { 0 };
	if (fsat_read(AT_FDCWD, "/etc/os-release", 65536, &text, &ignored) < 0)
		return xstrdup("unknown");
	struct str rest = { text.data, text.len }, line;
	while (str_split(&rest, '\n', &line)) {
		if (!str_has_prefix(line, "ID="))
			continue;
		char *id = xstrndup(line.data + 3, line.len - 3);
		size_t out = 0;
		for (size_t i = 0; id[i] != '\0'; i++) {
			if (isalnum((unsigned char)id[i]))
				id[out++] = (char)tolower((unsigned char)id[i]);
		}
		id[out] = '\0';
		return id;
	}
	return xstrdup("unknown");
}

static int
set_facts(struct script_job *j, const char *attachments, struct err *e)
{
	struct performer *p = j->performer;
	AUTO_STR char *distro = distribution();
	struct utsname host;
	const char *arch = uname(&host) == 0 ? host.machine : "unknown";
	bool x86 = arch[0] == 'i' && text_has_suffix(arch, "86");
	/* So that `rightlink tag` is found; last, so that it hides nothing. */
	AUTO_STR char *bin = path_dirname(p->places.program);
	AUTO_STR char *path = xasprintf("%s:%s", CHILD_PATH, bin);
	const struct {
		const char *name, *value;
	} facts[] = {
		{ "PATH", path },
		{ "RS_DISTRO", distro },
		{ "RS_DIST", distro },
		{ "RS_ARCH", x86 ? "i386" : arch },
		{ "RS_ATTACH_DIR", attachments },
		{ "ATTACH_DIR", attachments },
		{ "RS_REBOOT", p->state.reboot ? "true" : NULL },
		{ "RS_ALREADY_RUN",
		    state_has_run(&p->state, j->name) ? "true" : NULL },
		{ WIRE_SOCKET_ENV, local_socket_path(p->socket) },
		{ "RIGHTLINK_STATE_DIR", p->places.state },
	};
	int rc = 0;
	for (size_t i = 0; i < ARRAY_LEN(facts) && rc == 0; i++) {
		if (facts[i].value != NULL)
			rc = set_variable(
			    j, facts[i].name, str_from(facts[i].value), e);
	}
	return rc;
}

static int
set_input(struct script_job *j, const char *name, struct err *e)
{
	const struct input_value *v = inputs_find(j->performer->inputs, name);
	if (v == NULL)
		return 0;
	if (v->secret != NULL)
		return set_variable(j, name, secret_reveal(v->secret), e);
	if (v->value == NULL)
		return 0;
	AUTO_BUF struct buf text = BUF_INIT(VALUE_MAX_BYTES);
	input_value_text(v->value, &text);
	return set_variable(j, name, (struct str){ text.data, text.len }, e);
}

static int
set_parameter(const char *name, struct jsn *value, void *arg, struct err *e)
{
	struct script_job *j = arg;
	if (strchr(name, '/') != NULL || !input_name_is_valid(name))
		return err_set(e, ERR_INVALID,
		    "RightScript '%s': '%.64s' is no name of an input, or a "
		    "reserved one",
		    j->name, name);
	if (value == NULL) {
		unset_variable(j, name);
		return 0;
	}
	AUTO_BUF struct buf text = BUF_INIT(VALUE_MAX_BYTES + 1);
	input_value_text(value, &text);
	if (buf_failed(&text))
		return err_set(e, ERR_LIMIT,
		    "RightScript '%s': input '%s' is longer than %zu bytes",
		    j->name, name, VALUE_MAX_BYTES);
	return set_variable(j, name, (struct str){ text.data, text.len }, e);
}

static int
set_parameters(
    struct script_job *j, const struct jsn *parameters, struct err *e)
{
	if (jsn_type(parameters) != JSN_OBJECT)
		return 0;
	return jsn_each(parameters, set_parameter, j, e);
}

static void
on_script_end(const struct child_end *end, void *arg)
{
	struct script_job *j = arg;
	struct performer *p = j->performer;
	bool reboot = end->status == WIRE_SCRIPT_REBOOT && !end->timed_out;
	if (reboot) {
		p->again = true;
		performer_raise_shutdown(p, SHUTDOWN_REBOOT, true);
	}
	if (end->status == 0 && !end->timed_out)
		performer_add_past_script(p, j->name);
	struct jsn *event = wire_event_new("script_finished");
	struct jsn *reply = wire_reply_new();
	jsn_set_str(event, "name", j->name);
	struct jsn *const both[] = { event, reply };
	for (size_t i = 0; i < ARRAY_LEN(both); i++) {
		jsn_set_int(both[i], "status", end->status);
		jsn_set_int(both[i], "signal", end->signal);
		jsn_set_bool(both[i], "timed_out", end->timed_out);
		jsn_set_int(both[i], "elapsed_ms", end->elapsed_ms);
		jsn_set_bool(both[i], "reboot", reboot);
	}
	jsn_set_bool(reply, "shutdown_now", p->shutdown_now);
	if (end->status != 0 && !reboot) {
		AUTO_BUF struct buf text = BUF_INIT(512);
		buf_printf(&text, "RightScript '%s': ", j->name);
		child_end_text(end, &text);
		run_fail(p->run, buf_text(&text));
	}
	run_event(p->run, event);
	request_reply(j->slot, reply);
	job_free(j);
	p->scripts--;
	if (p->draining)
		loop_stop(p->loop);
}

/* The bundle's script of the name, unless another file is meant. */
static const struct bundle_script *
find_own(const struct performer *p, const char *name, const char *source_file)
{
	const struct bundle_script *s = bundle_find_script(p->bundle, name);
	if (s == NULL ||
	    (source_file != NULL && !text_eq(source_file, s->file)))
		return NULL;
	return s;
}

static int
set_environment(struct script_job *j, const struct bundle_script *own,
    const struct jsn *request, struct err *e)
{
	struct performer *p = j->performer;
	const char *const *base = performer_environment(j->arena, NULL);
	for (; *base != NULL; base++)
		j->vars[j->vars_len++] = *base;
	const char *attachments = jsn_peek_str(request, "attachments_dir",
	    own != NULL && own->attachments != NULL ? own->attachments : "");
	int rc = set_facts(j, attachments, e);
	for (size_t i = 0; own != NULL && i < own->inputs.len && rc == 0; i++)
		rc = set_input(j, own->inputs.list[i].name, e);
	if (rc == 0 && own != NULL)
		rc = set_parameters(j, p->script_parameters, e);
	if (rc == 0)
		rc = set_parameters(j, jsn_get(request, "parameters"), e);
	return rc;
}

static void
announce(struct performer *p, const struct jsn *request, const char *name)
{
	struct jsn *event = wire_event_new("script_started");
	jsn_set_str(event, "name", name);
	const char *version = jsn_peek_str(request, "display_version", NULL);
	if (version != NULL)
		jsn_set_str(event, "version", version);
	run_event(p->run, event);
}

/* The kernel's word for a missing interpreter is that the script is missing. */
static int
check_interpreter(const struct script_job *j, const char *file, struct err *e)
{
	char line[256] = "";
	AUTO_FD int fd = open(file, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || read(fd, line, sizeof(line) - 1) < 3 ||
	    strncmp(line, "#!", 2) != 0)
		return 0;
	const char *path = line + 2 + strspn(line + 2, " \t");
	AUTO_STR char *interpreter = xstrndup(path, strcspn(path, " \t\r\n"));
	if (interpreter[0] != '/' || access(interpreter, F_OK) == 0)
		return 0;
	return err_set(e, ERR_ABSENT,
	    "RightScript '%s': its interpreter '%s' is not on this machine",
	    j->name, interpreter);
}

static int
launch(struct script_job *j, const char *file, int64_t timeout_ms,
    struct child **ret_child, struct err *e)
{
	struct performer *p = j->performer;
	if (access(file, X_OK) < 0)
		return err_sys(e, "RightScript '%s': file '%s'", j->name, file);
	int rc = check_interpreter(j, file, e);
	if (rc < 0)
		return rc;
	const char *work = arena_printf(j->arena, "%s/work", run_dir(p->run));
	rc = fsat_mkdir_all(AT_FDCWD, work, 0700, e);
	if (rc < 0)
		return rc;
	const char *argv[] = { file, NULL };
	struct child_spec spec = { .argv = argv,
		.env = j->vars,
		.cwd = work,
		.out_stream = 3,
		.timeout_ms = timeout_ms,
		.whole_tree = true,
		.on_end = on_script_end,
		.arg = j };
	return child_start(p->loop, p->run, &spec, ret_child, e);
}

int
script_start(struct performer *p, struct request_slot *slot,
    const struct jsn *request, struct child **ret_child, struct err *e)
{
	const char *name = jsn_peek_str(request, "name", "");
	const char *source = jsn_peek_str(request, "source_file", NULL);
	const struct bundle_script *own = find_own(p, name, source);
	if (own == NULL && (source == NULL || source[0] != '/'))
		return err_set(e, ERR_ABSENT,
		    "RightScript '%s': neither in the bundle nor given by an "
		    "absolute source_file",
		    name);
	if (p->options->why_run)
		return err_set(e, ERR_STATE,
		    "RightScript '%s': scripts are not run in why-run", name);
	struct script_job *j = xcalloc(1, sizeof(*j));
	j->performer = p;
	j->slot = slot;
	j->name = xstrdup(name);
	j->arena = arena_new();
	int64_t timeout_ms = jsn_peek_int(
	    request, "timeout_ms", own != NULL ? own->timeout_ms : 0);
	int rc = set_environment(j, own, request, e);
	if (rc == 0) {
		announce(p, request, name);
		rc = launch(j, own != NULL ? own->file : source, timeout_ms,
		    ret_child, e);
	}
	if (rc < 0)
		job_free(j);
	else
		p->scripts++;
	return rc;
}
