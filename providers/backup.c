/* SPDX-License-Identifier: MIT */
/*
 * A backup is called <name>.chef-YYYYmmddHHMMSS.uuuuuu, so that names sort by
 * age.
 */
#include "providers/backup.h"

#include <string.h>
#include <time.h>

#include "common/auto.h"
#include "common/fsat.h"
#include "common/str.h"

#define BACKUP_MARK ".chef-"

static int64_t
wanted_count(const struct resource *r)
{
	const struct value *v = resource_get(r, "backup");
	if (v->type == VALUE_BOOL)
		return 0;
	return v->type == VALUE_INT ? v->integer : 5;
}

/* Below file_backup_path, or beside the file when that is not set. */
static const char *
backup_base(struct provider_run *run, const char *path)
{
	const struct services *s = run->services;
	struct value dir = s->config(s->arg, run->arena, "file_backup_path");
	const char *root = value_text(&dir, "");
	if (root[0] == '\0')
		return path;
	return arena_printf(
	    run->arena, "%s%s%s", root, path[0] == '/' ? "" : "/", path);
}

static const char *
stamp_now(struct arena *a)
{
	struct timespec now;
	struct tm local;
	char text[32];
	clock_gettime(CLOCK_REALTIME, &now);
	localtime_r(&now.tv_sec, &local);
	size_t len = strftime(text, sizeof(text), "%Y%m%d%H%M%S", &local);
	return arena_printf(
	    a, "%.*s.%06ld", (int)len, text, now.tv_nsec / 1000);
}

/* NAME.chef-<digits and dots>? */
static bool
is_backup_of(const char *entry, const char *base)
{
	size_t len = strlen(base);
	if (strncmp(entry, base, len) != 0 ||
	    !text_has_prefix(entry + len, BACKUP_MARK))
		return false;
	const char *stamp = entry + len + sizeof(BACKUP_MARK) - 1;
	return stamp[0] != '\0' && stamp[strspn(stamp, "0123456789.")] == '\0';
}

static int
prune(struct provider_run *run, struct host *host, const char *base,
    int64_t keep, struct err *e)
{
	AUTO_STR char *dir = path_dirname(base);
	const char **names;
	size_t count;
	int rc = view_list(host_view(host), run->arena, dir, &names, &count, e);
	if (rc < 0)
		return rc;
	int64_t seen = 0;
	for (size_t i = count; i-- > 0;) {
		if (!is_backup_of(names[i], path_basename(base)) ||
		    seen++ < keep)
			continue;
		const char *old =
		    arena_printf(run->arena, "%s/%s", dir, names[i]);
		rc = host_unlink(host, old, e);
		if (rc < 0)
			return rc;
		run->services->log(run->services->arg, SERVICE_INFO,
		    arena_printf(run->arena, "%s removed backup at %s",
			run->want->id, old));
	}
	return 0;
}

int
backup_make(struct provider_run *run, struct host *host, const char *path,
    struct err *e)
{
	int64_t keep = wanted_count(run->want);
	if (keep <= 0 || !view_exists(host_view(host), path))
		return 0;
	const char *base = backup_base(run, path);
	AUTO_STR char *dir = path_dirname(base);
	int rc = host_mkdir(host, dir, true, e);
	if (rc < 0)
		return err_wrap(e, "backup of '%s'", path);
	const char *to = arena_printf(
	    run->arena, "%s" BACKUP_MARK "%s", base, stamp_now(run->arena));
	rc = host_copy(host, path, to, true, e);
	if (rc < 0)
		return err_wrap(e, "backup of '%s'", path);
	run->services->log(run->services->arg, SERVICE_INFO,
	    arena_printf(run->arena, "%s backed up to %s", run->want->id, to));
	return prune(run, host, base, keep, e);
}
