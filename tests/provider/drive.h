/* SPDX-License-Identifier: MIT */
/*
 * Drives one action of one provider as the engine does, in a scratch
 * directory, with services that a test fills by hand.
 */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "common/arena.h"
#include "common/auto.h"
#include "common/buf.h"
#include "providers/provider.h"

struct drive_config {
	const char *key;
	struct value value;
};

/* One canned answer of the network. */
struct drive_answer {
	const char *url;
	int status; /* 0: the host cannot be reached */
	const char *body, *headers;
};

#define DRIVE_MAX 16

struct drive {
	struct arena *arena;
	char dir[64]; /* scratch directory, removed by drive_free */
	struct resource *want;
	const char *provider; /* class to use instead of the type's, or NULL */
	struct services services;
	/* what the double answers */
	struct drive_config config[DRIVE_MAX];
	size_t config_count;
	struct drive_answer answers[DRIVE_MAX];
	size_t answer_count;
	const char *rendered; /* NULL: rendering fails */
	int block_calls;
	bool block_fails;
	/* what came of the last run */
	int rc;
	struct err error;
	const char *exception;
	struct buf lines;    /* descriptions, one a line */
	struct buf details;  /* diffs, or the notes instead */
	struct buf log;      /* "info: text" lines */
	struct buf requests; /* "GET url [header; header]" lines */
	size_t changes;
	bool updated, why_run;
};

/* For tests whose state is a fresh struct drive. */
#define DRIVE_TEST(name)                                                       \
	cmocka_unit_test_setup_teardown(name, drive_setup, drive_teardown)
int drive_setup(void **state);
int drive_teardown(void **state);

struct drive *drive_new(void);
void drive_free(struct drive **d);
/* "<dir>/<name>", in the arena. */
const char *drive_path(struct drive *d, const char *name);
/* Starts a new resource. */
void drive_resource(struct drive *d, const char *type, const char *name);
void drive_text(struct drive *d, const char *property, const char *text);
void drive_int(struct drive *d, const char *property, int64_t n);
void drive_bool(struct drive *d, const char *property, bool b);
void drive_symbol(struct drive *d, const char *property, const char *text);
void drive_config(struct drive *d, const char *key, struct value v);
/* Runs the provider that the type presets (or usually has). Values written
 * back go into the resource. */
void drive_run(struct drive *d, const char *action);
void drive_why_run(struct drive *d, const char *action);
/* The last run succeeded and printed exactly these descriptions, each ended
 * by a line feed ("" for none). */
void drive_expect(struct drive *d, const char *lines);
/* The last run failed so. */
void drive_expect_failure(
    struct drive *d, const char *exception, const char *message);

/* Files of the scratch directory. */
void drive_put(struct drive *d, const char *name, const char *content);
void drive_expect_content(
    struct drive *d, const char *name, const char *content);
struct stat drive_stat(struct drive *d, const char *name); /* lstat */
bool drive_is_there(struct drive *d, const char *name);    /* lstat */
/* Every file's name, type, mode, owner, size, inode and times of change, for
 * comparing before and after. In the arena. */
const char *drive_snapshot(struct drive *d);
