/* SPDX-License-Identifier: MIT */
/* One session per process. */
#include "runtime/ruby/session.h"

#include <unistd.h>

#include "common/auto.h"
#include "common/frame.h"
#include "common/secret.h"
#include "wire/runspec.h"

static struct {
	int fd; /* 0: none */
	pid_t owner;
	struct jsn *spec;
	struct mask *mask;
} session;

static void
hide_secrets(const struct jsn *spec)
{
	const struct jsn *list = jsn_get(spec, "secrets");
	size_t i;

	session.mask = mask_new();
	for (i = 0; i < jsn_len(list); i++) {
		const struct jsn *one = jsn_at(list, i);
		AUTO(secret_free)
		struct secret *s =
		    secret_new(str_from(jsn_peek_str(one, "value", "")));

		mask_add(session.mask, jsn_peek_str(one, "name", "?"), s);
	}
}

/* The Ruby side reads the frame itself; the parser proves it whole first. */
static int
check_spec(const struct jsn *spec, struct err *e)
{
	AUTO(arena_free) struct arena *a = arena_new();
	struct runspec whole;

	return runspec_parse(a, spec, &whole, e);
}

int
session_open(int fd, struct err *e)
{
	AUTO(jsn_free) struct jsn *spec = NULL;
	int got = frame_read(fd, -1, &spec, e);

	if (got < 0)
		return err_wrap(e, "run spec");
	if (got == 0)
		return err_set(e, ERR_CLOSED, "run spec: the agent closed");
	if (check_spec(spec, e) < 0)
		return err_wrap(e, "run spec");
	session.fd = fd;
	session.owner = getpid();
	hide_secrets(spec);
	session.spec = TAKE(spec);
	return 0;
}

bool
session_is_open(void)
{
	return session.fd > 0;
}

const struct jsn *
session_spec(void)
{
	return session.spec;
}

bool
session_is_ours(void)
{
	return session.fd <= 0 || session.owner == getpid();
}

void
session_send(struct jsn *frame)
{
	struct err e;

	if (session.fd > 0 && session_is_ours() &&
	    frame_write(session.fd, frame, &e) < 0)
		session.fd = -1;
	jsn_free(&frame);
}

void
session_mask(struct str text, struct buf *out)
{
	mask_text(session.mask, text, out);
}
