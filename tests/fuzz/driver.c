/* SPDX-License-Identifier: MIT */
/* Gives each file of the named directories to the target; without any file
 * the test fails. */
#include <fcntl.h>
#include <stdio.h>

#include "common/auto.h"
#include "common/fsat.h"
#include "tests/fuzz/fuzz.h"

#define INPUT_MAX_BYTES ((size_t)8 << 20)

struct feeding {
	int dir, count;
};

static int
feed(const char *name, void *arg, struct err *e)
{
	struct feeding *f = arg;
	AUTO_BUF struct buf text = BUF_INIT(INPUT_MAX_BYTES);
	int rc = fsat_read(f->dir, name, INPUT_MAX_BYTES, &text, e);
	if (rc < 0)
		return rc;
	f->count++;
	LLVMFuzzerTestOneInput((const uint8_t *)buf_text(&text), text.len);
	return 0;
}

int
main(int argc, char **argv)
{
	struct feeding f = { 0 };
	struct err e = { 0 };
	for (int i = 1; i < argc; i++) {
		AUTO_FD int dir = fsat_open_dir(AT_FDCWD, argv[i], &e);
		f.dir = dir;
		if (dir < 0 || fsat_each(dir, feed, &f, &e) < 0) {
			fprintf(stderr, "%s\n", e.text);
			return 1;
		}
	}
	printf("%d inputs\n", f.count);
	return f.count > 0 ? 0 : 1;
}
