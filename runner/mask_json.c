/* SPDX-License-Identifier: MIT */
/* A masked copy of a JSON object. */
#include "runner/mask_json.h"

#include "common/auto.h"

#define TEXT_MAX_BYTES ((size_t)64 << 20)

/* NULL for JSON null. The caller owns the result. */
static struct jsn *masked(const struct mask *m, struct jsn *v);

struct walk {
	const struct mask *mask;
	struct jsn *into;
	bool top;
};

static int
copy_member(const char *key, struct jsn *value, void *arg, struct err *e)
{
	(void)e;
	const struct walk *w = arg;
	if (!w->top || !text_eq(key, "type"))
		jsn_set(w->into, key, masked(w->mask, value));
	return 0;
}

static struct jsn *
masked_object(const struct mask *m, const struct jsn *object, bool top)
{
	struct walk w = { m, jsn_new_object(), top };
	struct err e = { 0 };
	int rc = jsn_each(object, copy_member, &w, &e);
	ASSERT(rc >= 0);
	return w.into;
}

static struct jsn *
masked(const struct mask *m, struct jsn *v)
{
	if (jsn_type(v) == JSN_STRING && m != NULL) {
		AUTO_BUF struct buf out = BUF_INIT(TEXT_MAX_BYTES);
		mask_text(m, jsn_str(v), &out);
		return jsn_new_string((struct str){ out.data, out.len });
	}
	if (jsn_type(v) == JSN_ARRAY) {
		struct jsn *list = jsn_new_array();
		for (size_t i = 0; i < jsn_len(v); i++)
			jsn_push(list, masked(m, jsn_at(v, i)));
		return list;
	}
	if (jsn_type(v) == JSN_OBJECT)
		return masked_object(m, v, false);
	return v != NULL ? jsn_ref(v) : NULL;
}

struct jsn *
mask_json(const struct mask *mask, const struct jsn *object)
{
	return masked_object(mask, object, true);
}
