/* SPDX-License-Identifier: MIT */
/*
 * Values of inputs that are kept: those that the boot was given (in the state
 * of the instance), and STATE/agent/inputs.json, those that were set on it.
 */
#include <fcntl.h>

#include "common/auto.h"
#include "common/fsat.h"
#include "runner/bundle_priv.h"
#include "runner/inputs.h"

#define STORED_MAX_BYTES ((size_t)4 << 20)
#define STORED_MAX 1000

int
inputs_load_stored(
    const struct places *p, struct jsn **ret_values, struct err *e)
{
	AUTO_STR char *path = places_state(p, "agent/inputs.json");
	AUTO(jsn_free) struct jsn *values = NULL;
	int rc = jsn_load(AT_FDCWD, path, STORED_MAX_BYTES, &values, e);
	if (rc < 0 && rc != ERR_ABSENT)
		return err_wrap(e, "inputs of this instance");
	if (values != NULL && jsn_type(values) != JSN_OBJECT)
		return err_set(e, ERR_INVALID, "%s: must hold an object", path);
	*ret_values = TAKE(values);
	return 0;
}

struct merging {
	struct jsn *all; /* a value that was taken away is JSON null */
	bool changed;
};

static bool
is_same(const struct jsn *a, const struct jsn *b)
{
	AUTO_BUF struct buf x = BUF_INIT(STORED_MAX_BYTES);
	AUTO_BUF struct buf y = BUF_INIT(STORED_MAX_BYTES);
	jsn_format(a, JSN_PLAIN, &x);
	jsn_format(b, JSN_PLAIN, &y);
	return text_eq(buf_text(&x), buf_text(&y));
}

static int
apply(const char *name, struct jsn *value, void *arg, struct err *e)
{
	struct merging *m = arg;
	if (!input_name_is_valid(name))
		return err_set(e, ERR_INVALID,
		    "input '%.64s': no name of an input, or a reserved one",
		    name);
	const struct jsn *had = jsn_get(m->all, name);
	if (had != NULL ? !is_same(had, value) : value != NULL)
		m->changed = true;
	jsn_set(m->all, name, value != NULL ? jsn_ref(value) : NULL);
	return 0;
}

static int
copy_value(const char *name, struct jsn *value, void *arg, struct err *e)
{
	(void)e;
	if (value != NULL)
		jsn_set(arg, name, jsn_ref(value));
	return 0;
}

static int
save(const struct places *p, const struct jsn *values, struct err *e)
{
	AUTO_BUF struct buf text = BUF_INIT(STORED_MAX_BYTES);
	jsn_format(values, JSN_PRETTY, &text);
	if (buf_failed(&text) || jsn_len(values) > STORED_MAX)
		return err_set(e, ERR_LIMIT,
		    "inputs of this instance: more than %d values or %zu bytes",
		    STORED_MAX, STORED_MAX_BYTES);
	AUTO_STR char *dir = places_state(p, "agent");
	int rc = fsat_mkdir_all(AT_FDCWD, dir, 0700, e);
	if (rc < 0)
		return rc;
	AUTO_STR char *path = places_state(p, "agent/inputs.json");
	return fsat_replace(
	    AT_FDCWD, path, (struct str){ text.data, text.len }, 0600, 0, e);
}

int
inputs_store(const struct places *p, const struct jsn *values,
    bool *ret_changed, struct err *e)
{
	AUTO(jsn_free) struct jsn *before = NULL;
	int rc = inputs_load_stored(p, &before, e);
	if (rc < 0)
		return rc;
	AUTO(jsn_free) struct jsn *all = jsn_new_object();
	AUTO(jsn_free) struct jsn *kept = jsn_new_object();
	struct merging m = { all, false };
	if (before != NULL)
		rc = jsn_each(before, copy_value, all, e);
	if (rc == 0)
		rc = jsn_each(values, apply, &m, e);
	if (rc == 0)
		rc = jsn_each(all, copy_value, kept, e);
	if (rc == 0 && m.changed)
		rc = save(p, kept, e);
	if (rc == 0)
		*ret_changed = m.changed;
	return rc;
}

struct jsn *
inputs_given(const struct inputs *in)
{
	struct jsn *all = jsn_new_object();
	for (size_t i = 0; i < in->len; i++) {
		const struct input_value *v = &in->list[i];
		if (!v->is_given)
			continue;
		if (v->value != NULL) {
			jsn_set(all, v->name, jsn_ref(v->value));
		} else if (v->secret != NULL && v->file != NULL) {
			struct jsn *at = jsn_new_object();
			jsn_set_str(at, "file", v->file);
			jsn_set(all, v->name, at);
		}
	}
	return all;
}
