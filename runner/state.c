/* SPDX-License-Identifier: MIT */
/* state.json and the table of state changes. */
#include "runner/state.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "common/auto.h"
#include "common/clock.h"
#include "common/fsat.h"

#define STATE_MAX_BYTES ((size_t)1 << 20)
#define BOOT_ID_MAX_BYTES 4096

static const char *const names[] = {
	[STATE_PENDING] = "pending",
	[STATE_BOOTING] = "booting",
	[STATE_OPERATIONAL] = "operational",
	[STATE_STRANDED] = "stranded",
	[STATE_DECOMMISSIONING] = "decommissioning",
	[STATE_DECOMMISSIONED] = "decommissioned",
};

/* A boot may start from every state but decommissioning: a killed one left
 * booting behind, a decommissioned machine was started again. */
static const struct {
	enum state_event event;
	enum instance_state from, to;
} moves[] = {
	{ STATE_BOOT_STARTED, STATE_PENDING, STATE_BOOTING },
	{ STATE_BOOT_STARTED, STATE_BOOTING, STATE_BOOTING },
	{ STATE_BOOT_STARTED, STATE_OPERATIONAL, STATE_BOOTING },
	{ STATE_BOOT_STARTED, STATE_STRANDED, STATE_BOOTING },
	{ STATE_BOOT_STARTED, STATE_DECOMMISSIONED, STATE_BOOTING },
	{ STATE_BOOT_COMPLETED, STATE_BOOTING, STATE_OPERATIONAL },
	{ STATE_BOOT_FAILED, STATE_BOOTING, STATE_STRANDED },
	{ STATE_DECOMMISSION_STARTED, STATE_PENDING, STATE_DECOMMISSIONING },
	{ STATE_DECOMMISSION_STARTED, STATE_BOOTING, STATE_DECOMMISSIONING },
	{ STATE_DECOMMISSION_STARTED, STATE_OPERATIONAL,
	    STATE_DECOMMISSIONING },
	{ STATE_DECOMMISSION_STARTED, STATE_STRANDED, STATE_DECOMMISSIONING },
	{ STATE_DECOMMISSION_ENDED, STATE_DECOMMISSIONING,
	    STATE_DECOMMISSIONED },
};

const char *
instance_state_name(enum instance_state state)
{
	return names[state];
}

static struct jsn *
new_root(const char *id)
{
	struct jsn *root = jsn_new_object();
	jsn_set_int(root, "version", 1);
	jsn_set_str(root, "id", id);
	jsn_set_str(root, "state", names[STATE_PENDING]);
	return root;
}

int
state_load(const struct places *p, struct state *ret_state, struct err *e)
{
	AUTO_STR char *path = places_state(p, "state.json");
	AUTO(jsn_free) struct jsn *root = NULL;
	int rc = jsn_load(AT_FDCWD, path, STATE_MAX_BYTES, &root, e);
	if (rc == ERR_ABSENT) {
		char id[ULID_TEXT_BYTES];
		ulid_new(id);
		AUTO_STR char *name = xasprintf("i-%s", id);
		root = new_root(name);
	} else if (rc < 0) {
		return err_wrap(e, "state of the instance");
	}
	const char *text = NULL;
	rc = jsn_need_str(root, path, "id", &text, e);
	if (rc == 0)
		rc = jsn_need_str(root, path, "state", &text, e);
	if (rc < 0)
		return rc;
	*ret_state = (struct state){ .places = p, .root = TAKE(root) };
	return 0;
}

void
state_adopt(struct state *s, const char *id)
{
	if (text_eq(state_id(s), id))
		return;
	jsn_free(&s->root);
	s->root = new_root(id);
	s->reboot = false;
}

