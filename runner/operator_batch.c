/* SPDX-License-Identifier: MIT */
/* Sizes of batches and tolerated failures. */
#include "runner/operator_batch.h"

#include "common/str.h"

#define AMOUNT_MAX 1000000

static bool
amount_parse(struct str text, int64_t lowest, struct amount *ret)
{
	struct amount a = { .percent = str_has_suffix(text, "%") };
	if (a.percent)
		text.len--;
	if (!str_to_i64(text, 10, &a.n) || a.n < lowest ||
	    a.n > (a.percent ? 100 : AMOUNT_MAX))
		return false;
	*ret = a;
	return true;
}

int
batch_parse(const char *text, struct batch_spec *ret_spec, struct err *e)
{
	struct batch_spec spec = { .len = 0 };
	struct str rest = str_from(text), part;
	while (text != NULL && str_split(&rest, ',', &part)) {
		if (spec.len == BATCH_SIZES_MAX)
			return err_set(e, ERR_LIMIT,
			    "--batch: more than %d sizes", BATCH_SIZES_MAX);
		if (!amount_parse(part, 1, &spec.sizes[spec.len]))
			return err_set(e, ERR_INVALID,
			    "--batch: '%.*s' is no size: a number from 1, or a "
			    "percentage from 1%% to 100%%",
			    STR_ARG(part));
		spec.len++;
	}
	*ret_spec = spec;
	return 0;
}

size_t
batch_size(const struct batch_spec *spec, size_t i, size_t total, size_t left)
{
	if (spec->len == 0)
		return left;
	const struct amount *a =
	    &spec->sizes[i < spec->len ? i : spec->len - 1];
	size_t n = (size_t)a->n;
	if (a->percent)
		n = (total * n + 99) / 100;
	return n < left ? n : left;
}

int
max_fail_parse(const char *text, struct amount *ret_amount, struct err *e)
{
	struct amount a = { .n = 0 };
	if (text != NULL && !amount_parse(str_from(text), 0, &a))
		return err_set(e, ERR_INVALID,
		    "--max-fail: '%s' is neither a number nor a percentage up "
		    "to 100%%",
		    text);
	*ret_amount = a;
	return 0;
}

bool
max_fail_passed(const struct amount *a, size_t total, size_t failures)
{
	size_t borne = a->percent ? total * (size_t)a->n / 100 : (size_t)a->n;
	return failures > borne;
}
