/* SPDX-License-Identifier: MIT */
/*
 * mount (RES-mount), in a mount namespace of its own with a scratch file
 * bound over /etc/fstab and fake mount tools.
 */
#include "tests/provider/drive.h"

#include <sched.h>
#include <sys/mount.h>
#include <unistd.h>

#include "tests/provider/tools.h"

/* Nothing may reach the real fstab: the bind is proved. */
static bool
enter_namespace(struct drive *d)
{
	struct stat ours, theirs;
	drive_put(d, "fstab", "# static\n/dev/other /other ext4 rw 0 0\n");
	if (access("/etc/fstab", F_OK) != 0 || unshare(CLONE_NEWNS) < 0 ||
	    mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
	    mount(drive_path(d, "fstab"), "/etc/fstab", NULL, MS_BIND, NULL) <
		0)
		return false;
	return stat(drive_path(d, "fstab"), &ours) == 0 &&
	       stat("/etc/fstab", &theirs) == 0 &&
	       ours.st_ino == theirs.st_ino && ours.st_dev == theirs.st_dev;
}

static int
setup(void **state)
{
	struct drive *d = drive_new();
	*state = d;
	if (!enter_namespace(d)) {
		drive_free(&d);
		*state = NULL;
		return 0;
	}
	tools_put(d, "mount", "exit 0\n");
	tools_put(d, "umount", "exit 0\n");
	assert_int_equal(mkdir(drive_path(d, "mp"), 0755), 0);
	drive_put(d, "disk", "");
	return 0;
}

static int
teardown(void **state)
{
	struct drive *d = *state;
	if (d == NULL)
		return 0;
	while (umount2(drive_path(d, "mp"), MNT_DETACH) == 0)
		continue;
	umount2("/etc/fstab", MNT_DETACH);
	drive_free(&d);
	return 0;
}

static void
new_mount(struct drive *d, const char *device)
{
	drive_resource(d, "mount", drive_path(d, "mp"));
	drive_text(d, "device", device);
}

static void
res_mount_4_mounts_what_is_not_mounted(void **state)
{
	struct drive *d = *state;
	if (d == NULL)
		skip();
	const char *mp = drive_path(d, "mp"), *disk = drive_path(d, "disk");
	new_mount(d, disk);
	drive_text(d, "fstype", "ext4");
	drive_text(d, "options", "rw, noatime");
	drive_run(d, "mount");
	drive_expect(d, arena_printf(d->arena, "mount %s to %s\n", disk, mp));
	tools_expect(d, arena_printf(d->arena,
			    "mount -t ext4 -o rw,noatime %s %s\n", disk, mp));
	/* as the kernel lists a mounted device of this name */
	assert_int_equal(mount(disk, mp, "tmpfs", 0, "size=64k"), 0);
	drive_run(d, "mount");
	drive_expect(d, "");
	drive_run(d, "umount");
	drive_expect(d, arena_printf(d->arena, "unmount %s\n", disk));
	tools_expect(d, arena_printf(d->arena, "umount %s\n", mp));
	/* something else is mounted over it: then it is not */
	assert_int_equal(mount("none", mp, "tmpfs", 0, "size=64k"), 0);
	drive_run(d, "umount");
	drive_expect(d, "");
}

static void
res_mount_4_device_and_mount_point_must_be_there(void **state)
{
	struct drive *d = *state;
	if (d == NULL)
		skip();
	new_mount(d, drive_path(d, "nodisk"));
	drive_run(d, "mount");
	drive_expect_failure(d, "Chef::Exceptions::Mount", "does not exist");
	drive_why_run(d, "mount");
	assert_int_equal(d->rc, 0);
	drive_resource(d, "mount", drive_path(d, "nomp"));
	drive_text(d, "device", "server:/export");
	drive_run(d, "mount");
	drive_expect_failure(d, "Chef::Exceptions::Mount", "Mount point");
	new_mount(d, "server:/export");
	drive_text(d, "fstype", "nfs");
	drive_run(d, "mount");
	assert_int_equal(d->rc, 0);
}

static void
res_mount_5_remount_with_and_without_support(void **state)
{
	struct drive *d = *state;
	if (d == NULL)
		skip();
	const char *mp = drive_path(d, "mp"), *disk = drive_path(d, "disk");
	assert_int_equal(mount(disk, mp, "tmpfs", 0, "size=64k"), 0);
	new_mount(d, disk);
	struct value_pair *pair = arena_new_of(d->arena, struct value_pair);
	pair->key = value_of_symbol(d->arena, "remount");
	pair->value = value_of_bool(true);
	resource_set(d->want, "supports",
	    (struct value){ .type = VALUE_MAP, .map = { pair, 1 } });
	drive_run(d, "remount");
	drive_expect(d, arena_printf(d->arena, "remount %s\n", disk));
	tools_expect(d, arena_printf(d->arena, "mount -o remount %s\n", mp));
	/* without support, and umount that does nothing */
	pair->value = value_of_bool(false);
	drive_run(d, "remount");
	drive_expect_failure(d, "Chef::Exceptions::Mount", "still mounted");
}

static void
res_mount_6_fstab_gets_and_loses_its_line(void **state)
{
	struct drive *d = *state;
	if (d == NULL)
		skip();
	const char *mp = drive_path(d, "mp"), *disk = drive_path(d, "disk");
	const char *other = "# static\n/dev/other /other ext4 rw 0 0\n";
	new_mount(d, disk);
	drive_text(d, "fstype", "xfs");
	drive_bool(d, "dump", false);
	drive_run(d, "enable");
	drive_expect(d, arena_printf(d->arena, "enable %s\n", disk));
	drive_expect_content(d, "fstab",
	    arena_printf(
		d->arena, "%s%s %s xfs defaults 0 2\n", other, disk, mp));
	drive_run(d, "enable");
	drive_expect(d, "");
	drive_int(d, "pass", 0);
	drive_text(d, "options", "ro");
	drive_run(d, "enable");
	drive_expect_content(d, "fstab",
	    arena_printf(d->arena, "%s%s %s xfs ro 0 0\n", other, disk, mp));
	drive_run(d, "disable");
	drive_expect(d, arena_printf(d->arena, "disable %s\n", disk));
	drive_expect_content(d, "fstab", other);
	drive_run(d, "disable");
	drive_expect(d, "");
}

static void
res_file_12_a_file_that_is_a_mount_is_written_in_place(void **state)
{
	struct drive *d = *state;
	if (d == NULL)
		skip();
	const char *path = drive_path(d, "mounted");
	drive_put(d, "below", "old");
	drive_put(d, "mounted", "");
	assert_int_equal(
	    mount(drive_path(d, "below"), path, NULL, MS_BIND, NULL), 0);
	drive_resource(d, "file", path);
	drive_text(d, "content", "new");
	drive_text(d, "mode", "0600");
	drive_run(d, "create");
	assert_int_equal(d->rc, 0);
	drive_expect_content(d, "below", "new");
	assert_int_equal(drive_stat(d, "below").st_mode & 07777, 0600);
	drive_run(d, "create");
	drive_expect(d, "");
	assert_int_equal(umount2(path, MNT_DETACH), 0);
}

#define MOUNT_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		MOUNT_TEST(res_mount_4_mounts_what_is_not_mounted),
		MOUNT_TEST(res_mount_4_device_and_mount_point_must_be_there),
		MOUNT_TEST(res_mount_5_remount_with_and_without_support),
		MOUNT_TEST(res_mount_6_fstab_gets_and_loses_its_line),
		MOUNT_TEST(
		    res_file_12_a_file_that_is_a_mount_is_written_in_place),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
