/* SPDX-License-Identifier: MIT */
/* Finding runs by id, by its beginning, by command. */
#include "runner/operator_audits.h"

#include <string.h>

#include "common/auto.h"
#include "common/clock.h"

#define PREFIX_SEARCH_MAX 1000

enum term_style
run_status_style(const char *status)
{
	if (text_eq(status, "completed"))
		return TERM_GOOD;
	return text_eq(status, "running") ? TERM_WARN : TERM_BAD;
}

int
operator_node_option(struct operation *op, const char **ret_id, struct err *e)
{
	*ret_id = NULL;
	if (op->o->node == NULL)
		return 0;
	AUTO(jsn_free) struct jsn *instance = NULL;
	int rc = operator_node(op, op->o->node, &instance, e);
	if (rc < 0)
		return rc;
	*ret_id = arena_strdup(op->arena, jsn_peek_str(instance, "id", ""));
	return 0;
}

struct search {
	const char *prefix;
	struct jsn *found;
};

static int
take_audit(struct operation *op, struct jsn *audit, void *arg, struct err *e)
{
	(void)op;
	(void)e;
	struct search *s = arg;
	if (text_has_prefix(jsn_peek_str(audit, "aid", ""), s->prefix))
		jsn_push(s->found, jsn_ref(audit));
	return 0;
}

static int
find_by_prefix(
    struct operation *op, struct search *s, const char *node, struct err *e)
{
	const char *query[] = { "limit", s->prefix[0] ? "1000" : "1",
		node ? "id" : NULL, node, NULL };
	int rc = operator_each(op, API_audit_list, NULL, query, "audits",
	    s->prefix[0] ? PREFIX_SEARCH_MAX : 1, take_audit, s, e);
	if (rc < 0)
		return rc;
	if (jsn_len(s->found) == 0)
		return s->prefix[0]
			   ? err_set(e, ERR_ABSENT, "no run '%.64s'", s->prefix)
			   : err_set(e, ERR_ABSENT, "no run yet");
	if (jsn_len(s->found) > 1)
		return err_set(e, ERR_INVALID,
		    "run '%.64s' is not the only one of that beginning",
		    s->prefix);
	return 0;
}

int
operator_find_audits(struct operation *op, const char *word, const char *node,
    struct jsn **ret_audits, struct err *e)
{
	AUTO(jsn_free) struct jsn *found = jsn_new_array();
	AUTO(jsn_free) struct jsn *reply = NULL;
	struct search s = { .prefix = word != NULL ? word : "",
		.found = found };
	int rc;
	if (strlen(s.prefix) != ULID_TEXT_BYTES - 1) {
		rc = find_by_prefix(op, &s, node, e);
	} else {
		rc = operator_call(
		    op, API_audit_get, word, NULL, NULL, &reply, e);
		if (rc == 0)
			jsn_push(found, jsn_ref(jsn_get(reply, "audit")));
	}
	if (rc == ERR_ABSENT && word != NULL) {
		/* A command's id: its runs. */
		const char *query[] = { "cid", word, NULL };
		struct search all = { .prefix = "", .found = found };
		rc = operator_each(op, API_audit_list, NULL, query, "audits", 0,
		    take_audit, &all, e);
		if (rc == 0 && jsn_len(found) == 0)
			rc = err_set(e, ERR_ABSENT, "no run '%.64s'", word);
	}
	if (rc == 0)
		*ret_audits = TAKE(found);
	return rc;
}
