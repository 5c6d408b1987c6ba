/* SPDX-License-Identifier: MIT */
/* Orders as frames: one table says which member is which field. */
#include "runner/order.h"

#include <string.h>

#include "common/auto.h"
#include "runner/bundle_priv.h"
#include "wire/frames.h"
#include "wire/runspec.h"

#define SUMMARY_MAX_BYTES 255

enum member_type {
	MEMBER_TEXT,
	MEMBER_VALUE,
	MEMBER_INT,
	MEMBER_BOOL,
};

static const struct {
	const char *name;
	enum member_type type;
	size_t offset;
} members[] = {
#define MEMBER(name_, type_)                                                   \
	{                                                                      \
#		name_, MEMBER_##type_, offsetof(struct run_order, name_)      \
	}
	MEMBER(run_id, TEXT),
	MEMBER(cid, TEXT),
	MEMBER(thread, TEXT),
	MEMBER(executables, VALUE),
	MEMBER(attributes, VALUE),
	MEMBER(parameters, VALUE),
	MEMBER(inputs, VALUE),
	MEMBER(input_flags, VALUE),
	MEMBER(cwd, TEXT),
	MEMBER(environment, TEXT),
	MEMBER(offline, BOOL),
	MEMBER(timeout_ms, INT),
	MEMBER(log_level, TEXT),
	MEMBER(why_run, BOOL),
	MEMBER(trusted, BOOL),
	MEMBER(from, TEXT),
	MEMBER(tags, VALUE),
	MEMBER(hops, INT),
	MEMBER(rerun, BOOL),
	MEMBER(attempts, INT),
	MEMBER(policy, TEXT),
	MEMBER(audit_period_ms, INT),
	MEMBER(state_dir, TEXT),
	MEMBER(bundle_dir, TEXT),
	MEMBER(node_name, TEXT),
	MEMBER(inputs_file, TEXT),
	MEMBER(state, TEXT),
	MEMBER(instance_id, TEXT),
	MEMBER(reboot, BOOL),
	MEMBER(upload, BOOL),
	MEMBER(past_scripts, VALUE),
#undef MEMBER
};

static const char *const kinds[] = {
	[ORDER_BOOT] = "boot",
	[ORDER_OPERATIONAL] = "operational",
	[ORDER_REMOTE] = "remote",
	[ORDER_SCHEDULE] = "schedule",
	[ORDER_DECOMMISSION] = "decommission",
};

const char *
order_kind_name(enum order_kind kind)
{
	return kinds[kind];
}

int
order_check_thread(const char *thread, struct err *e)
{
	size_t len = strlen(thread);
	if (len > 0 && len <= ORDER_THREAD_MAX_BYTES && thread[0] >= 'a' &&
	    thread[0] <= 'z' &&
	    strspn(thread, "abcdefghijklmnopqrstuvwxyz0123456789_") == len)
		return 0;
	return err_set(e, ERR_INVALID,
	    "thread '%.64s': must be of a-z, 0-9 and _, begin with a letter "
	    "and have at most %d bytes",
	    thread, ORDER_THREAD_MAX_BYTES);
}

static void
set_member(
    struct jsn *frame, const char *name, enum member_type type, const void *at)
{
	switch (type) {
	case MEMBER_TEXT:
		if (*(const char *const *)at != NULL)
			jsn_set_str(frame, name, *(const char *const *)at);
		return;
	case MEMBER_VALUE:
		if (*(struct jsn *const *)at != NULL)
			jsn_set(frame, name, jsn_ref(*(struct jsn *const *)at));
		return;
	case MEMBER_INT:
		if (*(const int64_t *)at != 0)
			jsn_set_int(frame, name, *(const int64_t *)at);
		return;
	case MEMBER_BOOL:
		if (*(const bool *)at)
			jsn_set_bool(frame, name, true);
		return;
	}
}

struct jsn *
order_format(const struct run_order *o)
{
	struct jsn *frame = wire_frame_new("run_order");
	jsn_set_int(frame, "version", 1);
	jsn_set_str(frame, "kind", kinds[o->kind]);
	for (size_t i = 0; i < ARRAY_LEN(members); i++)
		set_member(frame, members[i].name, members[i].type,
		    (const char *)o + members[i].offset);
	if (o->thread == NULL)
		jsn_set_str(frame, "thread", ORDER_THREAD);
	return frame;
}

