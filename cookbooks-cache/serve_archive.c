/* SPDX-License-Identifier: MIT */
/* Requests for bundle archives: packing one and unpacking one. */
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/auto.h"
#include "common/fsat.h"
#include "cookbooks-cache/confine.h"
#include "cookbooks-cache/extract.h"
#include "cookbooks-cache/pack.h"
#include "cookbooks-cache/serve_priv.h"
#include "wire/frames.h"

#define ARCHIVE_MAX_BYTES ((int64_t)1 << 30)

static int
need_absolute(const char *what, const char *path, struct err *e)
{
	if (path[0] == '/')
		return 0;
	return err_set(
	    e, ERR_INVALID, "%s '%s': not an absolute path", what, path);
}

static int
pack_roots(struct pack *p, const struct jsn *q, struct err *e)
{
	const struct jsn *roots = jsn_get(q, "roots");
	for (size_t i = 0; i < jsn_len(roots); i++) {
		const struct jsn *root = jsn_at(roots, i);
		const char *path = jsn_peek_str(root, "dir", "");
		int rc = need_absolute("directory", path, e);
		AUTO_FD int dir =
		    rc == 0 ? fsat_open_dir(AT_FDCWD, path, e) : rc;
		if (dir < 0)
			return dir;
		rc = pack_tree(p, dir, jsn_peek_str(root, "prefix", ""),
		    jsn_peek_str(root, "skip", NULL), e);
		if (rc < 0)
			return err_wrap(e, "directory '%s'", path);
	}
	return 0;
}

static int
pack_files(struct pack *p, const struct jsn *q, struct err *e)
{
	const struct jsn *files = jsn_get(q, "files");
	for (size_t i = 0; i < jsn_len(files); i++) {
		const struct jsn *file = jsn_at(files, i);
		int rc = pack_text(p, jsn_peek_str(file, "path", ""),
		    jsn_str(jsn_get(file, "text")), e);
		if (rc < 0)
			return rc;
	}
	return 0;
}

/* Opens the asker's file, then gives up writing anywhere else. */
static int
open_output(const char *path, struct err *e)
{
	int rc = need_absolute("output", path, e);
	if (rc < 0)
		return rc;
	AUTO_FD int fd = open(path, O_WRONLY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return err_sys(e, "open '%s'", path);
	const char *const dirs[] = { NULL };
	rc = confine_writes(dirs, e);
	return rc < 0 ? rc : TAKE_FD(fd);
}

int
serve_pack(const struct jsn *q, struct jsn **ret_reply, struct err *e)
{
	struct pack_limits limits = { FETCH_LIMITS_USUAL,
		jsn_peek_int(q, "max_bytes", ARCHIVE_MAX_BYTES) };
	AUTO(pack_free) struct pack *p = NULL;
	AUTO_FD int fd = open_output(jsn_peek_str(q, "output", ""), e);
	if (fd < 0)
		return fd;
	int rc = pack_begin(fd, &limits, &p, e);
	if (rc == 0)
		rc = pack_roots(p, q, e);
	if (rc == 0)
		rc = pack_files(p, q, e);
	struct pack_total total;
	if (rc == 0)
		rc = pack_end(p, &total, e);
	if (rc < 0)
		return rc;
	struct jsn *reply = wire_frame_new("pack_result");
	jsn_set_str(reply, "sha256", total.sha256.hex);
	jsn_set_int(reply, "bytes", total.bytes);
	jsn_set_int(reply, "files", total.entries);
	*ret_reply = reply;
	return 0;
}

int
serve_unpack(const struct jsn *q, struct jsn **ret_reply, struct err *e)
{
	const char *archive = jsn_peek_str(q, "archive", "");
	const char *path = jsn_peek_str(q, "dir", "");
	struct stage s = { .root = -1, .limits = FETCH_LIMITS_USUAL };
	s.limits.entries = jsn_peek_int(q, "max_entries", s.limits.entries);
	int rc = need_absolute("archive", archive, e);
	if (rc == 0)
		rc = need_absolute("directory", path, e);
	if (rc < 0)
		return rc;
	AUTO_FD int dir = fsat_open_dir(AT_FDCWD, path, e);
	if (dir < 0)
		return dir;
	AUTO_FD int fd = open(archive, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (fd < 0)
		return err_sys(e, "open '%s'", archive);
	const char *const dirs[] = { path, NULL };
	rc = confine_writes(dirs, e);
	s.root = dir;
	if (rc == 0)
		rc = extract_tar(fd, &s, e);
	if (rc == 0 && syncfs(dir) < 0)
		rc = err_sys(e, "sync '%s'", path);
	if (rc < 0)
		return rc;
	struct jsn *reply = wire_frame_new("unpack_result");
	jsn_set_int(reply, "files", s.entries);
	jsn_set_int(reply, "bytes", s.bytes);
	*ret_reply = reply;
	return 0;
}
