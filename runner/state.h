/* SPDX-License-Identifier: MIT */
/*
 * State of the instance, one small JSON file that is replaced atomically:
 * its id, its state, the bundle it was booted from, which scripts succeeded
 * before, the kernel's boot id. Pure data; whoever changes it saves it, while
 * holding the run lock.
 *
 * States (RightLink 6, section 1.4): pending before anything, booting,
 * operational, stranded, decommissioning, decommissioned. A stranded instance
 * takes operational runs; the next boot clears it. Every boot runs the whole
 * boot list again. What ends while the instance is decommissioned changes its
 * state no more.
 */
#pragma once

#include "common/err.h"
#include "common/jsn.h"
#include "runner/places.h"

enum instance_state {
	STATE_PENDING,
	STATE_BOOTING,
	STATE_OPERATIONAL,
	STATE_STRANDED,
	STATE_DECOMMISSIONING,
	STATE_DECOMMISSIONED,
	STATES,
};

enum state_event {
	STATE_BOOT_STARTED,
	STATE_BOOT_COMPLETED,
	STATE_BOOT_FAILED,
	STATE_DECOMMISSION_STARTED,
	STATE_DECOMMISSION_ENDED,
	STATE_EVENTS,
};

struct state {
	const struct places *places; /* NULL: lent, never saved */
	struct jsn *root;
	bool reboot; /* the machine was booted since the last boot run */
};

/* Loads, or starts a new one with a new id. ERR_SYNTAX, ERR_INVALID. */
int state_load(
    const struct places *p, struct state *ret_state, struct err *e) MUST_CHECK;
/* The state belongs to this instance from now on: another one's (an image was
 * copied, a machine joined) is forgotten, so that it boots for the first time
 * (RightLink 6, section 1.4). */
void state_adopt(struct state *s, const char *id);
/* A copy for whoever performs one run for the agent; past_scripts (an array)
 * may be NULL. state_save does nothing then: its owner is told. */
void state_lend(const char *id, const char *state, struct jsn *past_scripts,
    bool reboot, struct state *ret_state);
void state_release(struct state *s);
int state_save(const struct state *s, struct err *e) MUST_CHECK;
const char *state_id(const struct state *s);
enum instance_state state_now(const struct state *s);
const char *instance_state_name(enum instance_state state);
/* The state of a name; STATE_PENDING for a name that is none. */
enum instance_state instance_state_find(const char *name);
/* The state after the event, by one table. ERR_STATE when the event does not
 * belong to the present state. */
int state_move(
    struct state *s, enum state_event event, struct err *e) MUST_CHECK;
/* Remembers the machine's boot id; s->reboot tells whether it was another. */
void state_note_boot(struct state *s);
/* Was the machine booted since state_note_boot? False before the first. */
bool state_was_rebooted(const struct state *s);
/* The kernel's, or the first line of $RIGHTLINK_BOOT_ID_FILE (a container has
 * the kernel's boots, not its own). Caller frees; NULL: unknown. */
char *machine_boot_id(void);
void state_set_text(struct state *s, const char *key, const char *value);
const char *state_text(const struct state *s, const char *key);
/* Scripts that succeeded once (RS_ALREADY_RUN). */
bool state_has_run(const struct state *s, const char *script);
void state_add_run(struct state *s, const char *script);
