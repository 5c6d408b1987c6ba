/* SPDX-License-Identifier: MIT */
/*
 * For collectors: maps and lists that grow in an arena, and reading of small
 * files below a root prefix. What cannot be read is NULL or empty here: a
 * missing file means a missing attribute, never a failed run.
 */
#pragma once

#include "runtime/ohai/ohai.h"

struct ifaddrs;

int ohai_collect_platform(
    struct arena *a, const char *root, struct value *ret, struct err *e);
int ohai_collect_kernel(
    struct arena *a, const char *root, struct value *ret, struct err *e);
int ohai_collect_hostname(
    struct arena *a, const char *root, struct value *ret, struct err *e);
int ohai_collect_fqdn(
    struct arena *a, const char *root, struct value *ret, struct err *e);
int ohai_collect_network(
    struct arena *a, const char *root, struct value *ret, struct err *e);
int ohai_collect_memory(
    struct arena *a, const char *root, struct value *ret, struct err *e);
int ohai_collect_cpu(
    struct arena *a, const char *root, struct value *ret, struct err *e);
int ohai_collect_filesystem(
    struct arena *a, const char *root, struct value *ret, struct err *e);
int ohai_collect_block_device(
    struct arena *a, const char *root, struct value *ret, struct err *e);
int ohai_collect_virtualization(
    struct arena *a, const char *root, struct value *ret, struct err *e);
int ohai_collect_dmi(
    struct arena *a, const char *root, struct value *ret, struct err *e);
int ohai_collect_init_package(
    struct arena *a, const char *root, struct value *ret, struct err *e);
int ohai_collect_etc(
    struct arena *a, const char *root, struct value *ret, struct err *e);
int ohai_collect_uptime(
    struct arena *a, const char *root, struct value *ret, struct err *e);
int ohai_collect_time(
    struct arena *a, const char *root, struct value *ret, struct err *e);
int ohai_collect_languages(
    struct arena *a, const char *root, struct value *ret, struct err *e);
int ohai_collect_packages(
    struct arena *a, const char *root, struct value *ret, struct err *e);
int ohai_collect_fixed(
    struct arena *a, const char *root, struct value *ret, struct err *e);

/* The network collector for a given list of addresses (tests). */
void ohai_build_network(struct arena *a, const char *root,
    const struct ifaddrs *addresses, struct value *ret);

/* A map under construction; a later put of the same key replaces. Keys and
 * texts are copied. */
struct ohai_map {
	struct arena *arena;
	struct value_pair *pairs;
	size_t len, room;
};

void ohai_map_init(struct ohai_map *m, struct arena *a);
void ohai_map_put(struct ohai_map *m, const char *key, struct value v);
/* Without a look for the key: for many that are all different. */
void ohai_map_add(struct ohai_map *m, const char *key, struct value v);
/* A NULL text or empty view with NULL data puts nothing. */
void ohai_map_text(struct ohai_map *m, const char *key, const char *text);
void ohai_map_str(struct ohai_map *m, const char *key, struct str text);
void ohai_map_int(struct ohai_map *m, const char *key, int64_t n);
void ohai_map_float(struct ohai_map *m, const char *key, double d);
struct value ohai_map_end(const struct ohai_map *m);

struct ohai_list {
	struct arena *arena;
	struct value *items;
	size_t len, room;
};

void ohai_list_init(struct ohai_list *l, struct arena *a);
void ohai_list_add(struct ohai_list *l, struct value v);
struct value ohai_list_end(const struct ohai_list *l);
/* The non-empty parts between separators. */
struct value ohai_list_of_words(struct arena *a, struct str text, char sep);

/* "root/path"; in the arena. */
const char *ohai_path(struct arena *a, const char *root, const char *path);
/* Whole text (at most 4 MiB) or NULL. path is absolute as on the machine. */
const char *ohai_read(struct arena *a, const char *root, const char *path);
/* The first line without blanks around, NULL when absent or empty. */
const char *ohai_line(struct arena *a, const char *root, const char *path);
bool ohai_has(struct arena *a, const char *root, const char *path);
/* Names in a directory, sorted; NULL-terminated, never NULL. */
const char *const *ohai_names(
    struct arena *a, const char *root, const char *path);
/* Splits at runs of blanks; returns the number of fields stored. */
size_t ohai_fields(struct str line, struct str *fields, size_t max);
/* "key: value" or "key=value" at the first separator, both trimmed and the
 * value without surrounding quotes. False without a separator. */
bool ohai_pair(
    struct str line, char sep, struct str *ret_key, struct str *ret_value);
/* Value of KEY=value in a text of such lines, in the arena, or NULL. */
const char *ohai_lookup(
    struct arena *a, const char *text, char sep, const char *key);
