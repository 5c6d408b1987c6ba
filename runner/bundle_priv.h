/* SPDX-License-Identifier: MIT */
/* Inside the bundle reader: collecting errors, checked access to YAML. */
#pragma once

#include "runner/bundle.h"

struct bundle_reader {
	struct bundle *bundle;
	const char *where; /* file that is read, as shown */
	struct buf *errors;
	size_t errors_len;
};

#define ERRORS_MAX_BYTES ((size_t)1900)
#define TIMEOUT_MAX_SECONDS 604800 /* a week */

/* One more error at `node` (NULL: at the file). */
void reader_fault(struct bundle_reader *r, const struct yml *node,
    const char *fmt, ...) PRINTF_LIKE(3, 4);
/* 0, or ERR_INVALID with the collected lines. */
int reader_finish(struct bundle_reader *r, struct err *e) MUST_CHECK;
/* Faults for members of map that are not in the NULL-terminated list. */
void reader_check_keys(
    struct bundle_reader *r, const struct yml *map, const char *const *keys);
/* Absent (or null) gives the fallback; a wrong type is a fault. Texts accept
 * numbers and booleans as written ("1.10" stays "1.10"). */
const char *reader_text(struct bundle_reader *r, const struct yml *map,
    const char *key, const char *fallback);
bool reader_bool(struct bundle_reader *r, const struct yml *map,
    const char *key, bool fallback);
int64_t reader_int(struct bundle_reader *r, const struct yml *map,
    const char *key, int64_t fallback, int64_t max);
/* NULL when absent; a fault when it is no list or too long. */
const struct yml *reader_list(
    struct bundle_reader *r, const struct yml *map, const char *key);
const struct yml *reader_map(
    struct bundle_reader *r, const struct yml *map, const char *key);
/* Keeps v alive as long as the bundle; returns it. */
struct jsn *reader_hold(struct bundle_reader *r, struct jsn *v);
char *reader_dup(struct bundle_reader *r, const char *text);

/* Is `text` a plain name: letters, digits and the bytes of `more`? */
bool is_plain_name(const char *text, const char *more);
/* A relative path without "..", "." parts and empty parts? */
bool is_inner_path(const char *text);

/* runner/bundle_inputs.c */
void read_inputs(
    struct bundle_reader *r, const struct yml *map, struct bundle_inputs *ret);
struct bundle_input *inputs_add(struct arena *a, struct bundle_inputs *list);
bool input_name_is_valid(const char *name);
/* Why value does not fit the type, or NULL when it does. */
const char *input_type_fault(enum input_type type, const struct jsn *value);

/* runner/bundle_lists.c */
void read_sources(struct bundle_reader *r, const struct yml *root,
    const char *key, struct bundle_sources *ret);
void read_entries(struct bundle_reader *r, const struct yml *root,
    const char *key, struct bundle_list *ret);
void read_schedules(struct bundle_reader *r, const struct yml *root);
void read_repositories(struct bundle_reader *r, const struct yml *root);

/* runner/bundle_scripts.c */
int read_scripts(
    struct bundle_reader *r, const char *dir, struct err *e) MUST_CHECK;
/* runner/bundle_sources.c */
/* Sources that .sources/sources.json names are directories of the bundle. */
int read_vendored(struct bundle_reader *r, struct err *e) MUST_CHECK;
/* runner/script_header.c */
/* Cuts the commented YAML block out of a script's text: lines before it become
 * empty ones and "#" a blank, so that lines and columns stay true. 0 when
 * there is no block, 1 when *out was filled, ERR_SYNTAX when it has no end. */
int script_header_cut(
    struct str text, struct buf *out, struct err *e) MUST_CHECK;
/* Reads the header of s->file into s. Faults go to r. */
int script_header_read(struct bundle_reader *r, struct bundle_script *s,
    struct str text, struct err *e) MUST_CHECK;
