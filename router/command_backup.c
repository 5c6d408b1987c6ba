/* SPDX-License-Identifier: MIT */
/*
 * `rightlink router backup FILE`: the databases as they are at one moment each
 * (SQLite's own copy, while the router runs), keys, certificates, trust,
 * archives, in one tar file that appears when it is whole.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "common/auto.h"
#include "common/fsat.h"
#include "router/commands.h"
#include "router/store.h"
#include "router/tar.h"

#define COPY_DIR "backup-copy"

struct copies {
	struct tar *t;
	int fd; /* of COPY_DIR */
};

static int
add_copy(const char *name, void *arg, struct err *e)
{
	const struct copies *c = arg;
	return tar_add_file(c->t, name, c->fd, name, e);
}

/* The store's files, copied beside it first. */
static int
add_store(struct tar *t, struct router *r, struct err *e)
{
	AUTO_STR char *path = path_join(r->data_path, COPY_DIR);
	int rc = fsat_remove_tree(r->data_fd, COPY_DIR, e);
	if (rc == 0)
		rc = fsat_mkdir_all(r->data_fd, COPY_DIR, 0700, e);
	if (rc == 0)
		rc = store_backup(r->store, path, e);
	AUTO_FD int fd = rc < 0 ? -1 : fsat_open_dir(r->data_fd, COPY_DIR, e);
	struct copies c = { t, fd };
	if (rc == 0)
		rc = fd < 0 ? fd : fsat_each(fd, add_copy, &c, e);
	struct err unused = { 0 };
	(void)!fsat_remove_tree(r->data_fd, COPY_DIR, &unused);
	return rc;
}

static int
add_all(struct tar *t, struct router *r, bool without_root, struct err *e)
{
	static const char *const files[] = { CONFIG_FILE, ROUTER_TRUST_FILE };
	static const char *const trees[] = { "root", "keys", ROUTER_TLS_DIR,
		ROUTER_OPERATOR_DIR, "artefacts" };
	int rc = add_store(t, r, e);
	for (size_t i = 0; i < ARRAY_LEN(files) && rc == 0; i++)
		rc = tar_add_file(t, files[i], r->data_fd, files[i], e);
	for (size_t i = 0; i < ARRAY_LEN(trees) && rc == 0; i++) {
		if (i > 0 || !without_root)
			rc = tar_add_tree(t, r->data_fd, trees[i], e);
	}
	return rc < 0 ? rc : tar_end(t, e);
}

static int
write_backup(struct router *r, const char *file, bool without_root,
    int64_t *ret_bytes, struct err *e)
{
	struct tar t;
	struct stat st;
	AUTO_STR char *part = xasprintf("%s.part", file);
	AUTO_FD int fd = open(
	    part, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return err_sys(e, "make '%s'", part);
	tar_begin(&t, fd);
	int rc = add_all(&t, r, without_root, e);
	if (rc == 0 &&
	    (fsync(fd) < 0 || fstat(fd, &st) < 0 || rename(part, file) < 0))
		rc = err_sys(e, "finish '%s'", file);
	if (rc < 0) {
		unlink(part);
		return err_wrap(e, "backup");
	}
	*ret_bytes = st.st_size;
	return 0;
}

int
router_command_backup(const struct router_options *o)
{
	struct err e = { 0 };
	AUTO(router_close) struct router *r = NULL;
	int64_t bytes = 0;
	if (o->args.len != 1) {
		(void)err_set(&e, ERR_INVALID, "router backup needs one FILE");
		return say_error(o, &e, ROUTER_EXIT_USAGE);
	}
	const char *file = o->args.list[0];
	int rc = router_open(o->data, 1, &r, &e);
	if (rc == 0)
		rc = write_backup(r, file, o->without_root, &bytes, &e);
	if (rc < 0)
		return say_error(o, &e, ROUTER_EXIT_FAILED);
	if (o->json) {
		struct jsn *v = jsn_new_object();
		jsn_set_str(v, "file", file);
		jsn_set_int(v, "bytes", bytes);
		say_json(v);
	} else {
		say("%s has %lld bytes; it holds keys: keep it safe.\n", file,
		    (long long)bytes);
	}
	return ROUTER_EXIT_OK;
}
