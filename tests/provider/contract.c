/* SPDX-License-Identifier: MIT */
/*
 * The contract that every provider keeps: a why-run changes nothing; the
 * first run changes what it announced; the second run changes nothing, not
 * even a time stamp; the plan mentions the change. One row a case.
 */
#include "tests/provider/tools.h"

#include <unistd.h>

struct row {
	const char *type, *name, *action;
	void (*prepare)(struct drive *d); /* may be NULL */
	const char *mentions[4];          /* in the plan's text, why-run too */
};

static void
file_new(struct drive *d)
{
	drive_text(d, "content", "hello\n");
	drive_text(d, "mode", "0600");
}

static void
file_changed(struct drive *d)
{
	drive_put(d, "f", "old\n");
	drive_text(d, "content", "new\n");
	drive_text(d, "mode", "0640");
}

static void
file_there(struct drive *d)
{
	drive_put(d, "f", "old\n");
}

static void
shipped(struct drive *d)
{
	drive_put(d, "cookbook/files/f", "shipped\n");
}

static void
rendered(struct drive *d)
{
	drive_put(d, "cookbook/templates/f.erb", "<%= 1 %>\n");
	d->rendered = "1\n";
	drive_text(d, "mode", "0644");
}

static void
rendered_over(struct drive *d)
{
	rendered(d);
	drive_put(d, "f", "0\n");
}

static void
directory_deep(struct drive *d)
{
	drive_bool(d, "recursive", true);
	drive_text(d, "mode", "0711");
}

static void
directory_open(struct drive *d)
{
	drive_put(d, "f/inside", "x");
	drive_text(d, "mode", "0700");
}

static void
directory_full(struct drive *d)
{
	drive_put(d, "f/x/y", "z");
	drive_bool(d, "recursive", true);
}

static void
link_new(struct drive *d)
{
	drive_text(d, "to", "target");
}

static void
link_over_file(struct drive *d)
{
	drive_put(d, "f", "x");
	drive_text(d, "to", drive_path(d, "target"));
}

static void
link_hard(struct drive *d)
{
	drive_put(d, "target", "x");
	drive_text(d, "to", drive_path(d, "target"));
	drive_symbol(d, "link_type", "hard");
}

static void
link_old(struct drive *d)
{
	drive_text(d, "to", "target");
	assert_int_equal(symlink("target", drive_path(d, "f")), 0);
}

static void
downloaded(struct drive *d)
{
	static const struct drive_answer answer = { "http://x.test/f", 200,
		"body\n", NULL };
	d->answers[d->answer_count++] = answer;
	drive_put(d, "f", "old\n");
	drive_text(d, "source", "http://x.test/f");
	/* with it the second run needs no network and writes no cache */
	drive_text(d, "checksum", "9e2ec9");
}

static void
copied(struct drive *d)
{
	drive_put(d, "src", "copied\n");
	drive_put(d, "f", "old\n");
	drive_text(d, "source",
	    arena_printf(d->arena, "file://%s", drive_path(d, "src")));
}

static void
tree_new(struct drive *d)
{
	drive_put(d, "cookbook/files/tree/a", "1\n");
	drive_put(d, "cookbook/files/tree/.dot/b", "2\n");
	drive_text(d, "source", "tree");
	drive_text(d, "mode", "0711");
}

static void
tree_purged(struct drive *d)
{
	tree_new(d);
	drive_put(d, "f/a", "1\n");
	drive_put(d, "f/.dot/b", "2\n");
	drive_put(d, "f/other/c", "3\n");
	drive_bool(d, "purge", true);
}

static void
creates(struct drive *d)
{
	drive_text(d, "cwd", d->dir);
	drive_text(d, "command", "echo done > made");
	drive_text(d, "creates", "made");
}

static void
script_creates(struct drive *d)
{
	drive_text(d, "cwd", d->dir);
	drive_text(d, "code", "echo done > made");
	drive_text(d, "creates", "made");
}

