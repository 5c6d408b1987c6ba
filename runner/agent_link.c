/* SPDX-License-Identifier: MIT */
/* Asking the agent of this machine. */
#include "runner/agent_link.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "common/auto.h"
#include "common/frame.h"

int
agent_connect(const struct places *p, struct err *e)
{
	AUTO_STR char *path = places_state(p, "agent.sock");
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	if (strlen(path) >= sizeof(at.sun_path))
		return err_set(e, ERR_LIMIT,
		    "path '%s' is longer than %zu bytes; choose a shorter "
		    "state directory",
		    path, sizeof(at.sun_path) - 1);
	memcpy(at.sun_path, path, strlen(path) + 1);
	AUTO_FD int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return err_sys(e, "local socket");
	if (connect(fd, (const struct sockaddr *)&at, sizeof(at)) == 0)
		return TAKE_FD(fd);
	if (errno == ENOENT || errno == ECONNREFUSED)
		return err_set(e, ERR_ABSENT,
		    "no agent is running on '%s' (rightlink agent starts one)",
		    p->state);
	return err_sys(e, "agent: connect to '%s'", path);
}

int
agent_reply_check(const struct jsn *reply, struct err *e)
{
	if (jsn_peek_bool(reply, "ok", false))
		return 0;
	return err_set(e, err_code_find(jsn_peek_str(reply, "code", "")), "%s",
	    jsn_peek_str(reply, "text", "the agent gave no reason"));
}

int
agent_ask(int fd, const struct jsn *request, int64_t timeout_ms,
    void (*seen)(const struct jsn *frame, void *arg), void *arg,
    struct jsn **ret_reply, struct err *e)
{
	int rc = frame_write(fd, request, e);
	while (rc >= 0) {
		AUTO(jsn_free) struct jsn *frame = NULL;
		int wait = timeout_ms > INT_MAX ? INT_MAX : (int)timeout_ms;
		rc = frame_read(fd, wait, &frame, e);
		if (rc == 0)
			rc = err_set(
			    e, ERR_CLOSED, "the agent closed the connection");
		if (rc < 0)
			break;
		if (!text_eq(jsn_peek_str(frame, "type", ""), "reply")) {
			if (seen != NULL)
				seen(frame, arg);
			continue;
		}
		rc = agent_reply_check(frame, e);
		if (rc < 0)
			return rc;
		*ret_reply = TAKE(frame);
		return 0;
	}
	return err_wrap(e, "agent");
}