static void
get_member(struct arena *a, const struct jsn *frame, const char *name,
    enum member_type type, void *at)
{
	struct jsn *value = jsn_get(frame, name);
	switch (type) {
	case MEMBER_TEXT:
		if (value != NULL) {
			struct str text = jsn_str(value);
			*(const char **)at =
			    arena_strndup(a, text.data, text.len);
		}
		return;
	case MEMBER_VALUE:
		*(struct jsn **)at = value;
		return;
	case MEMBER_INT:
		*(int64_t *)at = jsn_int(value);
		return;
	case MEMBER_BOOL:
		*(bool *)at = jsn_bool(value);
		return;
	}
}

/* "recipe[x::y]" and its like, or a bare name. */
static bool
is_executable(struct str text)
{
	static const char *const words[] = { "recipe[", "role[", "script[" };
	AUTO_STR char *name = NULL;
	size_t kind = 0;
	for (; kind < ARRAY_LEN(words); kind++) {
		size_t len = strlen(words[kind]);
		if (str_has_prefix(text, words[kind]) &&
		    str_has_suffix(text, "]")) {
			name = xstrndup(text.data + len, text.len - len - 1);
			break;
		}
	}
	if (name == NULL)
		name = xstrndup(text.data, text.len);
	return kind == 0 ? runspec_recipe_is_valid(name)
			 : is_plain_name(name, " _-.:");
}

static int
check(const struct run_order *o, struct err *e)
{
	size_t len = o->executables != NULL ? jsn_len(o->executables) : 0;
	/* A schedule without executables reconverges the boot list. */
	bool has_list = o->kind == ORDER_BOOT ||
			o->kind == ORDER_DECOMMISSION ||
			o->kind == ORDER_SCHEDULE;
	if (len == 0 && !has_list)
		return err_set(e, ERR_INVALID, "run: nothing to be run");
	if (len > ORDER_EXECUTABLES_MAX)
		return err_set(e, ERR_LIMIT, "run: more than %d executables",
		    ORDER_EXECUTABLES_MAX);
	for (size_t i = 0; i < len; i++) {
		struct str text = jsn_str(jsn_at(o->executables, i));
		if (!is_executable(text))
			return err_set(e, ERR_INVALID,
			    "'%.*s' is no name of a recipe or RightScript",
			    (int)(text.len < 64 ? text.len : 64), text.data);
	}
	if (o->timeout_ms < -1 || o->attempts < 0 ||
	    o->attempts > ORDER_ATTEMPTS_MAX)
		return err_set(e, ERR_INVALID,
		    "run: a time limit or number of attempts out of range");
	return order_check_thread(o->thread, e);
}

int
order_parse(struct arena *a, const struct jsn *frame,
    struct run_order *ret_order, struct err *e)
{
	int rc = wire_frame_check("run_order", frame, e);
	if (rc < 0)
		return rc;
	struct run_order o = { .kind = ORDER_BOOT };
	const char *kind = jsn_peek_str(frame, "kind", "");
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
		if (text_eq(kind, kinds[i]))
			o.kind = (enum order_kind)i;
	}
	for (size_t i = 0; i < ARRAY_LEN(members); i++)
		get_member(a, frame, members[i].name, members[i].type,
		    (char *)&o + members[i].offset);
	rc = check(&o, e);
	if (rc == 0)
		*ret_order = o;
	return rc;
}

void
order_summary(const struct run_order *o, struct buf *out)
{
	AUTO_BUF struct buf text = BUF_INIT(ORDER_MAX_BYTES);
	size_t len = o->executables != NULL ? jsn_len(o->executables) : 0;
	for (size_t i = 0; i < len; i++) {
		struct str name = jsn_str(jsn_at(o->executables, i));
		buf_printf(&text, "%s%.*s", i > 0 ? ", " : "", STR_ARG(name));
	}
	if (len == 0)
		buf_printf(&text, "%s list", kinds[o->kind]);
	if (text.len <= SUMMARY_MAX_BYTES) {
		buf_add(out, text.data, text.len);
		return;
	}
	size_t cut = SUMMARY_MAX_BYTES - 3;
	while (cut > 0 && ((unsigned char)text.data[cut] & 0xc0) == 0x80)
		cut--;
	buf_add(out, text.data, cut);
	buf_add_str(out, "...");
}
