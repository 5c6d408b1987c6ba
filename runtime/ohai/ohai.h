/* SPDX-License-Identifier: MIT */
/*
 * Automatic attributes, collected natively. Each top-level key ("platform",
 * "network", ...) belongs to one collector; a collector runs when one of its
 * keys is first read and its values are kept until ohai_reload (RES-ohai-1).
 * Shapes are those that cookbooks of the Ohai 6/7/8 era read: sizes are texts
 * such as "1024kB", link numbers and MTUs are texts, counts are integers.
 *
 *	1. ohai_new("") for this machine, ohai_new("/dir") for a tree that
 *	   looks like one (fixtures: DIR/proc/..., DIR/sys/..., DIR/etc/...)
 *	2. ohai_get as often as wanted
 *	3. ohai_free
 *
 * No collector starts a process, except "languages", which asks perl and
 * python for their versions when they are installed. None talks to the
 * network, except "fqdn" when /etc/hosts does not know the host name: it then
 * asks the resolver once, for at most about two seconds.
 * A machine without a cloud has no cloud keys: they are absent.
 */
#pragma once

#include "common/arena.h"
#include "common/err.h"
#include "resources/value.h"

#define OHAI_KEYS_MAX 8

/*
 * Fills *ret with a MAP of the keys that exist here; a key that is left out is
 * absent on this machine. Negative only when nothing could be found out.
 */
typedef int (*ohai_collect_fn)(
    struct arena *a, const char *root, struct value *ret, struct err *e);

struct ohai_collector {
	const char *keys[OHAI_KEYS_MAX]; /* NULL-terminated unless full */
	ohai_collect_fn collect;
};

extern const struct ohai_collector ohai_collectors[];
extern const size_t ohai_collectors_len;

struct ohai;

/* root is copied; NULL is "". */
struct ohai *ohai_new(const char *root);
void ohai_free(struct ohai **o);
/*
 * The value of a top-level key, valid until ohai_reload or ohai_free.
 * ERR_ABSENT: no collector provides it, or this machine has no such thing.
 */
int ohai_get(struct ohai *o, const char *key, const struct value **ret_value,
    struct err *e) MUST_CHECK;
/* Forgets what the collector of this key found (NULL: everything). An unknown
 * key changes nothing. */
void ohai_reload(struct ohai *o, const char *key);
/* All keys that may exist, in table order; NULL past the end. */
const char *ohai_key(size_t i);
/* The family of a platform ("ubuntu" -> "debian"); the name itself when it is
 * not in the table of distributions (RES-map-3). */
const char *ohai_platform_family(const char *platform);