/* A package manager whose only package is f; $STATE/in: it is installed. */
static void
packages(struct drive *d)
{
	d->provider = "Package::Apt";
	drive_text(d, "package_name", "p");
	tools_put_quiet(d, "apt-get",
	    "case \"$*\" in *install*) touch $STATE/in;; "
	    "*) rm $STATE/in;; esac");
	tools_put_quiet(d, "apt-cache",
	    "test -e $STATE/in && i=1 || i='(none)'\n"
	    "printf 'p:\\n  Installed: %s\\n  Candidate: 1\\n' \"$i\"");
}

static void
package_there(struct drive *d)
{
	packages(d);
	drive_put(d, "in", "");
}

static void
service_stopped(struct drive *d)
{
	drive_text(d, "status_command",
	    arena_printf(d->arena, "test -e %s/on", d->dir));
	drive_text(
	    d, "start_command", arena_printf(d->arena, "touch %s/on", d->dir));
	drive_text(
	    d, "stop_command", arena_printf(d->arena, "rm %s/on", d->dir));
}

static void
service_started(struct drive *d)
{
	service_stopped(d);
	drive_put(d, "on", "");
}

static void
crontab(struct drive *d)
{
	tools_put_quiet(d, "crontab",
	    "case $1 in -l) test -f $STATE/tab || exit 1; cat $STATE/tab;;\n"
	    "*) cat > $STATE/tab;; esac");
	drive_text(d, "minute", "5");
	drive_text(d, "command", "true");
}

static void
crontab_full(struct drive *d)
{
	crontab(d);
	drive_put(d, "tab",
	    arena_printf(
		d->arena, "# Chef Name: %s\n@daily old\n", drive_path(d, "f")));
}

static void
array(struct drive *d)
{
	tools_put_quiet(d, "mdadm",
	    "case $1 in --detail) test -e $STATE/md || exit 4;;\n"
	    "--create) touch $STATE/md;; esac");
}

static const struct row rows[] = {
	{ "file", "f", "create", file_new,
	    { "create new file", "change mode from '' to '0600'" } },
	{ "file", "f", "create", file_changed,
	    { "update content in file", "from '0644' to '0640'" } },
	{ "file", "f", "create", NULL, { "create new file" } },
	{ "file", "f", "create_if_missing", file_new, { "create new file" } },
	{ "file", "f", "delete", file_there, { "delete file" } },
	{ "cookbook_file", "f", "create", shipped, { "create new file" } },
	{ "template", "f", "create", rendered, { "create new file" } },
	{ "template", "f", "create", rendered_over,
	    { "update content in file" } },
	{ "remote_file", "f", "create", downloaded,
	    { "update content in file" } },
	{ "remote_file", "f", "create", copied, { "update content in file" } },
	{ "remote_directory", "f", "create", tree_new,
	    { "create new directory", "change mode from '' to '0711'" } },
	{ "remote_directory", "f", "create", tree_purged,
	    { "delete unmanaged file", "delete unmanaged directory" } },
	{ "directory", "f", "create", NULL, { "create new directory" } },
	{ "directory", "f/g/h", "create", directory_deep,
	    { "create new directory", "change mode from '' to '0711'" } },
	{ "directory", "f", "create", directory_open,
	    { "change mode from '0755' to '0700'" } },
	{ "directory", "f", "delete", directory_full,
	    { "delete existing directory" } },
	{ "link", "f", "create", link_new,
	    { "create symlink at", "to target" } },
	{ "link", "f", "create", link_over_file,
	    { "unlink existing file at", "create symlink at" } },
	{ "link", "f", "create", link_hard, { "create hard link at" } },
	{ "link", "f", "delete", link_old, { "delete link at" } },
	{ "execute", "f", "run", creates, { "execute echo done" } },
	{ "bash", "f", "run", script_creates, { "execute \"bash\"" } },
	{ "package", "f", "install", packages,
	    { "install version 1 of package p" } },
	{ "package", "f", "upgrade", packages,
	    { "upgrade package p from uninstalled to 1" } },
	{ "package", "f", "remove", package_there, { "remove  package p" } },
	{ "service", "f", "start", service_stopped, { "start service" } },
	{ "service", "f", "stop", service_started, { "stop service" } },
	{ "cron", "f", "create", crontab, { "add crontab entry" } },
	{ "cron", "f", "create", crontab_full, { "update crontab entry" } },
	{ "cron", "f", "delete", crontab_full, { "save unmodified" } },
	{ "mdadm", "f", "create", array, { "create RAID device" } },
};

