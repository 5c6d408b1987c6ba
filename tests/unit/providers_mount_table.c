/* SPDX-License-Identifier: MIT */
/* Reading mountinfo and editing fstab (RES-mount). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "common/auto.h"
#include "providers/mount_table.h"

static const char mountinfo[] =
    "22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw\n"
    "40 22 8:17 / /mnt/data2 rw shared:2 master:3 - ext4 /dev/sdb1 rw\n"
    "41 22 0:40 / /mnt/with\\040blank rw - nfs server:/export/ rw\n"
    "42 22 8:33 / /mnt/twice rw - ext4 /dev/sdc1 rw\n"
    "43 42 0:41 / /mnt/twice rw - tmpfs none rw\n"
    "broken line\n";

static void
res_mount_1_the_last_mount_counts(void **state)
{
	(void)state;
	AUTO(arena_free) struct arena *a = arena_new();
	struct str text = STR(mountinfo);
	assert_string_equal(mountinfo_source(a, text, "/"), "/dev/sda1");
	assert_string_equal(
	    mountinfo_source(a, text, "/mnt/with blank"), "server:/export/");
	assert_string_equal(mountinfo_source(a, text, "/mnt/twice"), "none");
	/* not a beginning of /mnt/data2 */
	assert_null(mountinfo_source(a, text, "/mnt/data"));
}

static const char fstab[] = "# /dev/x /mnt ext4 defaults 0 2\n"
			    "\n"
			    "/dev/a /mnt ext4 defaults 0 1\n"
			    "LABEL=b\t/srv  xfs\tro,noatime\n"
			    "/dev/c /mnt ext4 rw 0 2\n"
			    "/dev/d /with\\040blank ext4 rw 0 2";

static void
res_mount_3_the_last_line_of_a_mount_point_counts(void **state)
{
	(void)state;
	AUTO(arena_free) struct arena *a = arena_new();
	struct fstab_entry entry;
	assert_false(fstab_find(a, STR(fstab), "/dev/a", "/mnt", &entry));
	assert_false(fstab_find(a, STR(fstab), "/dev/x", "/mnt", &entry));
	assert_true(fstab_find(a, STR(fstab), "/dev/c", "/mnt", &entry));
	assert_string_equal(entry.options, "rw");
	assert_string_equal(entry.pass, "2");
	assert_true(fstab_find(a, STR(fstab), "LABEL=b", "/srv", &entry));
	assert_string_equal(entry.fstype, "xfs");
	assert_string_equal(entry.dump, "0");
	assert_true(fstab_find(a, STR(fstab), "/dev/d", "/with blank", &entry));
	assert_string_equal(
	    fstab_escape(a, entry.mount_point), "/with\\040blank");
}

static void
res_mount_6_only_the_line_goes(void **state)
{
	(void)state;
	AUTO(arena_free) struct arena *a = arena_new();
	AUTO_BUF struct buf out = BUF_INIT(4096);
	struct fstab_entry entry;
	assert_true(fstab_find(a, STR(fstab), "LABEL=b", "/srv", &entry));
	fstab_without(STR(fstab), &entry, &out);
	assert_string_equal(buf_text(&out),
	    "# /dev/x /mnt ext4 defaults 0 2\n"
	    "\n"
	    "/dev/a /mnt ext4 defaults 0 1\n"
	    "/dev/c /mnt ext4 rw 0 2\n"
	    "/dev/d /with\\040blank ext4 rw 0 2");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(res_mount_1_the_last_mount_counts),
		cmocka_unit_test(
		    res_mount_3_the_last_line_of_a_mount_point_counts),
		cmocka_unit_test(res_mount_6_only_the_line_goes),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
