/* SPDX-License-Identifier: MIT */
/* kernel, os, os_version, uptime, ohai_time, init_package. */
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>

#include "runtime/ohai/collect_priv.h"

/* /proc/modules: name size refcount users state address */
static struct value
modules_of(struct arena *a, const char *root)
{
	struct ohai_map all;
	ohai_map_init(&all, a);
	struct str rest = str_from(ohai_read(a, root, "/proc/modules"));
	struct str line, f[3];
	while (str_split(&rest, '\n', &line)) {
		if (ohai_fields(line, f, ARRAY_LEN(f)) < ARRAY_LEN(f))
			continue;
		struct ohai_map one;
		ohai_map_init(&one, a);
		ohai_map_str(&one, "size", f[1]);
		ohai_map_str(&one, "refcount", f[2]);
		ohai_map_put(&all, arena_strndup(a, f[0].data, f[0].len),
		    ohai_map_end(&one));
	}
	return ohai_map_end(&all);
}

int
ohai_collect_kernel(
    struct arena *a, const char *root, struct value *ret, struct err *e)
{
	struct utsname u;
	if (uname(&u) < 0)
		return err_sys(e, "uname");
	struct ohai_map m, k;
	ohai_map_init(&k, a);
	ohai_map_text(&k, "name", u.sysname);
	ohai_map_text(&k, "release", u.release);
	ohai_map_text(&k, "version", u.version);
	ohai_map_text(&k, "machine", u.machine);
	ohai_map_text(&k, "processor", u.machine);
	ohai_map_text(&k, "os", "GNU/Linux");
	ohai_map_put(&k, "modules", modules_of(a, root));
	ohai_map_init(&m, a);
	ohai_map_put(&m, "kernel", ohai_map_end(&k));
	ohai_map_text(&m, "os", "linux");
	ohai_map_text(&m, "os_version", u.release);
	*ret = ohai_map_end(&m);
	return 0;
}

/* "1 days 02 hours 03 minutes 04 seconds"; zero units in front left out. */
static const char *
in_words(struct arena *a, int64_t s)
{
	long long days = s / 86400, hours = s / 3600 % 24;
	long long minutes = s / 60 % 60, seconds = s % 60;
	if (days > 0)
		return arena_printf(a,
		    "%lld days %02lld hours %02lld minutes %02lld seconds",
		    days, hours, minutes, seconds);
	if (hours > 0)
		return arena_printf(a,
		    "%lld hours %02lld minutes %02lld seconds", hours, minutes,
		    seconds);
	if (minutes > 0)
		return arena_printf(
		    a, "%lld minutes %02lld seconds", minutes, seconds);
	return arena_printf(a, "%02lld seconds", seconds);
}

int
ohai_collect_uptime(
    struct arena *a, const char *root, struct value *ret, struct err *e)
{
	(void)e;
	static const char *const keys[][2] = {
		{ "uptime_seconds", "uptime" },
		{ "idletime_seconds", "idletime" },
	};
	struct ohai_map m;
	struct str f[2];
	ohai_map_init(&m, a);
	size_t n = ohai_fields(
	    str_from(ohai_line(a, root, "/proc/uptime")), f, ARRAY_LEN(f));
	for (size_t i = 0; i < n; i++) {
		int64_t s = strtoll(f[i].data, NULL, 10);
		ohai_map_int(&m, keys[i][0], s);
		ohai_map_text(&m, keys[i][1], in_words(a, s));
	}
	*ret = ohai_map_end(&m);
	return 0;
}

int
ohai_collect_time(
    struct arena *a, const char *root, struct value *ret, struct err *e)
{
	(void)root;
	struct timespec now;
	if (clock_gettime(CLOCK_REALTIME, &now) < 0)
		return err_sys(e, "clock_gettime");
	struct ohai_map m;
	ohai_map_init(&m, a);
	ohai_map_float(
	    &m, "ohai_time", (double)now.tv_sec + (double)now.tv_nsec / 1e9);
	*ret = ohai_map_end(&m);
	return 0;
}

int
ohai_collect_init_package(
    struct arena *a, const char *root, struct value *ret, struct err *e)
{
	(void)e;
	struct ohai_map m;
	ohai_map_init(&m, a);
	ohai_map_text(&m, "init_package", ohai_line(a, root, "/proc/1/comm"));
	*ret = ohai_map_end(&m);
	return 0;
}
