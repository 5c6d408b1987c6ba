/* SPDX-License-Identifier: MIT */
/*
 * A stateless smart subtransport: each action is one HTTP exchange. The
 * request is gathered while libgit2 writes; at the first read it is sent, the
 * answer goes to an unnamed file, reads are served from there. Failures keep
 * our error, which is better than what libgit2 would say.
 */
#include "cookbooks-cache/git_http.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <git2/sys/transport.h>

#include "common/auto.h"
#include "common/buf.h"
#include "common/http.h"

#define REQUEST_MAX_BYTES ((size_t)32 << 20)

struct stream {
	git_smart_subtransport_stream base;
	struct git_http *http;
	char *url;
	const char *service; /* content type part */
	bool is_post, is_sent;
	struct buf request;
	int answer; /* -1 until sent */
};

struct transport {
	git_smart_subtransport base;
	struct git_http *http;
};

void
git_http_release(struct git_http *h)
{
	str_free(&h->base_url);
}

static int
give_up(struct stream *s)
{
	git_error_set_str(GIT_ERROR_NET, s->http->err.text);
	return -1;
}

/* The first answer tells where the repository really is. */
static void
keep_base_url(struct stream *s, const struct http_response *r)
{
	static const char tail[] = "/info/refs?service=git-upload-pack";
	if (s->is_post || s->http->base_url != NULL ||
	    !text_has_suffix(r->url, tail))
		return;
	s->http->base_url =
	    xstrndup(r->url, strlen(r->url) - (sizeof(tail) - 1));
}

static int
check_answer(struct stream *s, const struct http_response *r)
{
	struct err *e = &s->http->err;
	AUTO_STR char *shown = http_url_shown(s->url);
	if (r->status == 401 || r->status == 403)
		return err_set(e, ERR_REMOTE, "%s: access denied (status %d)",
		    shown, r->status);
	if (r->status == 404 || r->status == 410)
		return err_set(e, ERR_ABSENT, "%s: no repository (status %d)",
		    shown, r->status);
	if (r->status != 200)
		return err_set(e, ERR_REMOTE,
		    "%s: the server answered with status %d", shown, r->status);
	AUTO_STR char *want = xasprintf("application/x-git-upload-pack-%s",
	    s->is_post ? "result" : "advertisement");
	AUTO_STR char *have = http_header(r, "content-type");
	if (have == NULL || !text_has_prefix(have, want))
		return err_set(e, ERR_PROTOCOL,
		    "%s: not a git server (its answer is '%s')", shown,
		    have != NULL ? have : "untyped");
	keep_base_url(s, r);
	return 0;
}

static int
send_request(struct stream *s)
{
	struct git_http *h = s->http;
	static const char *const post_headers[] = {
		"Content-Type: application/x-git-upload-pack-request",
		"Accept: application/x-git-upload-pack-result", NULL
	};
	s->is_sent = true;
	AUTO_FD int fd =
	    openat(h->tmp_dir, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	if (fd < 0)
		return err_sys(&h->err, "make a temporary file");
	if (buf_failed(&s->request))
		return err_set(&h->err, ERR_LIMIT, "git request too long");
	struct http_request q = { .url = s->url,
		.headers = s->is_post ? post_headers : NULL,
		.body_fd = fd,
		.max_body_bytes = h->max_bytes };
	if (s->is_post)
		q.body = (struct str){ buf_text(&s->request), s->request.len };
	AUTO(http_response_release) struct http_response r = { 0 };
	int rc = http_perform(&q, &r, &h->err);
	if (rc == 0)
		rc = check_answer(s, &r);
	if (rc < 0)
		return rc;
	h->bytes += r.body_bytes;
	if (lseek(fd, 0, SEEK_SET) < 0)
		return err_sys(&h->err, "seek");
	s->answer = TAKE_FD(fd);
	return 0;
}

static int
stream_read(
    git_smart_subtransport_stream *base, char *out, size_t max, size_t *ret_len)
{
	struct stream *s = (struct stream *)base;
	if (!s->is_sent)
		(void)send_request(s);
	if (s->answer < 0)
		return give_up(s);
	ssize_t n = read(s->answer, out, max);
	if (n < 0) {
		err_sys(&s->http->err, "read");
		return give_up(s);
	}
	*ret_len = (size_t)n;
	return 0;
}

static int
stream_write(git_smart_subtransport_stream *base, const char *data, size_t len)
{
	struct stream *s = (struct stream *)base;
	buf_add(&s->request, data, len);
	return 0;
}

static void
stream_free(git_smart_subtransport_stream *base)
{
	struct stream *s = (struct stream *)base;
	buf_release(&s->request);
	fd_close(&s->answer);
	str_free(&s->url);
	free(s);
}

static char *
make_url(const struct git_http *h, const char *url, bool is_post)
{
	const char *base = h->base_url != NULL ? h->base_url : url;
	size_t len = strlen(base);
	while (len > 0 && base[len - 1] == '/')
		len--;
	return xasprintf("%.*s%s", (int)len, base,
	    is_post ? "/git-upload-pack"
		    : "/info/refs?service=git-upload-pack");
}

static int
transport_action(git_smart_subtransport_stream **out,
    git_smart_subtransport *base, const char *url, git_smart_service_t action)
{
	struct transport *t = (struct transport *)base;
	if (action != GIT_SERVICE_UPLOADPACK_LS &&
	    action != GIT_SERVICE_UPLOADPACK) {
		git_error_set_str(GIT_ERROR_NET, "only fetching is supported");
		return -1;
	}
	struct stream *s = xcalloc(1, sizeof(*s));
	s->base.subtransport = base;
	s->base.read = stream_read;
	s->base.write = stream_write;
	s->base.free = stream_free;
	s->http = t->http;
	s->is_post = action == GIT_SERVICE_UPLOADPACK;
	s->url = make_url(t->http, url, s->is_post);
	s->answer = -1;
	buf_init(&s->request, REQUEST_MAX_BYTES);
	*out = &s->base;
	return 0;
}

static int
transport_close(git_smart_subtransport *base)
{
	(void)base;
	return 0;
}

static void
transport_free(git_smart_subtransport *base)
{
	free((struct transport *)base);
}

static int
make_subtransport(
    git_smart_subtransport **out, git_transport *owner, void *param)
{
	(void)owner;
	struct transport *t = xcalloc(1, sizeof(*t));
	t->base.action = transport_action;
	t->base.close = transport_close;
	t->base.free = transport_free;
	t->http = param;
	*out = &t->base;
	return 0;
}

int
git_http_transport(git_transport **out, git_remote *owner, void *payload)
{
	git_smart_subtransport_definition definition = {
		.callback = make_subtransport,
		.rpc = 1,
		.param = payload,
	};
	return git_transport_smart(out, owner, &definition);
}
