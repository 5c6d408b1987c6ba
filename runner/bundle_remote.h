/* SPDX-License-Identifier: MIT */
/*
 * The router's bundle on this machine. A push is taken when an operator who
 * may sign bundles has signed it, when its serial does not go back, and when
 * the archive is the signed one, unpacks, and holds a bundle that is valid as
 * a whole. Then it takes the place of the one before in one step; until then,
 * and when anything of this fails, the one before stays.
 *
 *	STATE/agent/bundles/
 *		current.json	which one counts; the one before; newest
 *				serial of each name
 *		NAME-SERIAL/	unpacked
 *		.SHA256.part	an archive on its way; asked for from where it
 *				ends, also after a crash
 *		.unpack-ULID/	being unpacked; litter after a crash
 */
#pragma once

#include "common/loop.h"
#include "runner/places.h"
#include "runner/supervisor.h"
#include "wire/envelope.h"

#define BUNDLES_DIR "agent/bundles"

struct bundle_remote;

struct bundle_remote_options {
	struct loop *loop;
	const struct places *places;
	bool unsigned_too; /* whoever holds the router decides */
	void *arg;
	/* A call to the router, as struct supervisor_ports has it. */
	void (*call)(const struct port_call *c, void *arg);
	/* Who signed this bundle, by the newest trust bundle. */
	int (*judge)(const struct envelope *v, struct trust_verdict *ret,
	    void *arg, struct err *e);
	/* Another bundle counts from now on; from the loop. */
	void (*on_bundle)(const char *dir, int64_t serial, void *arg);
};

/* Clears up what a crash left. */
int bundle_remote_open(const struct bundle_remote_options *o,
    struct bundle_remote **ret_remote, struct err *e) MUST_CHECK;
/* What is under way is given up; an archive on its way stays. */
void bundle_remote_close(struct bundle_remote **r);
/* The bundle that counts: 1; 0: there is none yet. Texts stay until the next
 * on_bundle. */
int bundle_remote_current(
    const struct bundle_remote *r, const char **ret_dir, int64_t *ret_serial);
/* The router names this serial: get it, unless it is here or refused. May be
 * repeated. Failures that may pass are tried again after a pause. */
void bundle_remote_want(struct bundle_remote *r, int64_t serial);
/* Judge again what was refused for its signature: the trust bundle is newer. */
void bundle_remote_trust_changed(struct bundle_remote *r);
