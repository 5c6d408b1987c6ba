/* SPDX-License-Identifier: MIT */
/* `rightlink runs`, `audit` and `logs`: reading run directories. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/auto.h"
#include "common/clock.h"
#include "common/fsat.h"
#include "runner/commands.h"
#include "runner/context.h"
#include "runner/exits.h"
#include "runner/places.h"

#define RUNS_MAX 100000
#define RESULT_MAX_BYTES ((size_t)16 << 20)

struct run_names {
	size_t len;
	char **list; /* oldest first */
};

static void
free_names(struct run_names *n)
{
	for (size_t i = 0; i < n->len; i++)
		free(n->list[i]);
	free(n->list);
}

static int
add_name(const char *name, void *arg, struct err *e)
{
	struct run_names *n = arg;
	if (strlen(name) != ULID_TEXT_BYTES - 1)
		return 0;
	if (n->len == RUNS_MAX)
		return err_set(e, ERR_LIMIT, "more than %d runs", RUNS_MAX);
	if ((n->len & (n->len - 1)) == 0)
		n->list = xreallocarray(
		    n->list, n->len > 0 ? n->len * 2 : 1, sizeof(*n->list));
	n->list[n->len++] = xstrdup(name);
	return 0;
}

static int
list_runs(const struct places *p, struct run_names *n, struct err *e)
{
	AUTO_STR char *path = places_state(p, "runs");
	AUTO_FD int fd = fsat_open_dir(AT_FDCWD, path, e);
	if (fd == ERR_ABSENT)
		return 0;
	if (fd < 0)
		return fd;
	return fsat_each(fd, add_name, n, e);
}

/* result.json, or run.json with status "running" while there is none. */
static int
load_run(
    const struct places *p, const char *id, struct jsn **ret, struct err *e)
{
	AUTO_STR char *result =
	    xasprintf("%s/runs/%s/result.json", p->state, id);
	int rc = jsn_load(AT_FDCWD, result, RESULT_MAX_BYTES, ret, e);
	if (rc != ERR_ABSENT)
		return rc;
	AUTO_STR char *head = xasprintf("%s/runs/%s/run.json", p->state, id);
	rc = jsn_load(AT_FDCWD, head, RESULT_MAX_BYTES, ret, e);
	if (rc == 0)
		jsn_set_str(*ret, "status", "running");
	return rc;
}

static void
print_row(const struct term *t, const struct jsn *run)
{
	char when[CLOCK_TEXT_BYTES];
	clock_format(jsn_peek_int(run, "started_ms", 0), when);
	AUTO_BUF struct buf line = BUF_INIT(65536);
	buf_printf(&line, "%s  %.19s  %-11s  %-9s  %8.1f s  ",
	    jsn_peek_str(run, "run_id", "?"), when,
	    jsn_peek_str(run, "kind", "?"), jsn_peek_str(run, "status", "?"),
	    (double)jsn_peek_int(run, "elapsed_ms", 0) / 1000);
	const struct jsn *list = jsn_get(run, "executables");
	for (size_t i = 0; list != NULL && i < jsn_len(list); i++) {
		struct str name = jsn_str(jsn_at(list, i));
		buf_printf(&line, "%s%.*s", i > 0 ? ", " : "", STR_ARG(name));
	}
	buf_add_char(&line, '\n');
	term_data(t, (struct str){ line.data, line.len });
}

static int
print_runs(const struct options *o, const struct term *t,
    const struct places *p, struct err *e)
{
	AUTO(free_names) struct run_names names = { .len = 0 };
	int rc = list_runs(p, &names, e);
	if (rc < 0)
		return rc;
	AUTO(jsn_free) struct jsn *all = jsn_new_array();
	size_t limit = o->limit >= 0 ? (size_t)o->limit : SIZE_MAX;
	for (size_t i = names.len; i-- > 0 && names.len - i <= limit;) {
		AUTO(jsn_free) struct jsn *run = NULL;
		struct err ignored = { 0 };
		if (load_run(p, names.list[i], &run, &ignored) < 0)
			continue;
		if (t->output == TERM_TEXT)
			print_row(t, run);
		else if (t->output == TERM_JSONL)
			term_json(t, run);
		else
			jsn_push(all, TAKE(run));
	}
	if (t->output == TERM_JSON)
		term_json(t, all);
	return 0;
}

