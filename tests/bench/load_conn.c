/* SPDX-License-Identifier: MIT */
/* OpenSSL has a type with the name of one of our codes. */
#define ERR_STATE openssl_err_state
#include <openssl/err.h>
#include <openssl/ssl.h>
#undef ERR_STATE

#include "tests/bench/load_conn.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/auto.h"

#define EVENTS 256
#define ANSWER_MAX_BYTES ((size_t)8 << 20)

struct load {
	int epoll;
	char *host, *port;
	SSL_CTX *tls;
	struct addrinfo *address;
};

struct load_conn {
	struct load *load;
	int fd;
	SSL *ssl;
	bool connected;
	struct buf out, in;
	size_t sent;
	load_fn fn;
	void *arg;
};

NEVER_RETURNS static void
die(const char *what)
{
	unsigned long code = ERR_get_error();
	fprintf(stderr, "load: %s: %s\n", what,
	    code != 0 ? ERR_error_string(code, NULL) : err_sys_text(errno));
	exit(1);
}

static int
parse_url(struct load *l, const char *url, struct err *e)
{
	const char *host = strstr(url, "://");
	const char *colon = strrchr(url, ':');
	if (host == NULL || colon <= host)
		return err_set(e, ERR_INVALID, "'%s': no URL", url);
	host += 3;
	l->host = xstrndup(host, (size_t)(colon - host));
	l->port = xstrdup(colon + 1);
	return 0;
}

