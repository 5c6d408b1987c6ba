/* SPDX-License-Identifier: MIT */
/* Stage, manifest, store and the confinement, in a scratch directory. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/auto.h"
#include "common/fsat.h"
#include "cookbooks-cache/confine.h"
#include "cookbooks-cache/manifest.h"
#include "cookbooks-cache/stage.h"
#include "cookbooks-cache/store.h"

static char scratch[] = "/tmp/rl-unit-XXXXXX";
static char *store_at;
static const struct fetch_limits usual = {
	.entries = 100, .tree_bytes = 10000, .file_bytes = 5000
};

static int
make_scratch(void **state)
{
	(void)state;
	store_at =
	    mkdtemp(scratch) != NULL ? path_join(scratch, "store") : NULL;
	return store_at != NULL ? 0 : -1;
}

static int
remove_scratch(void **state)
{
	(void)state;
	str_free(&store_at);
	return fsat_remove_tree(AT_FDCWD, scratch, NULL);
}

static void
put_file(struct stage *s, const char *path, const char *text)
{
	struct stage_file f = { .fd = -1 };
	struct err e = { 0 };
	assert_int_equal(stage_file_open(s, path, false, &f, &e), 0);
	assert_int_equal(stage_file_write(s, &f, str_from(text), &e), 0);
	stage_file_close(&f);
}

/* A store with one tree: a/b ("text"), l -> a/b. */
static struct store *
make_store(struct digest_text *ret_id)
{
	struct store *store = NULL;
	struct err e = { 0 };
	assert_int_equal(store_open(store_at, 0, &store, &e), 0);
	AUTO_STR char *name = NULL;
	AUTO_FD int dir = store_stage(store, &name, &e);
	struct stage s = { .root = dir, .limits = usual };
	put_file(&s, "a/b", "text");
	assert_int_equal(stage_link(&s, "l", "a/b", &e), 0);
	int rc = store_tree_add(store, name, &usual, ret_id, &e);
	if (rc < 0)
		fail_msg("%s", e.text);
	return store;
}

static void
trees_are_known_by_their_manifest(void **state)
{
	(void)state;
	struct digest_text id, again;
	AUTO(store_close) struct store *store = make_store(&id);
	static const char want[] =
	    "rightlink-tree 1\n"
	    "d 0755 a\n"
	    "f 0644 4 982d9e3eb996f559e633f4d194def3761d909f5a3b647d1a85"
	    "1fead67c32c9d1 a/b\n"
	    "l a/b l\n";
	assert_string_equal(
	    id.hex, digest_of(DIGEST_SHA256, str_from(want)).hex);
	struct err e = { 0 };
	assert_int_equal(store_tree_check(store, id.hex, &usual, &e), 0);
	store_close(&store);
	store = make_store(&again);
	assert_string_equal(id.hex, again.hex);
}

static void
changed_trees_are_named(void **state)
{
	(void)state;
	struct digest_text id;
	AUTO(store_close) struct store *store = make_store(&id);
	AUTO_STR char *path = store_tree_path(store, id.hex);
	AUTO_STR char *file = path_join(path, "a/b");
	struct err e = { 0 };
	assert_int_equal(chmod(file, 0600), 0);
	assert_int_equal(
	    store_tree_check(store, id.hex, &usual, &e), ERR_DIGEST);
	assert_non_null(strstr(e.text, "was changed at 'a/b'"));
	assert_int_equal(
	    store_tree_check(store, "../../../etc", &usual, &e), ERR_ABSENT);
}

static int
count_entry(const char *name, void *arg, struct err *e)
{
	(void)name;
	(void)e;
	++*(int *)arg;
	return 0;
}

static void
opening_takes_the_lock_and_clears_litter(void **state)
{
	(void)state;
	struct digest_text id;
	AUTO(store_close) struct store *store = make_store(&id);
	AUTO(store_close) struct store *other = NULL;
	struct err e = { 0 };
	AUTO_STR char *name = NULL;
	AUTO_FD int litter = store_stage(store, &name, &e);
	assert_int_equal(fsat_replace(litter, "x", STR("x"), 0600, 0, &e), 0);
	assert_int_equal(store_open(store_at, 60, &other, &e), ERR_TIMEOUT);
	store_close(&store);
	assert_int_equal(store_open(store_at, 0, &other, &e), 0);
	AUTO_FD int tmp = fsat_open_dir(store_dir(other), "tmp", &e);
	int count = 0;
	assert_int_equal(fsat_each(tmp, count_entry, &count, &e), 0);
	assert_int_equal(count, 0);
	assert_int_equal(store_open("relative", 0, &store, &e), ERR_INVALID);
}

