/* SPDX-License-Identifier: MIT */
/*
 * Loads the diff module at the first call and keeps it. The module is looked
 * for beside the running executable, then in the libexec directory of its
 * installation, then where RIGHTLINK_LIBEXEC points (a stock ruby that loads
 * our code). Never from the working directory.
 */
#include "common/diff.h"

#include <dlfcn.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/auto.h"
#include "common/diff_priv.h"
#include "common/fsat.h"

#define MODULE_NAME "diff.so"

static char *
find_executable_dir(void)
{
	char path[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", path, sizeof(path) - 1);
	if (n <= 0)
		return NULL;
	path[n] = '\0';
	return path_dirname(path);
}

static void *
open_in(const char *dir, const char *below, char **why)
{
	if (dir == NULL || dir[0] != '/')
		return NULL;
	AUTO_STR char *parent = path_join(dir, below);
	AUTO_STR char *path = path_join(parent, MODULE_NAME);
	if (access(path, F_OK) < 0)
		return NULL;
	void *module = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	if (module == NULL) {
		str_free(why);
		*why = xstrdup(dlerror());
	}
	return module;
}

static int
load_module(diff_module_fn *ret_run, struct err *e)
{
	static diff_module_fn run;
	if (run == NULL) {
		AUTO_STR char *dir = find_executable_dir();
		AUTO_STR char *why = NULL;
		void *module = open_in(dir, "", &why);
		if (module == NULL)
			module = open_in(dir, "../libexec/rightlink", &why);
		if (module == NULL)
			module = open_in(getenv("RIGHTLINK_LIBEXEC"), "", &why);
		if (module == NULL)
			return err_set(e, ERR_ABSENT,
			    "no module '" MODULE_NAME "' for diffs%s%s",
			    why != NULL ? ": " : "", why != NULL ? why : "");
		void *symbol = dlsym(module, DIFF_MODULE_FUNCTION);
		if (symbol == NULL)
			return err_set(e, ERR_INVALID,
			    "module '" MODULE_NAME "' is not ours");
		memcpy(&run, &symbol, sizeof(run));
	}
	*ret_run = run;
	return 0;
}

static void
add_bytes(void *arg, const char *data, size_t len)
{
	buf_add(arg, data, len);
}

int
diff_unified(
    struct str old_text, struct str new_text, struct buf *out, struct err *e)
{
	if (str_eq(old_text, new_text))
		return 0;
	diff_module_fn run = NULL;
	int rc = load_module(&run, e);
	if (rc < 0)
		return rc;
	struct diff_job job = { .old_text = old_text,
		.new_text = new_text,
		.add = add_bytes,
		.arg = out };
	rc = run(&job);
	if (rc < 0)
		return err_set(e, ERR_INVALID, "diff: libgit2 error %d", rc);
	return 0;
}
