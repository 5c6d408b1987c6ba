/* SPDX-License-Identifier: MIT */
/*
 * A whole archive. Properties: no crash, nothing outside the stage, and a
 * tree that was accepted is one that the manifest accepts.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "common/auto.h"
#include "common/fsat.h"
#include "cookbooks-cache/extract.h"
#include "cookbooks-cache/manifest.h"
#include "tests/fuzz/fuzz.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char scratch[] = "/tmp/rl-fuzz-XXXXXX";
	ASSERT(mkdtemp(scratch) != NULL);
	AUTO_STR char *tree = path_join(scratch, "tree");
	int rc = fsat_mkdir_all(AT_FDCWD, tree, 0755, NULL);
	ASSERT(rc == 0);
	AUTO_FD int dir = fsat_open_dir(AT_FDCWD, tree, NULL);
	AUTO_FD int fd = memfd_create("archive", MFD_CLOEXEC);
	ASSERT(dir >= 0 && fd >= 0);
	rc = fd_write_all(fd, data, size, NULL);
	ASSERT(rc == 0 && lseek(fd, 0, SEEK_SET) == 0);
	struct stage stage = { .root = dir,
		.limits = { .entries = 200,
		    .tree_bytes = 1000000,
		    .file_bytes = 500000 } };
	rc = extract_tar(fd, &stage, NULL);
	if (rc == 0) {
		AUTO_BUF struct buf manifest = BUF_INIT(MANIFEST_MAX_BYTES);
		/* Directories on the way to a file are not counted. */
		const struct fetch_limits usual = FETCH_LIMITS_USUAL;
		rc = manifest_make(dir, &usual, 0, &manifest, NULL);
		ASSERT(rc == 0);
	}
	rc = fsat_remove_tree(AT_FDCWD, scratch, NULL);
	ASSERT(rc == 0);
	return 0;
}
