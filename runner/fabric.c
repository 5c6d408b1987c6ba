/* SPDX-License-Identifier: MIT */
/* The fabric's calls, passed on to whoever implements them. */
#include "runner/fabric.h"

int
fabric_publish(struct fabric *f, struct str tag, bool replace,
    bool *ret_changed, struct err *e)
{
	return f->ops->publish(f, tag, replace, ret_changed, e);
}

int
fabric_remove(
    struct fabric *f, struct str tag, bool *ret_changed, struct err *e)
{
	return f->ops->remove(f, tag, ret_changed, e);
}

int
fabric_list(struct fabric *f, struct jsn **ret_tags, struct err *e)
{
	return f->ops->list(f, ret_tags, e);
}

int
fabric_query(struct fabric *f, const struct tag_query *q, const struct jsn *ids,
    struct jsn **ret_instances, struct err *e)
{
	return f->ops->query(f, q, ids, ret_instances, e);
}

int
fabric_send(struct fabric *f, const struct remote_request *request,
    struct remote_receipt *ret_receipt, struct err *e)
{
	return f->ops->send(f, request, ret_receipt, e);
}

void
fabric_close(struct fabric **f)
{
	if (f == NULL || *f == NULL)
		return;
	(*f)->ops->close(*f);
	*f = NULL;
}
