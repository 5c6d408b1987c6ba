/* SPDX-License-Identifier: MIT */
/* What happens, for consoles that follow. */
#include "router/store_priv.h"

int
event_record(struct store *s, struct writer *w, int64_t now, const char *kind,
    const char *ref, const char *what, struct err *e)
{
	int64_t seq = store_tick(s);
	w->effects.event_seq = seq;
	return sql_do(
	    &w->conn, SQL_event_add, e, "iittt", seq, now, kind, ref, what);
}

int
store_event_list(struct store *s, int thread, struct arena *a, int64_t after,
    size_t limit, struct store_event_list *ret, struct err *e)
{
	struct db_stmt *q;
	struct store_event_list l = { 0 };
	size_t room = 0;
	int rc = sql_ask(store_reader(s, thread), SQL_event_page, &q, e, "ii",
	    after, (int64_t)limit);
	while (rc >= 0 && (rc = db_step(q, e)) == 1) {
		l.items = list_room(a, l.items, l.len, &room, sizeof(*l.items));
		l.items[l.len++] = (struct store_event){
			.seq = db_int(q, 0),
			.at = db_int(q, 1),
			.kind = sql_text(q, 2, a),
			.ref = sql_text(q, 3, a),
			.what = sql_text(q, 4, a),
		};
	}
	if (rc < 0)
		return rc;
	*ret = l;
	return 0;
}

int64_t
store_event_last(struct store *s)
{
	return __atomic_load_n(&s->event_last, __ATOMIC_ACQUIRE);
}
