/* SPDX-License-Identifier: MIT */
/*
 * Sources of a bundle: how fetch is asked for them, and how a bundle that is
 * built carries them. A built bundle holds
 *
 *	.sources/sources.json	which source was what
 *	.sources/cookbooks-0/	the tree of source cookbooks[0], and so on
 *
 * so that it needs nothing from elsewhere; bundle.yml stays as it was written,
 * and bundle_load takes the directories for the sources.
 */
#pragma once

#include "runner/bundle.h"

#define BUNDLE_SOURCES_DIR ".sources"
#define BUNDLE_SOURCES_FILE BUNDLE_SOURCES_DIR "/sources.json"

/* The frame fetch_request for all sources; caller frees. */
struct jsn *bundle_fetch_request(
    const struct bundle *b, const char *store, bool offline);
/* Sources that do not lie in the bundle. */
size_t bundle_sources_outside(const struct bundle *b);
/* "cookbooks[0]" -> ".sources/cookbooks-0"; caller frees. */
char *bundle_source_place(const struct bundle_source *s);
/* The text of sources.json; trees: of the frame fetch_result. */
void bundle_sources_format(
    const struct bundle *b, const struct jsn *trees, struct buf *out);
