/* SPDX-License-Identifier: MIT */
/* The start and the end of the VM. */
#include "runtime/ruby/boot.h"

#include <limits.h>
#include <string.h>
#include <unistd.h>

#include <ruby/version.h>

#include "runtime/ruby/iseq.h"
#include "runtime/ruby/native.h"

/* From libexec/rightlink/cook to the Ruby files. */
#define FROM_PROGRAM "/../../lib/rightlink/runtime"

int
boot_find_runtime(char *out, size_t out_bytes, struct err *e)
{
	char self[PATH_MAX], path[PATH_MAX + sizeof(FROM_PROGRAM)];
	char real[PATH_MAX];
	ssize_t len = readlink("/proc/self/exe", self, sizeof(self) - 1);
	char *slash;

	if (len < 0)
		return err_sys(e, "readlink '/proc/self/exe'");
	self[len] = '\0';
	slash = strrchr(self, '/');
	if (slash != NULL)
		*slash = '\0';
	snprintf(path, sizeof(path), "%s%s", self, FROM_PROGRAM);
	if (realpath(path, real) == NULL || strlen(real) >= out_bytes)
		return err_set(e, ERR_ABSENT,
		    "the runtime's Ruby files are not in '%s'; the "
		    "installation is incomplete",
		    path);
	memcpy(out, real, strlen(real) + 1);
	return 0;
}

struct start {
	const char *runtime_dir;
	int argc;
	char **argv;
};

static VALUE
prepare(VALUE arg)
{
	const struct start *s = (const struct start *)arg;
	VALUE path = rb_gv_get("$LOAD_PATH");

	rb_ary_unshift(path, rb_utf8_str_new_cstr(s->runtime_dir));
	ruby_set_argv(s->argc, s->argv);
	native_init();
	rb_provide("rightlink_native");
	rb_provide("rightlink_native.so");
	iseq_cache_install(s->runtime_dir);
	return Qnil;
}

int
boot_start(const char *runtime_dir, const char *program, int argc, char **argv,
    struct err *e)
{
	static char name[] = "cook", quiet[] = "--disable=gems,did_you_mean,"
					       "error_highlight,rubyopt";
	static char encoding[] = "-EUTF-8", flag[] = "-e", nothing[] = "";
	char *options[] = { name, quiet, encoding, flag, nothing, NULL };
	struct start s = { runtime_dir, argc, argv };
	struct host_failure f;

	if (ruby_setup() != 0)
		return err_set(e, ERR_STATE, "ruby does not start");
	ruby_options(5, options);
	ruby_script(program);
	if (host_call(prepare, (VALUE)&s, NULL, &f, e) < 0)
		return err_wrap(e, "start of the runtime");
	return 0;
}

int
boot_stop(void)
{
	return ruby_cleanup(0);
}
