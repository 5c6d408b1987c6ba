/* SPDX-License-Identifier: MIT */
/* Help and manual pages from rows. */
#include "runner/help.h"

#include <ctype.h>

#include "common/auto.h"

#define TEXT_MAX_BYTES ((size_t)64 << 10)

void
help_format(const struct help_page *p, struct buf *out)
{
	buf_printf(out, "%s - %s\n\nExamples:\n", p->name, p->prose);
	struct str rest = str_from(p->examples), line;
	while (str_split(&rest, '\n', &line)) {
		if (line.len > 0)
			buf_printf(out, "  %.*s\n", STR_ARG(line));
	}
	buf_printf(out, "\nUsage: %s %s\n", p->name, p->args);
	if (p->text != NULL) {
		buf_add_char(out, '\n');
		add_wrapped(out, p->text, 0);
	}
	/* What has options of its own says more itself. */
	if (p->options.commands == 0)
		return;
	buf_add_str(out, "\nOptions:\n");
	option_table_help(&p->options, out);
	buf_add_str(out, "\nExit statuses:\n");
	for (size_t i = 0; i < p->exits_len; i++) {
		if (!(p->exits[i].commands & p->options.commands))
			continue;
		buf_printf(out, "  %3d  ", p->exits[i].number);
		add_wrapped(out, p->exits[i].prose, 7);
	}
}

static void
add_sentence(const char *prose, struct buf *out)
{
	AUTO_BUF struct buf text = BUF_INIT(TEXT_MAX_BYTES);
	manual_text(prose, &text);
	buf_printf(out, "%c%s. ", toupper((unsigned char)buf_text(&text)[0]),
	    buf_text(&text) + 1);
}

static void
add_body(
    const struct help_page *p, const char *before_examples, struct buf *out)
{
	add_sentence(p->prose, out);
	manual_text(p->text != NULL ? p->text : "", out);
	buf_printf(out, "\n\n%s```\n%s```\n\n", before_examples, p->examples);
}

void
help_manual_part(const struct help_page *p, struct buf *out)
{
	buf_printf(out, "## %s ", p->name);
	manual_text(p->args, out);
	buf_add_str(out, "\n\n");
	add_body(p, "", out);
}

void
help_manual_end(const struct help_page *p, struct buf *out)
{
	if (p->options.commands == 0)
		return;
	buf_add_str(out, "# OPTIONS\n\n");
	option_table_manual(&p->options, out);
	buf_add_str(out, "# EXIT STATUS\n\n");
	for (size_t i = 0; i < p->exits_len; i++) {
		if (!(p->exits[i].commands & p->options.commands))
			continue;
		buf_printf(out, "*%d*\n\t", p->exits[i].number);
		manual_text(p->exits[i].prose, out);
		buf_add_str(out, "\n\n");
	}
}

void
help_manual(const struct help_page *p, struct buf *out)
{
	buf_printf(out, "%s(1)\n\n# NAME\n\n", p->page);
	manual_text(p->page, out);
	buf_add_str(out, " - ");
	manual_text(p->prose, out);
	buf_add_str(out, "\n\n# SYNOPSIS\n\n*");
	manual_text(p->name, out);
	buf_add_str(out, "* ");
	manual_text(p->args, out);
	buf_add_str(out, "\n\n# DESCRIPTION\n\n");
	add_body(p, "# EXAMPLES\n\n", out);
	help_manual_end(p, out);
	buf_add_str(out, "# SEE ALSO\n\nrightlink(1)\n");
}