/* The run named by a prefix, or the newest. Caller frees. */
static int
find_run(const struct options *o, const struct places *p, char **ret_id,
    struct err *e)
{
	AUTO(free_names) struct run_names names = { .len = 0 };
	int rc = list_runs(p, &names, e);
	if (rc < 0)
		return rc;
	const char *prefix = o->args.len > 0 ? o->args.list[0] : "";
	const char *found = NULL;
	for (size_t i = 0; i < names.len; i++) {
		if (!text_has_prefix(names.list[i], prefix))
			continue;
		if (found != NULL && prefix[0] != '\0')
			return err_set(e, ERR_INVALID,
			    "run '%.64s' is not the only one of that beginning",
			    prefix);
		found = names.list[i];
	}
	if (found == NULL && prefix[0] != '\0')
		return err_set(e, ERR_ABSENT, "no run '%.64s'", prefix);
	if (found == NULL)
		return err_set(e, ERR_ABSENT, "no run yet in '%s'", p->state);
	*ret_id = xstrdup(found);
	return 0;
}

static int
copy_file(const struct term *t, const char *path, struct err *e)
{
	AUTO_FD int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return err_sys(e, "open '%s'", path);
	char chunk[65536];
	for (;;) {
		ssize_t n = read(fd, chunk, sizeof(chunk));
		if (n < 0)
			return err_sys(e, "read '%s'", path);
		if (n == 0)
			return 0;
		term_data(t, (struct str){ chunk, (size_t)n });
	}
}

static int
print_audit(const struct options *o, const struct term *t,
    const struct places *p, struct err *e)
{
	AUTO_STR char *id = NULL;
	int rc = find_run(o, p, &id, e);
	if (rc < 0)
		return rc;
	if (t->output == TERM_JSON) {
		AUTO(jsn_free) struct jsn *run = NULL;
		rc = load_run(p, id, &run, e);
		if (rc == 0)
			term_json(t, run);
		return rc;
	}
	AUTO_STR char *path = xasprintf("%s/runs/%s/%s", p->state, id,
	    t->output == TERM_JSONL ? "events.jsonl" : "audit.txt");
	return copy_file(t, path, e);
}

static int
with_places(const struct options *o, struct term *t,
    int (*fn)(const struct options *o, const struct term *t,
	const struct places *p, struct err *e))
{
	struct places p = { .state = NULL };
	struct err e = { 0 };
	int rc = places_find(o->state_dir, NULL, &p, &e);
	if (rc == 0)
		rc = fn(o, t, &p, &e);
	places_release(&p);
	if (rc >= 0)
		return EXIT_STATUS_OK;
	term_error(t, &e, EXIT_STATUS_FAILED);
	return EXIT_STATUS_FAILED;
}

/* As `runs show` of the fleet: the result of one. */
static int
print_run(const struct options *o, const struct term *t, const struct places *p,
    struct err *e)
{
	AUTO_STR char *id = NULL;
	AUTO(jsn_free) struct jsn *run = NULL;
	struct options named = *o;
	named.args = (struct option_list){ 1, { o->args.list[1] } };
	int rc = find_run(&named, p, &id, e);
	if (rc == 0)
		rc = load_run(p, id, &run, e);
	if (rc == 0 && t->output == TERM_TEXT)
		print_row(t, run);
	else if (rc == 0)
		term_json(t, run);
	return rc;
}

int
command_runs(const struct options *o, struct term *t)
{
	if (context_is_wanted(o))
		return become_operator(t);
	const struct option_list *args = &o->args;
	if (args->len == 0 ||
	    (args->len == 1 && text_eq(args->list[0], "list")))
		return with_places(o, t, print_runs);
	if (args->len == 2 && text_eq(args->list[0], "show"))
		return with_places(o, t, print_run);
	struct err e = { 0 };
	(void)err_set(&e, ERR_UNSUPPORTED,
	    "runs: of this machine there is 'list' and 'show RUN'");
	term_error(t, &e, EXIT_STATUS_USAGE);
	return EXIT_STATUS_USAGE;
}

int
command_audit(const struct options *o, struct term *t)
{
	return with_places(o, t, print_audit);
}

int
command_logs(const struct options *o, struct term *t)
{
	if (context_is_wanted(o))
		return become_operator(t);
	return with_places(o, t, print_audit);
}