static void
mentions_all(const struct drive *d, const struct row *row)
{
	for (size_t i = 0; i < ARRAY_LEN(row->mentions); i++) {
		if (row->mentions[i] != NULL &&
		    strstr(buf_text(&d->lines), row->mentions[i]) == NULL)
			fail_msg("%s %s: '%s' is not in '%s'", row->type,
			    row->action, row->mentions[i], buf_text(&d->lines));
	}
}

static void
must_succeed(const struct drive *d, const struct row *row)
{
	if (d->rc < 0)
		fail_msg("%s %s: %s", row->type, row->action, d->error.text);
}

static void
check_row(struct drive *d, const struct row *row)
{
	drive_resource(d, row->type, drive_path(d, row->name));
	if (row->prepare != NULL)
		row->prepare(d);
	const char *before = drive_snapshot(d);
	drive_why_run(d, row->action);
	must_succeed(d, row);
	assert_true(d->updated);
	mentions_all(d, row);
	assert_string_equal(drive_snapshot(d), before);
	drive_run(d, row->action);
	must_succeed(d, row);
	assert_true(d->updated);
	mentions_all(d, row);
	const char *after = drive_snapshot(d);
	assert_string_not_equal(after, before);
	drive_run(d, row->action);
	must_succeed(d, row);
	assert_int_equal(d->changes, 0);
	assert_false(d->updated);
	assert_string_equal(drive_snapshot(d), after);
}

static void
every_row_keeps_the_contract(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(drive_free) struct drive *d = drive_new();
		check_row(d, &rows[i]);
	}
}

#define SECRET "geheim-4711"

static void
secret_file(struct drive *d)
{
	drive_text(d, "content", SECRET "\n");
}

static void
secret_shipped(struct drive *d)
{
	drive_put(d, "cookbook/files/f", SECRET "\n");
}

static void
secret_rendered(struct drive *d)
{
	drive_put(d, "cookbook/templates/f.erb", "<%= @word %>\n");
	d->rendered = SECRET "\n";
}

static void
secret_downloaded(struct drive *d)
{
	static const struct drive_answer answer = { "http://x.test/f", 200,
		SECRET "\n", NULL };
	d->answers[d->answer_count++] = answer;
	drive_text(d, "source", "http://x.test/f");
}

static const struct row secrets[] = {
	{ "file", "f", "create", secret_file, { NULL } },
	{ "cookbook_file", "f", "create", secret_shipped, { NULL } },
	{ "template", "f", "create", secret_rendered, { NULL } },
	{ "remote_file", "f", "create", secret_downloaded, { NULL } },
};

/* Nor what was there before. */
static void
sensitive_content_is_never_printed(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(secrets); i++) {
		AUTO(drive_free) struct drive *d = drive_new();
		drive_put(d, "f", "old " SECRET "\n");
		drive_resource(d, secrets[i].type, drive_path(d, "f"));
		secrets[i].prepare(d);
		d->want->sensitive = true;
		for (int why_run = 1; why_run >= 0; why_run--) {
			if (why_run)
				drive_why_run(d, "create");
			else
				drive_run(d, "create");
			must_succeed(d, &secrets[i]);
			assert_true(d->updated);
			assert_null(strstr(buf_text(&d->lines), SECRET));
			assert_null(strstr(buf_text(&d->details), SECRET));
			assert_null(strstr(buf_text(&d->log), SECRET));
			assert_false(resource_has(d->want, "diff"));
		}
		drive_expect_content(d, "f", SECRET "\n");
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_row_keeps_the_contract),
		cmocka_unit_test(sensitive_content_is_never_printed),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
