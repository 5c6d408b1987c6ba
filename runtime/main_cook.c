/* SPDX-License-Identifier: MIT */
/*
 * cook: one run of recipes, or what is said about it. Ways in:
 *	cook --solo ARGUMENTS	the chef-solo command line
 *	cook --lint ARGUMENTS	findings about cookbooks
 *	cook --explain ARGUMENTS	origin of attributes and resources
 *	cook --ohai ARGUMENTS	facts about this machine
 *	cook --ruby FILE ARGS	a Ruby file inside the runtime
 *	cook			by the run spec on descriptor 3
 * Status: 0, 1 when the run failed, 2 for a wrong call, else what the program
 * asked for.
 */
#include "runtime/ruby/boot.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "runtime/ruby/session.h"

#define AGENT_FD 3

struct application {
	const char *option, *file, *class_name;
};

static const struct application applications[] = {
	{ "--solo", "chef/application/solo", "Chef::Application::Solo" },
	{ "--lint", "rightlink/lint", "RightLink::Lint::Command" },
	{ "--explain", "rightlink/explain", "RightLink::Explain::Command" },
	{ "--ohai", "rightlink/ohai_command", "RightLink::OhaiCommand" },
};
static const struct application cook = { NULL, "chef/application/cook",
	"Chef::Application::Cook" };

static VALUE
run_application(VALUE arg)
{
	const struct application *a = (const struct application *)arg;
	VALUE class;

	rb_require("chef");
	rb_require(a->file);
	class = rb_path2class(a->class_name);
	return rb_funcall(
	    rb_class_new_instance(0, NULL, class), rb_intern("run"), 0);
}

static VALUE
run_file(VALUE arg)
{
	rb_require("chef");
	rb_load(
	    rb_file_expand_path(rb_str_new_cstr((const char *)arg), Qnil), 0);
	return Qnil;
}

static int
finish(const struct host_failure *f)
{
	struct host_report report;
	int status;

	host_report(f, &report);
	if (report.end == HOST_RAISED || report.end == HOST_INTERRUPTED)
		fprintf(stderr, "cook: %s\n", report.text);
	status = boot_stop();
	switch (report.end) {
	case HOST_RETURNED:
		return status;
	case HOST_EXITED:
		return report.exit_status;
	case HOST_INTERRUPTED:
		return 2;
	case HOST_RAISED:
		return 1;
	}
	return 1;
}

static int
fail(const struct err *e)
{
	fprintf(stderr, "cook: %s\n", e->text);
	return 1;
}

static int
usage(void)
{
	fputs("usage: cook --solo ARGUMENTS | cook --lint ARGUMENTS | "
	      "cook --explain ARGUMENTS | cook --ohai ARGUMENTS | "
	      "cook --ruby FILE ARGUMENTS | "
	      "cook (run spec on descriptor 3)\n",
	    stderr);
	return 2;
}

static const struct application *
find_application(const char *option)
{
	size_t count = sizeof(applications) / sizeof(applications[0]);

	for (size_t i = 0; i < count; i++) {
		if (strcmp(applications[i].option, option) == 0)
			return &applications[i];
	}
	return NULL;
}

int
main(int argc, char **argv)
{
	char runtime_dir[PATH_MAX];
	const char *program = "chef-solo";
	VALUE what = (VALUE)&cook;
	host_fn run = run_application;
	struct host_failure f;
	struct err e;
	int skip = 1;

	RUBY_INIT_STACK
	const struct application *named =
	    argc > 1 ? find_application(argv[1]) : NULL;
	if (named != NULL) {
		what = (VALUE)named;
		skip = 2;
	} else if (argc > 2 && strcmp(argv[1], "--ruby") == 0) {
		run = run_file;
		program = argv[2];
		what = (VALUE)program;
		skip = 3;
	} else if (argc > 1 || fcntl(AGENT_FD, F_GETFD) < 0) {
		return usage();
	}
	ruby_sysinit(&argc, &argv);
	if (skip == 1 && session_open(AGENT_FD, &e) < 0)
		return fail(&e);
	if (boot_find_runtime(runtime_dir, sizeof(runtime_dir), &e) < 0)
		return fail(&e);
	if (boot_start(runtime_dir, program, argc - skip, argv + skip, &e) < 0)
		return fail(&e);
	(void)(host_call(run, what, NULL, &f, NULL) < 0);
	return finish(&f);
}