void
state_lend(const char *id, const char *state, struct jsn *past_scripts,
    bool reboot, struct state *ret_state)
{
	struct jsn *root = jsn_new_object();
	jsn_set_str(root, "id", id);
	jsn_set_str(root, "state", state);
	if (past_scripts != NULL)
		jsn_set(root, "past_scripts", jsn_ref(past_scripts));
	*ret_state = (struct state){ .root = root, .reboot = reboot };
}

void
state_release(struct state *s)
{
	jsn_free(&s->root);
}

int
state_save(const struct state *s, struct err *e)
{
	if (s->places == NULL)
		return 0;
	AUTO_STR char *path = places_state(s->places, "state.json");
	AUTO_BUF struct buf text = BUF_INIT(STATE_MAX_BYTES);
	jsn_format(s->root, JSN_PRETTY, &text);
	return fsat_replace(
	    AT_FDCWD, path, (struct str){ text.data, text.len }, 0600, 0, e);
}

const char *
state_id(const struct state *s)
{
	return jsn_peek_str(s->root, "id", "");
}

enum instance_state
state_now(const struct state *s)
{
	return instance_state_find(jsn_peek_str(s->root, "state", ""));
}

enum instance_state
instance_state_find(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		if (text_eq(names[i], name))
			return (enum instance_state)i;
	}
	return STATE_PENDING;
}

int
state_move(struct state *s, enum state_event event, struct err *e)
{
	enum instance_state from = state_now(s);
	for (size_t i = 0; i < ARRAY_LEN(moves); i++) {
		if (moves[i].event == event && moves[i].from == from) {
			jsn_set_str(s->root, "state", names[moves[i].to]);
			return 0;
		}
	}
	return err_set(e, ERR_STATE,
	    "instance is %s: this change of state does not belong there",
	    names[from]);
}

char *
machine_boot_id(void)
{
	const char *path = getenv("RIGHTLINK_BOOT_ID_FILE");
	if (path == NULL || path[0] != '/')
		path = "/proc/sys/kernel/random/boot_id";
	struct err ignored = { 0 };
	AUTO_BUF struct buf text = BUF_INIT(BOOT_ID_MAX_BYTES);
	if (fsat_read(AT_FDCWD, path, BOOT_ID_MAX_BYTES, &text, &ignored) < 0)
		return NULL;
	struct str rest = { text.data, text.len }, line;
	if (!str_split(&rest, '\n', &line))
		return NULL;
	line = str_trim(line);
	return line.len > 0 ? xstrndup(line.data, line.len) : NULL;
}

bool
state_was_rebooted(const struct state *s)
{
	AUTO_STR char *now = machine_boot_id();
	const char *before = jsn_peek_str(s->root, "boot_id", NULL);
	return now != NULL && before != NULL && !text_eq(before, now);
}

void
state_note_boot(struct state *s)
{
	AUTO_STR char *now = machine_boot_id();
	s->reboot = state_was_rebooted(s);
	if (now != NULL)
		jsn_set_str(s->root, "boot_id", now);
}

void
state_set_text(struct state *s, const char *key, const char *value)
{
	jsn_set(s->root, key,
	    value != NULL ? jsn_new_string(str_from(value)) : NULL);
}

const char *
state_text(const struct state *s, const char *key)
{
	return jsn_peek_str(s->root, key, NULL);
}

bool
state_has_run(const struct state *s, const char *script)
{
	const struct jsn *list = jsn_get(s->root, "past_scripts");
	if (jsn_type(list) != JSN_ARRAY)
		return false;
	for (size_t i = 0; i < jsn_len(list); i++) {
		if (str_eq_text(jsn_str(jsn_at(list, i)), script))
			return true;
	}
	return false;
}

void
state_add_run(struct state *s, const char *script)
{
	if (state_has_run(s, script))
		return;
	struct jsn *list = jsn_get(s->root, "past_scripts");
	if (jsn_type(list) != JSN_ARRAY) {
		list = jsn_new_array();
		jsn_set(s->root, "past_scripts", list);
	}
	jsn_push_str(list, script);
}
