/* SPDX-License-Identifier: MIT */
/*
 * Bundles as archives: building one from a directory, looking into one,
 * signing one. The bytes are packed and unpacked by the fetch process; what is
 * signed is a manifest (wire/manifest.h), in FILE.sig as an envelope.
 */
#pragma once

#include "common/sign.h"
#include "runner/bundle.h"
#include "runner/places.h"
#include "wire/manifest.h"

#define ARCHIVE_SIG_SUFFIX ".sig"

struct archive_info {
	char sha256[65];
	int64_t bytes, files;
};

struct build_spec {
	const struct places *places;
	const char *dir;
	const char *file;      /* the archive; replaced whole. NULL: see
				  build_result */
	bool offline;          /* sources of what was fetched before alone */
	bool with_credentials; /* also files that are defaults of credentials */
	/* A line for people: a source was fetched. May be NULL. */
	void (*note)(const char *text, void *arg);
	void *arg;
};
struct build_result {
	struct bundle *bundle; /* as it was validated */
	char *file;            /* NAME.tar.zst or NAME-VERSION.tar.zst */
	struct archive_info info;
};
void build_result_release(struct build_result *r);

/* Validates the bundle whole, fetches sources from elsewhere and makes them
 * part of the archive. ERR_INVALID: the bundle, or an entry that unpacking
 * would refuse; as bundle_load and fetch otherwise. */
int bundle_build(const struct build_spec *spec, struct build_result *ret_result,
    struct err *e) MUST_CHECK;

/* An archive, unpacked into a directory of its own and validated whole. */
struct archive {
	char *file, *dir;
	struct archive_info info;
	struct bundle *bundle;
};
/* ERR_ABSENT, ERR_LIMIT (size), ERR_INVALID (the bundle, or it needs something
 * from elsewhere). */
int archive_open(const struct places *places, const char *file,
    struct archive **ret_archive, struct err *e) MUST_CHECK;
/* Removes the directory. */
void archive_close(struct archive **a);

/* Manifest of the archive, texts borrowed from it; issued now. */
struct manifest archive_manifest(const struct archive *a, int64_t serial);
/* The envelope of its text, signed for bundles; caller frees. */
int manifest_seal(const struct manifest *m, const struct sign_key *key,
    struct jsn **ret_envelope, struct err *e) MUST_CHECK;
/* Does the manifest speak of this archive and the bundle in it? ERR_DIGEST. */
int archive_check(const struct archive *a, const struct manifest *m,
    struct err *e) MUST_CHECK;
