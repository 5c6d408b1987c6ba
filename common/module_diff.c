/* SPDX-License-Identifier: MIT */
/*
 * The module behind common/diff.h, built as diff.so: libgit2's diff of two
 * buffers. One exported function; the loader is common/diff.c.
 */
#include <stddef.h>

#include <git2.h>

#include "common/diff_priv.h"

static int
make_patch(const struct diff_job *job, git_patch **ret)
{
	git_diff_options options;
	int rc = git_diff_options_init(&options, GIT_DIFF_OPTIONS_VERSION);
	if (rc < 0)
		return rc;
	options.context_lines = 3;
	options.flags = GIT_DIFF_FORCE_TEXT;
	return git_patch_from_buffers(ret, job->old_text.data,
	    job->old_text.len, "a", job->new_text.data, job->new_text.len, "b",
	    &options);
}

static void
add_line(struct diff_job *job, const git_diff_line *line)
{
	char origin = line->origin;
	bool is_text = origin == GIT_DIFF_LINE_CONTEXT ||
		       origin == GIT_DIFF_LINE_ADDITION ||
		       origin == GIT_DIFF_LINE_DELETION;
	if (is_text)
		job->add(job->arg, &origin, 1);
	job->add(job->arg, line->content, line->content_len);
}

__attribute__((visibility("default"))) int
diff_module_run(struct diff_job *job)
{
	static bool is_ready;
	if (!is_ready)
		is_ready = git_libgit2_init() > 0;
	git_patch *patch = NULL;
	int rc = make_patch(job, &patch);
	size_t hunks =
	    rc == 0 && patch != NULL ? git_patch_num_hunks(patch) : 0;
	for (size_t h = 0; rc == 0 && h < hunks; h++) {
		const git_diff_hunk *hunk;
		size_t lines;
		rc = git_patch_get_hunk(&hunk, &lines, patch, h);
		if (rc == 0)
			job->add(job->arg, hunk->header, hunk->header_len);
		for (size_t i = 0; rc == 0 && i < lines; i++) {
			const git_diff_line *line;
			rc = git_patch_get_line_in_hunk(&line, patch, h, i);
			if (rc == 0)
				add_line(job, line);
		}
	}
	git_patch_free(patch);
	return rc;
}