static void
damaged_blobs_and_records_count_as_absent(void **state)
{
	(void)state;
	struct digest_text id;
	AUTO(store_close) struct store *store = make_store(&id);
	struct err e = { 0 };
	AUTO_STR char *name = NULL;
	AUTO_FD int fd = store_blob_begin(store, &name, &e);
	assert_int_equal(fd_write_all(fd, "abc", 3, &e), 0);
	struct digest_text abc = digest_of(DIGEST_SHA256, STR("abc"));
	assert_int_equal(store_blob_commit(store, name, fd, abc.hex, &e), 0);
	assert_int_equal(store_blob_check(store, abc.hex, &e), 0);
	assert_int_equal(fd_write_all(fd, "d", 1, &e), 0);
	assert_int_equal(store_blob_check(store, abc.hex, &e), ERR_ABSENT);
	assert_int_equal(store_blob_check(store, "nothex", &e), ERR_ABSENT);

	AUTO(jsn_free) struct jsn *record = jsn_new_object();
	AUTO(jsn_free) struct jsn *loaded = NULL;
	jsn_set_str(record, "tree", id.hex);
	assert_int_equal(store_ref_save(store, "k k", record, &e), 0);
	assert_int_equal(store_ref_load(store, "k k", &loaded, &e), 0);
	assert_string_equal(jsn_peek_str(loaded, "tree", ""), id.hex);
	jsn_free(&loaded);
	assert_int_equal(
	    store_ref_load(store, "other", &loaded, &e), ERR_ABSENT);
	AUTO_STR char *file =
	    xasprintf("refs/%s.json", digest_of(DIGEST_SHA256, STR("k k")).hex);
	assert_int_equal(
	    fsat_replace(store_dir(store), file, STR("{"), 0600, 0, &e), 0);
	assert_int_equal(store_ref_load(store, "k k", &loaded, &e), ERR_ABSENT);
}

static void
stage_never_writes_through_links(void **state)
{
	(void)state;
	struct digest_text id;
	AUTO(store_close) struct store *store = make_store(&id);
	struct err e = { 0 };
	AUTO_STR char *name = NULL;
	AUTO_FD int dir = store_stage(store, &name, &e);
	struct stage s = { .root = dir, .limits = usual };
	assert_int_equal(symlinkat(scratch, dir, "out"), 0);
	struct stage_file f = { .fd = -1 };
	assert_int_equal(
	    stage_file_open(&s, "out/evil", false, &f, &e), ERR_INVALID);
	assert_int_equal(stage_dir(&s, "out/evil", &e), ERR_INVALID);
	assert_int_equal(stage_link(&s, "out/evil", "x", &e), ERR_INVALID);
	/* A file of the link's name replaces the link, not its target. */
	put_file(&s, "out", "new");
	struct stat st;
	assert_int_equal(fstatat(dir, "out", &st, AT_SYMLINK_NOFOLLOW), 0);
	assert_true(S_ISREG(st.st_mode));
}

static void
stage_limits_count_everything(void **state)
{
	(void)state;
	struct digest_text id;
	AUTO(store_close) struct store *store = make_store(&id);
	struct err e = { 0 };
	AUTO_STR char *name = NULL;
	AUTO_FD int dir = store_stage(store, &name, &e);
	struct stage s = { .root = dir,
		.limits = { .entries = 3, .tree_bytes = 8, .file_bytes = 5 } };
	put_file(&s, "a", "12345");
	struct stage_file f = { .fd = -1 };
	assert_int_equal(stage_file_open(&s, "b", true, &f, &e), 0);
	assert_int_equal(
	    stage_file_write(&s, &f, STR("123456"), &e), ERR_LIMIT);
	assert_int_equal(stage_file_write(&s, &f, STR("1234"), &e), ERR_LIMIT);
	assert_int_equal(stage_file_write(&s, &f, STR("123"), &e), 0);
	stage_file_close(&f);
	assert_int_equal(stage_dir(&s, "c", &e), 0);
	assert_int_equal(stage_dir(&s, "d", &e), ERR_LIMIT);
}

/* In a child, since there is no way back. Its status says what happened. */
static void
confine_child(void)
{
	const char *const dirs[] = { store_at, NULL };
	AUTO_STR char *inside = path_join(store_at, "tmp/in");
	AUTO_STR char *moved = path_join(store_at, "refs/in");
	AUTO_STR char *outside = path_join(scratch, "out");
	if (confine_privileges(NULL) < 0 || confine_writes(dirs, NULL) < 0)
		_exit(10);
	char *const argv[] = { (char *)(uintptr_t) "true", NULL };
	if (execv("/bin/true", argv) != -1 || errno != EPERM)
		_exit(15);
	int fd = open(inside, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0 || rename(inside, moved) < 0 || unlink(moved) < 0)
		_exit(11);
	if (open("/etc/passwd", O_RDONLY | O_CLOEXEC) < 0)
		_exit(12);
	if (open(outside, O_WRONLY | O_CREAT | O_CLOEXEC, 0600) >= 0)
		_exit(13);
	_exit(errno == EACCES ? 0 : 14);
}

static void
confined_process_writes_only_its_directories(void **state)
{
	(void)state;
	struct digest_text id;
	AUTO(store_close) struct store *store = make_store(&id);
	long abi = syscall(SYS_landlock_create_ruleset, NULL, (size_t)0, 1);
	if (abi < 2)
		skip();
	assert_non_null(store);
	pid_t pid = fork();
	if (pid == 0)
		confine_child();
	int status = 0;
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(trees_are_known_by_their_manifest),
		cmocka_unit_test(changed_trees_are_named),
		cmocka_unit_test(opening_takes_the_lock_and_clears_litter),
		cmocka_unit_test(damaged_blobs_and_records_count_as_absent),
		cmocka_unit_test(stage_never_writes_through_links),
		cmocka_unit_test(stage_limits_count_everything),
		cmocka_unit_test(confined_process_writes_only_its_directories),
	};
	return cmocka_run_group_tests(tests, make_scratch, remove_scratch);
}
