/* SPDX-License-Identifier: MIT */
/* Looking into an archive, and vouching for it. */
#include "runner/bundle_archive.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/auto.h"
#include "common/clock.h"
#include "common/digest.h"
#include "common/fsat.h"
#include "runner/bundle_sources.h"
#include "runner/fetch_process.h"
#include "wire/api.h"
#include "wire/envelope.h"
#include "wire/frames.h"

void
archive_close(struct archive **at)
{
	if (at == NULL || *at == NULL)
		return;
	struct archive *a = *at;
	struct err e = { 0 };
	bundle_free(&a->bundle);
	if (a->dir != NULL)
		(void)!fsat_remove_tree(AT_FDCWD, a->dir, &e);
	free(a->dir);
	free(a->file);
	free(a);
	*at = NULL;
}

static int
measure(struct archive *a, struct err *e)
{
	struct digest_text d;
	struct stat st;
	AUTO_FD int fd =
	    open(a->file, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (fd < 0 && access(a->file, F_OK) < 0)
		return err_set(e, ERR_ABSENT, "no file '%s'", a->file);
	if (fd < 0 || fstat(fd, &st) < 0)
		return err_sys(e, "open '%s'", a->file);
	if (!S_ISREG(st.st_mode))
		return err_set(
		    e, ERR_INVALID, "'%s' is no regular file", a->file);
	if (st.st_size > (int64_t)API_ARTEFACT_MAX_BYTES)
		return err_set(e, ERR_LIMIT, "'%s' is longer than %zu bytes",
		    a->file, API_ARTEFACT_MAX_BYTES);
	int rc = digest_of_fd(DIGEST_SHA256, fd, &d, e);
	if (rc < 0)
		return err_wrap(e, "'%s'", a->file);
	a->info.bytes = st.st_size;
	memcpy(a->info.sha256, d.hex, sizeof(a->info.sha256));
	return 0;
}

static int
unpack(struct archive *a, const struct places *places, struct err *e)
{
	const char *base = getenv("TMPDIR");
	a->dir = xasprintf("%s/rl-bundle-XXXXXX",
	    base != NULL && base[0] == '/' ? base : "/tmp");
	if (mkdtemp(a->dir) == NULL) {
		int rc = err_sys(e, "make '%s'", a->dir);
		str_free(&a->dir);
		return rc;
	}
	AUTO(jsn_free)
	struct jsn *request = wire_frame_new("unpack_request");
	AUTO(jsn_free) struct jsn *result = NULL;
	AUTO_STR char *path = realpath(a->file, NULL);
	jsn_set_int(request, "version", 1);
	jsn_set_str(request, "archive", path != NULL ? path : a->file);
	jsn_set_str(request, "dir", a->dir);
	struct fetch_process_spec spec = { .places = places,
		.request = request };
	int rc = fetch_process_run(&spec, &result, e);
	if (rc < 0)
		return err_wrap(e, "'%s'", a->file);
	a->info.files = jsn_peek_int(result, "files", 0);
	return 0;
}

/* What is wrong is told with the archive's name, not the directory's. */
static int
load(struct archive *a, struct err *e)
{
	int rc = bundle_load(a->dir, &a->bundle, e);
	if (rc == ERR_ABSENT)
		return err_set(e, ERR_INVALID,
		    "'%s' is no bundle: it holds no bundle.yml at its top",
		    a->file);
	if (rc < 0)
		return err_wrap(e, "'%s'", a->file);
	const struct bundle *b = a->bundle;
	if (bundle_sources_outside(b) > 0)
		return err_set(e, ERR_INVALID,
		    "'%s' needs %zu sources from elsewhere; 'rightlink bundle "
		    "build' makes archives that need nothing",
		    a->file, bundle_sources_outside(b));
	for (size_t i = 0; rc == 0 && i < b->script_sources.len; i++)
		rc = bundle_add_scripts(
		    a->bundle, b->script_sources.list[i].url, e);
	if (rc == 0)
		rc = bundle_check_scripts(a->bundle, e);
	if (rc == 0 && !manifest_name_is_valid(b->name))
		rc = err_set(
		    e, ERR_INVALID, "name '%s' cannot be pushed", b->name);
	return rc < 0 ? err_wrap(e, "'%s'", a->file) : 0;
}

int
archive_open(const struct places *places, const char *file,
    struct archive **ret_archive, struct err *e)
{
	AUTO(archive_close) struct archive *a = xcalloc(1, sizeof(*a));
	a->file = xstrdup(file);
	int rc = measure(a, e);
	if (rc == 0)
		rc = unpack(a, places, e);
	if (rc == 0)
		rc = load(a, e);
	if (rc == 0)
		*ret_archive = TAKE(a);
	return rc;
}

struct manifest
archive_manifest(const struct archive *a, int64_t serial)
{
	return (struct manifest){ .name = a->bundle->name,
		.version = a->bundle->version,
		.sha256 = a->info.sha256,
		.bytes = a->info.bytes,
		.files = a->info.files,
		.serial = serial,
		.issued_at = clock_now_ms() };
}

int
manifest_seal(const struct manifest *m, const struct sign_key *key,
    struct jsn **ret_envelope, struct err *e)
{
	AUTO_BUF struct buf text = BUF_INIT(MANIFEST_TEXT_MAX_BYTES);
	AUTO(arena_free) struct arena *a = arena_new();
	struct manifest checked;
	manifest_format(m, &text);
	struct str payload = { text.data, text.len };
	/* What others would refuse is not signed. */
	int rc = manifest_parse(a, payload, &checked, e);
	return rc < 0 ? rc
		      : envelope_seal(payload, SIGN_DOMAIN_MANIFEST, key, NULL,
			    ret_envelope, e);
}

int
archive_check(const struct archive *a, const struct manifest *m, struct err *e)
{
	if (!text_eq(m->sha256, a->info.sha256))
		return err_set(e, ERR_DIGEST,
		    "'%s' has the SHA-256 %s; signed was %s", a->file,
		    a->info.sha256, m->sha256);
	if (m->bytes != a->info.bytes || m->files != a->info.files)
		return err_set(e, ERR_DIGEST,
		    "'%s' has %lld bytes and %lld entries; signed were %lld "
		    "and %lld",
		    a->file, (long long)a->info.bytes, (long long)a->info.files,
		    (long long)m->bytes, (long long)m->files);
	if (!text_eq(m->name, a->bundle->name) ||
	    !text_eq(m->version, a->bundle->version))
		return err_set(e, ERR_DIGEST,
		    "'%s' holds bundle %s %s; signed was %s %s", a->file,
		    a->bundle->name,
		    a->bundle->version ? a->bundle->version : "", m->name,
		    m->version ? m->version : "");
	return 0;
}
