/* SPDX-License-Identifier: MIT */
/* Manifests of bundle archives. */
#include "wire/manifest.h"

#include <string.h>

#include "common/auto.h"
#include "common/str.h"
#include "wire/api.h"
#include "wire/payloads.h"

#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"

bool
manifest_name_is_valid(const char *name)
{
	size_t len = strspn(name, LETTERS "-_.");
	return len > 0 && len <= MANIFEST_NAME_MAX_BYTES && name[len] == '\0' &&
	       name[0] != '.' && name[0] != '-' && !text_eq(name, "self");
}

static int
check(const struct manifest *m, struct err *e)
{
	if (!manifest_name_is_valid(m->name))
		return err_set(e, ERR_INVALID,
		    "manifest: .name: '%.100s' is no name of a bundle "
		    "(letters, digits, - _ .; at most %d; not 'self')",
		    m->name, MANIFEST_NAME_MAX_BYTES);
	if (m->version != NULL &&
	    strlen(m->version) > MANIFEST_VERSION_MAX_BYTES)
		return err_set(e, ERR_INVALID,
		    "manifest: .version: longer than %d bytes",
		    MANIFEST_VERSION_MAX_BYTES);
	if (strlen(m->sha256) != 64 ||
	    strspn(m->sha256, "0123456789abcdef") != 64)
		return err_set(e, ERR_INVALID,
		    "manifest: .sha256: must be 64 lower-case hex digits");
	if (m->serial < 1)
		return err_set(
		    e, ERR_INVALID, "manifest: .serial: must be above 0");
	if (m->bytes < 1 || m->bytes > (int64_t)API_ARTEFACT_MAX_BYTES)
		return err_set(e, ERR_INVALID,
		    "manifest: .bytes: must be 1 to %zu",
		    API_ARTEFACT_MAX_BYTES);
	if (m->files < 1 || m->issued_at < 0)
		return err_set(e, ERR_INVALID,
		    "manifest: .files or .issued_at: below its least value");
	return 0;
}

int
manifest_parse(struct arena *a, struct str payload,
    struct manifest *ret_manifest, struct err *e)
{
	AUTO(jsn_free) struct jsn *v = NULL;
	int rc = jsn_parse(payload, "manifest", MANIFEST_TEXT_MAX_BYTES, &v, e);
	if (rc == 0)
		rc = wire_shape_check(&wire_payload_manifest, v, "manifest", e);
	if (rc < 0)
		return rc;
	const char *version = jsn_peek_str(v, "version", NULL);
	struct manifest m = {
		.name = arena_strdup(a, jsn_peek_str(v, "name", "")),
		.version = version != NULL ? arena_strdup(a, version) : NULL,
		.sha256 = arena_strdup(a, jsn_peek_str(v, "sha256", "")),
		.serial = jsn_peek_int(v, "serial", 0),
		.bytes = jsn_peek_int(v, "bytes", 0),
		.files = jsn_peek_int(v, "files", 0),
		.issued_at = jsn_peek_int(v, "issued_at", -1),
	};
	rc = check(&m, e);
	if (rc == 0)
		*ret_manifest = m;
	return rc;
}

void
manifest_format(const struct manifest *m, struct buf *out)
{
	AUTO(jsn_free) struct jsn *o = jsn_new_object();
	jsn_set_str(o, "name", m->name);
	if (m->version != NULL)
		jsn_set_str(o, "version", m->version);
	jsn_set_int(o, "serial", m->serial);
	jsn_set_str(o, "sha256", m->sha256);
	jsn_set_int(o, "bytes", m->bytes);
	jsn_set_int(o, "files", m->files);
	jsn_set_int(o, "issued_at", m->issued_at);
	jsn_format(o, JSN_PLAIN, out);
}
