/* SPDX-License-Identifier: MIT */
/*
 * The event loop of the long-lived processes, on libevent. One thread.
 * Callbacks may add and remove watches, also their own.
 */
#pragma once

#include "common/base.h"
#include "common/err.h"

struct loop;
struct loop_watch;

typedef void (*loop_fn)(void *arg);

struct loop *loop_new(void);
void loop_free(struct loop **l);
/* fn runs each time fd is readable, until loop_unwatch. */
struct loop_watch *loop_watch_read(
    struct loop *l, int fd, loop_fn fn, void *arg);
/* fn runs each time fd is writable, until loop_unwatch. */
struct loop_watch *loop_watch_write(
    struct loop *l, int fd, loop_fn fn, void *arg);
struct loop_watch *loop_watch_signal(
    struct loop *l, int signal_number, loop_fn fn, void *arg);
/* Once, after delay_ms; it stays, to be set again or taken off. */
struct loop_watch *loop_after(
    struct loop *l, int64_t delay_ms, loop_fn fn, void *arg);
/* Sets a watch of loop_after anew, whether it has run or not; below 0: it will
 * not run. */
void loop_set(struct loop_watch *w, int64_t delay_ms);
void loop_unwatch(struct loop_watch **w);
/* Runs until loop_stop or until nothing is watched and no timer is set. */
int loop_run(struct loop *l, struct err *e) MUST_CHECK;
void loop_stop(struct loop *l);
