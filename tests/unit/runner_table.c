/* SPDX-License-Identifier: MIT */
/* Aligned columns, without and with colours. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/auto.h"
#include "common/fsat.h"
#include "runner/table.h"

/* What table_print writes to standard output. */
static void
printed(const struct table *table, const char *color, struct buf *out)
{
	struct options o;
	options_init(&o);
	o.color = color;
	struct term term;
	term_init(&term, &o);
	int fds[2];
	assert_int_equal(pipe(fds), 0);
	int saved = dup(STDOUT_FILENO);
	assert_true(dup2(fds[1], STDOUT_FILENO) >= 0);
	table_print(table, &term);
	assert_true(dup2(saved, STDOUT_FILENO) >= 0);
	close(saved);
	close(fds[1]);
	struct err e = { 0 };
	if (fd_read_all(fds[0], 65536, out, &e) < 0)
		fail_msg("%s", e.text);
	close(fds[0]);
}

static struct table *
make(void)
{
	struct table *t = table_new("NAME|>COUNT|NOTE");
	table_row(t);
	table_cell(t, TERM_PLAIN, "web-1");
	table_cell(t, TERM_GOOD, "%d", 7);
	table_cell(t, TERM_PLAIN, "one\ntwo");
	table_row(t);
	table_cell(t, TERM_PLAIN, "db-\xc3\xa4");
	table_cell(t, TERM_PLAIN, "1234567");
	table_row(t);
	table_cell(t, TERM_PLAIN, "only a name that is long");
	table_cell(t, TERM_PLAIN, "%s", "");
	return t;
}

static void
columns_are_aligned_without_blanks_at_the_end(void **state)
{
	(void)state;
	AUTO(table_free) struct table *t = make();
	AUTO_BUF struct buf out = BUF_INIT(65536);
	printed(t, "never", &out);
	assert_string_equal(buf_text(&out),
	    "NAME                        COUNT  NOTE\n"
	    "web-1                           7  one?two\n"
	    "db-\xc3\xa4                      1234567\n"
	    "only a name that is long\n");
	assert_int_equal(table_rows(t), 3);
}

static void
colours_do_not_count_as_columns(void **state)
{
	(void)state;
	AUTO(table_free) struct table *t = make();
	AUTO_BUF struct buf out = BUF_INIT(65536);
	printed(t, "always", &out);
	assert_non_null(strstr(buf_text(&out),
	    "web-1                           \033[32m7\033[0m  one?two\n"));
}

static void
an_empty_table_prints_nothing(void **state)
{
	(void)state;
	AUTO(table_free) struct table *t = table_new("A|B");
	AUTO_BUF struct buf out = BUF_INIT(65536);
	printed(t, "never", &out);
	assert_int_equal(out.len, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(columns_are_aligned_without_blanks_at_the_end),
		cmocka_unit_test(colours_do_not_count_as_columns),
		cmocka_unit_test(an_empty_table_prints_nothing),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
