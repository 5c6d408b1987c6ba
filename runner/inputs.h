/* SPDX-License-Identifier: MIT */
/*
 * Values of inputs for one run. Lowest to highest:
 *
 *	1. defaults (bundle.yml; for a name it does not declare, the header
 *	   of a RightScript), then what the boot was given, for runs after it
 *	2. --inputs FILE, a YAML map; a credential is {file: PATH}
 *	3. what was set on this instance (STATE/agent/inputs.json)
 *	4. --input NAME=VALUE; a credential is NAME=@FILE
 *	5. what a request gives for its run
 *	6. credentials only: a file named after the input ('/' becomes '.') or
 *	   its credential in $CREDENTIALS_DIRECTORY
 *
 * In what is JSON (the boot's, 3 and 5) a credential is a text or {"file":
 *PATH}.
 *
 * A credential is a struct secret from the moment it is read; the mask made
 * here hides it in everything that is shown or stored.
 */
#pragma once

#include "common/secret.h"
#include "runner/bundle.h"
#include "runner/options.h"
#include "runner/places.h"

#define CREDENTIAL_MAX_BYTES ((size_t)64 * 1024)

struct input_value {
	const char *name; /* the bundle's */
	enum input_type type;
	struct jsn *value;     /* owned; NULL: no value, or a credential */
	struct secret *secret; /* owned; credentials only */
	char *file;            /* owned; where the secret was read, or NULL */
	bool is_given;         /* by --inputs or --input */
};

struct inputs {
	size_t len;
	struct input_value *list;
	struct mask *mask;
};

/* Each may be NULL. */
struct input_sources {
	const struct jsn *boot; /* as inputs_given made it */
	const char *file;
	const struct jsn *stored;
	const struct option_list *flags;
	const struct jsn *given;
};

/* Resolves and checks every input. Errors are listed one below the other:
 * ERR_INVALID. A name that nobody declared is an error, unless scripts are
 * still to be fetched; one that was set on the instance is kept for later. */
int inputs_resolve(const struct bundle *b, const struct input_sources *sources,
    struct inputs **ret_inputs, struct err *e) MUST_CHECK;
/* The names of required inputs without a value, an array that the caller
 * frees; whatever else is wrong with them is an error as above. */
int inputs_missing(const struct bundle *b, const struct input_sources *sources,
    struct jsn **ret_names, struct err *e) MUST_CHECK;
/* What --inputs and --input gave, to be kept for later runs: a credential as
 * {"file": absolute path}. Caller frees. */
struct jsn *inputs_given(const struct inputs *in);
/* STATE/agent/inputs.json: NULL when nothing was set. Caller frees. */
int inputs_load_stored(
    const struct places *p, struct jsn **ret_values, struct err *e) MUST_CHECK;
/* Merges values in; JSON null takes one away. Durable. ERR_INVALID (a name). */
int inputs_store(const struct places *p, const struct jsn *values,
    bool *ret_changed, struct err *e) MUST_CHECK;
void inputs_free(struct inputs **in);
const struct input_value *inputs_find(
    const struct inputs *in, const char *name);
/* Adds inputs named a/b to attributes as {"a": {"b": value}}, credentials
 * in clear (for the cook's descriptor 3 only). */
void inputs_to_attributes(const struct inputs *in, struct jsn *attributes);
/* The text that a RightScript gets: lists are joined by ",". */
void input_value_text(const struct jsn *value, struct buf *out);
