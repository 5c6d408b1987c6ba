/* SPDX-License-Identifier: MIT */
/* Inside the watch: what it knows of commands and nodes. */
#pragma once

#include "common/clock.h"
#include "runner/operator_absent.h"
#include "runner/operator_stream.h"
#include "runner/operator_watch.h"

struct watched_command {
	struct watch *watch;
	char cid[ULID_TEXT_BYTES];
	int64_t rev;
	bool done;
	struct api_call *call, *cancel;
	struct loop_watch *rest;
};

struct watched_node {
	struct watch *watch;
	struct jsn *delivery;
	size_t number; /* of nodes and results */
	char *name;
	bool is_told, has_streamed;
	struct audit_stream *stream;
	struct line_printer printer;
};

struct watch {
	struct operation *op;
	struct watch_options o;
	struct watched_command **commands;
	size_t commands_len;
	struct watched_node **nodes;
	size_t nodes_len;
	const struct jsn **results;
	size_t streams;
	int64_t begun_ms;
	struct loop_watch *on_int, *on_term, *tick, *limit, *nap, *look;
	struct absent *absent;
	bool ended, rested, late, detached, cancelled;
	int signal_number;
	int rc; /* of what failed for good */
	struct err e;
};

/* Stops the loop when there is nothing left to wait for. */
void watch_look_around(struct watch *w);
/* Ends the watch; the commands go on. */
void watch_detach(struct watch *w, int signal_number);
/* runner/operator_watch_end.c: says what goes on, and how to get at it. */
void watch_name_commands(const struct watch *w);
/* SIGINT, SIGTERM. */
void watch_on_interrupt(void *arg);
void watch_on_terminate(void *arg);
