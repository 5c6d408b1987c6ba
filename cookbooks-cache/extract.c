/* SPDX-License-Identifier: MIT */
/*
 * libarchive reads; stage.h writes. libarchive's own writer is not used: what
 * an entry may do on our disk is decided in one place.
 */
#include "cookbooks-cache/extract.h"

#include <sys/stat.h>

#include <archive.h>
#include <archive_entry.h>

#include "common/auto.h"
#include "cookbooks-cache/safepath.h"

#define CHUNK_BYTES ((size_t)128 << 10)

static void
reader_free(struct archive **a)
{
	archive_read_free(*a);
}

static int
archive_failure(struct archive *a, struct err *e)
{
	const char *why = archive_error_string(a);
	return err_set(
	    e, ERR_SYNTAX, "archive: %s", why != NULL ? why : "not readable");
}

static int
extract_file(struct archive *a, struct archive_entry *entry, struct stage *s,
    struct err *e)
{
	__attribute__((
	    cleanup(stage_file_close))) struct stage_file f = { .fd = -1 };
	bool is_executable = archive_entry_perm(entry) & 0100;
	int rc = stage_file_open(
	    s, archive_entry_pathname(entry), is_executable, &f, e);
	if (rc < 0)
		return rc;
	static const char zeros[4096];
	for (;;) {
		const void *data;
		size_t len;
		la_int64_t offset;
		int got = archive_read_data_block(a, &data, &len, &offset);
		if (got == ARCHIVE_EOF)
			break;
		if (got != ARCHIVE_OK)
			return archive_failure(a, e);
		/* Holes of a sparse file count like bytes. */
		while (rc == 0 && f.bytes < offset) {
			int64_t hole = offset - f.bytes;
			size_t n = hole < (int64_t)sizeof(zeros)
				       ? (size_t)hole
				       : sizeof(zeros);
			rc = stage_file_write(
			    s, &f, (struct str){ zeros, n }, e);
		}
		if (rc == 0)
			rc = stage_file_write(
			    s, &f, (struct str){ data, len }, e);
		if (rc < 0)
			return rc;
	}
	return 0;
}

static int
extract_entry(struct archive *a, struct archive_entry *entry, struct stage *s,
    struct err *e)
{
	const char *path = archive_entry_pathname(entry);
	if (path == NULL)
		return err_set(
		    e, ERR_INVALID, "an entry whose name is not readable");
	const char *hard_link = archive_entry_hardlink(entry);
	if (hard_link != NULL)
		return stage_copy(s, path, hard_link, e);
	mode_t type = archive_entry_filetype(entry);
	if (type == AE_IFDIR)
		return stage_dir(s, path, e);
	if (type == AE_IFREG)
		return extract_file(a, entry, s, e);
	const char *target = archive_entry_symlink(entry);
	if (type == AE_IFLNK && target != NULL)
		return stage_link(s, path, target, e);
	AUTO_STR char *shown = safepath_shown(path);
	return err_set(e, ERR_INVALID,
	    "entry '%s': a device, FIFO or unknown kind", shown);
}

int
extract_tar(int fd, struct stage *s, struct err *e)
{
	AUTO(reader_free) struct archive *a = archive_read_new();
	ASSERT(a != NULL);
	archive_read_support_filter_gzip(a);
	archive_read_support_filter_bzip2(a);
	archive_read_support_filter_xz(a);
	archive_read_support_filter_zstd(a);
	archive_read_support_format_tar(a);
	archive_read_support_format_gnutar(a);
	if (archive_read_open_fd(a, fd, CHUNK_BYTES) != ARCHIVE_OK)
		return archive_failure(a, e);
	for (;;) {
		struct archive_entry *entry;
		int got = archive_read_next_header(a, &entry);
		if (got == ARCHIVE_EOF)
			return 0;
		if (got != ARCHIVE_OK && got != ARCHIVE_WARN)
			return archive_failure(a, e);
		int rc = extract_entry(a, entry, s, e);
		if (rc < 0)
			return rc;
	}
}