int
load_new(
    const char *url, const char *ca_file, struct load **ret_load, struct err *e)
{
	AUTO(load_free) struct load *l = xcalloc(1, sizeof(*l));
	int rc = parse_url(l, url, e);
	if (rc < 0)
		return rc;
	struct addrinfo hints = { .ai_family = AF_INET,
		.ai_socktype = SOCK_STREAM };
	if (getaddrinfo("127.0.0.1", l->port, &hints, &l->address) != 0)
		return err_set(e, ERR_NETWORK, "'%s': no address", url);
	l->tls = SSL_CTX_new(TLS_client_method());
	if (l->tls == NULL ||
	    SSL_CTX_load_verify_locations(l->tls, ca_file, NULL) != 1)
		return err_set(e, ERR_INVALID, "'%s': no CA", ca_file);
	SSL_CTX_set_verify(l->tls, SSL_VERIFY_PEER, NULL);
	SSL_CTX_set_mode(l->tls, SSL_MODE_RELEASE_BUFFERS |
				     SSL_MODE_ENABLE_PARTIAL_WRITE |
				     SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
	SSL_CTX_set_session_cache_mode(l->tls, SSL_SESS_CACHE_OFF);
	l->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (l->epoll < 0)
		return err_sys(e, "epoll");
	*ret_load = TAKE(l);
	return 0;
}

void
load_free(struct load **l)
{
	if (*l == NULL)
		return;
	if ((*l)->address != NULL)
		freeaddrinfo((*l)->address);
	SSL_CTX_free((*l)->tls);
	fd_close(&(*l)->epoll);
	free((*l)->host);
	free((*l)->port);
	free(*l);
	*l = NULL;
}

struct load_conn *
load_conn_new(struct load *l)
{
	struct load_conn *c = xcalloc(1, sizeof(*c));
	c->load = l;
	c->fd = -1;
	buf_init(&c->out, ANSWER_MAX_BYTES);
	buf_init(&c->in, ANSWER_MAX_BYTES);
	return c;
}

void
load_conn_free(struct load_conn **c)
{
	if (*c == NULL)
		return;
	SSL_free((*c)->ssl);
	fd_close(&(*c)->fd);
	buf_release(&(*c)->out);
	buf_release(&(*c)->in);
	free(*c);
	*c = NULL;
}

static void
conn_open(struct load_conn *c)
{
	struct load *l = c->load;
	int one = 1;
	c->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (c->fd < 0)
		die("socket");
	setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	if (connect(c->fd, l->address->ai_addr, l->address->ai_addrlen) < 0 &&
	    errno != EINPROGRESS)
		die("connect");
	c->ssl = SSL_new(l->tls);
	if (c->ssl == NULL || SSL_set_fd(c->ssl, c->fd) != 1 ||
	    SSL_set1_host(c->ssl, l->host) != 1 ||
	    SSL_set_tlsext_host_name(c->ssl, l->host) != 1)
		die("TLS");
	SSL_set_connect_state(c->ssl);
	struct epoll_event v = { .events = EPOLLIN | EPOLLOUT | EPOLLET,
		.data.ptr = c };
	if (epoll_ctl(l->epoll, EPOLL_CTL_ADD, c->fd, &v) < 0)
		die("epoll");
}

/* False: later. */
static bool
goes_on(struct load_conn *c, int rc)
{
	if (rc > 0)
		return true;
	int why = SSL_get_error(c->ssl, rc);
	if (why != SSL_ERROR_WANT_READ && why != SSL_ERROR_WANT_WRITE)
		die("connection");
	return false;
}

static void
conn_write(struct load_conn *c)
{
	while (c->sent < c->out.len) {
		int n = SSL_write(
		    c->ssl, c->out.data + c->sent, (int)(c->out.len - c->sent));
		if (!goes_on(c, n))
			return;
		c->sent += (size_t)n;
	}
	/* Idle connections shall cost little here too. */
	buf_release(&c->out);
	c->sent = 0;
}

/* A whole answer stands in c->in: its status and where the body is. */
static bool
conn_answer(struct load_conn *c, int *ret_status, struct str *ret_body)
{
	const char *text = buf_text(&c->in);
	const char *end = strstr(text, "\r\n\r\n");
	if (end == NULL)
		return false;
	const char *length = strcasestr(text, "\r\ncontent-length:");
	size_t head = (size_t)(end - text) + 4, len = 0;
	if (length != NULL && length < end)
		len = strtoul(length + 17, NULL, 10);
	if (c->in.len < head + len)
		return false;
	*ret_status = (int)strtol(text + 9, NULL, 10);
	*ret_body = (struct str){ text + head, len };
	return true;
}

static void
conn_read(struct load_conn *c)
{
	for (;;) {
		char *at = buf_reserve(&c->in, 16384);
		if (at == NULL)
			die("an answer is too long");
		int n = SSL_read(c->ssl, at, 16384);
		if (!goes_on(c, n))
			break;
		buf_commit(&c->in, (size_t)n);
	}
	int status;
	struct str body;
	if (c->fn == NULL || !conn_answer(c, &status, &body)) {
		if (c->in.len == 0)
			buf_release(&c->in);
		return;
	}
	struct buf in = c->in;
	load_fn fn = c->fn;
	c->in = BUF_INIT(ANSWER_MAX_BYTES);
	c->fn = NULL;
	fn(c, status, body, c->arg);
	buf_release(&in);
}

static void
conn_run(struct load_conn *c)
{
	if (!c->connected) {
		if (!goes_on(c, SSL_do_handshake(c->ssl)))
			return;
		c->connected = true;
	}
	conn_write(c);
	conn_read(c);
}

void
load_send(struct load_conn *c, const char *method, const char *path,
    const char *token, const char *body, load_fn fn, void *arg)
{
	ASSERT(c->fn == NULL);
	c->fn = fn;
	c->arg = arg;
	buf_printf(&c->out, "%s %s HTTP/1.1\r\nHost: %s:%s\r\n", method, path,
	    c->load->host, c->load->port);
	if (token != NULL)
		buf_printf(&c->out, "Authorization: Bearer %s\r\n", token);
	if (body != NULL)
		buf_printf(&c->out,
		    "Content-Type: application/json\r\n"
		    "Content-Length: %zu\r\n\r\n%s",
		    strlen(body), body);
	else
		buf_add_str(&c->out, "\r\n");
	if (c->fd < 0)
		conn_open(c);
	else if (c->connected)
		conn_write(c);
}

int
load_step(struct load *l, int timeout_ms, struct err *e)
{
	struct epoll_event events[EVENTS];
	int n = epoll_wait(l->epoll, events, EVENTS, timeout_ms);
	if (n < 0 && errno != EINTR)
		return err_sys(e, "epoll");
	for (int i = 0; i < n; i++)
		conn_run(events[i].data.ptr);
	return 0;
}
