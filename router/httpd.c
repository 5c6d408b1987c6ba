/* SPDX-License-Identifier: MIT */
/* Threads with a listener each, calls between threads, the orderly end. */
#include "router/httpd_priv.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include "common/auto.h"
#include "common/clock.h"
#include "common/log.h"

#define HTTPD_MAGIC 0x68747064u
#define ACCEPTS_AT_ONCE 64
#define OUR_DESCRIPTORS 128 /* of the store and the process */

static bool
is_loopback(const struct sockaddr_storage *a)
{
	if (a->ss_family == AF_INET) {
		struct sockaddr_in in;
		memcpy(&in, a, sizeof(in));
		return (ntohl(in.sin_addr.s_addr) >> 24) == 127;
	}
	struct sockaddr_in6 in6;
	memcpy(&in6, a, sizeof(in6));
	if (IN6_IS_ADDR_V4MAPPED(&in6.sin6_addr))
		return in6.sin6_addr.s6_addr[12] == 127;
	return IN6_IS_ADDR_LOOPBACK(&in6.sin6_addr);
}

static void
tell_full(struct httpd *h, const char *what)
{
	if (!atomic_exchange(&h->full, true))
		log_event(LOG_LEVEL_WARN, "too_many_connections",
		    LOG_STR("what", what),
		    LOG_INT("open", (int64_t)atomic_load(&h->connections)),
		    LOG_INT("limit", (int64_t)h->max_connections));
}

/* Without a free descriptor nothing can be accepted, and the listener would
 * call again at once: it rests for a second. */
static void
rest(struct io_thread *t)
{
	struct timeval second = { .tv_sec = 1 };
	tell_full(t->httpd, "no file descriptor is free");
	event_del(t->accepting);
	event_add(t->retry, &second);
}

static void
on_retry(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	struct io_thread *t = arg;
	if (!t->draining)
		event_add(t->accepting, NULL);
}

static void
take_connection(struct io_thread *t, int fd, const struct sockaddr_storage *a)
{
	struct httpd *h = t->httpd;
	size_t open = atomic_load(&h->connections);
	if (open >= h->max_connections + HTTPD_OVERLOAD_ROOM) {
		close(fd);
		return;
	}
	bool overload = open >= h->max_connections;
	if (overload)
		tell_full(h, "the limit is reached");
	conn_new(t, fd, is_loopback(a), overload);
}

static void
on_accept(evutil_socket_t listen_fd, short what, void *arg)
{
	(void)what;
	struct io_thread *t = arg;
	for (int i = 0; i < ACCEPTS_AT_ONCE; i++) {
		struct sockaddr_storage a = { 0 };
		socklen_t len = sizeof(a);
		int fd = accept4(listen_fd, (struct sockaddr *)&a, &len,
		    SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (fd >= 0) {
			take_connection(t, fd, &a);
			continue;
		}
		if (errno == EMFILE || errno == ENFILE || errno == ENOMEM ||
		    errno == ENOBUFS)
			rest(t);
		if (errno != ECONNABORTED && errno != EINTR)
			return;
	}
}

static void
on_woken(evutil_socket_t fd, short what, void *arg)
{
	(void)what;
	struct io_thread *t = arg;
	uint64_t count;
	while (read(fd, &count, sizeof(count)) > 0)
		;
	pthread_mutex_lock(&t->lock);
	struct httpd_post *p = t->posts;
	t->posts = NULL;
	t->posts_end = &t->posts;
	pthread_mutex_unlock(&t->lock);
	while (p != NULL) {
		struct httpd_post *next = p->next;
		p->fn(p->arg);
		free(p);
		p = next;
	}
}

void
httpd_post(struct httpd *h, int thread, httpd_fn fn, void *arg)
{
	CHECK_OBJ(h, HTTPD_MAGIC);
	ASSERT(thread >= 0 && thread < h->threads_len);
	struct io_thread *t = &h->threads[thread];
	struct httpd_post *p = xcalloc(1, sizeof(*p));
	p->fn = fn;
	p->arg = arg;
	pthread_mutex_lock(&t->lock);
	bool first = t->posts == NULL;
	*t->posts_end = p;
	t->posts_end = &p->next;
	pthread_mutex_unlock(&t->lock);
	uint64_t one = 1;
	if (first && write(t->wake_fd, &one, sizeof(one)) < 0)
		ASSERT(errno == EAGAIN); /* it is awake anyway */
}

/* --- listening --------------------------------------------------------- */

static int
set_socket(int fd, bool shared)
{
	int on = 1;
	/* Accepted sockets inherit all of these. */
	if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) < 0 ||
	    (shared && setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on,
			   sizeof(on)) < 0) ||
	    setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on)) < 0 ||
	    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)) < 0)
		return -1;
	int idle_s = 60, every_s = 15, times = 4;
	(void)setsockopt(
	    fd, IPPROTO_TCP, TCP_KEEPIDLE, &idle_s, sizeof(idle_s));
	(void)setsockopt(
	    fd, IPPROTO_TCP, TCP_KEEPINTVL, &every_s, sizeof(every_s));
	(void)setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &times, sizeof(times));
	return 0;
}

/* A socket bound to the address; shared: others of ours may be bound too. */
static int
bind_at(const struct addrinfo *a, int port, bool shared, struct err *e)
{
	struct sockaddr_storage at = { 0 };
	memcpy(&at, a->ai_addr, a->ai_addrlen);
	/* the port has the same place in both families */
	struct sockaddr_in in;
	memcpy(&in, &at, sizeof(in));
	in.sin_port = htons((uint16_t)port);
	memcpy(&at, &in, sizeof(in));
	AUTO_FD int fd =
	    socket(a->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0 || set_socket(fd, shared) < 0)
		return err_sys(e, "make a listening socket");
	if (bind(fd, (const struct sockaddr *)&at, a->ai_addrlen) < 0)
		return err_sys(e, "listen on port %d", port);
	return TAKE_FD(fd);
}

static int
listen_at(const struct addrinfo *a, int port, struct err *e)
{
	AUTO_FD int fd = bind_at(a, port, true, e);
	if (fd < 0)
		return fd;
	if (listen(fd, HTTPD_BACKLOG) < 0)
		return err_sys(e, "listen on port %d", port);
	return TAKE_FD(fd);
}

/* A port that is shared among our threads would be shared with another router
 * of the same user just as quietly. */
static int
check_free(const struct addrinfo *a, int port, struct err *e)
{
	AUTO_FD int fd = bind_at(a, port, false, e);
	return fd < 0 ? fd : 0;
}

static int
port_of(int fd)
{
	struct sockaddr_storage a = { 0 };
	socklen_t len = sizeof(a);
	struct sockaddr_in in;
	if (getsockname(fd, (struct sockaddr *)&a, &len) < 0)
		return 0;
	memcpy(&in, &a, sizeof(in));
	return ntohs(in.sin_port);
}

static int
open_listeners(struct httpd *h, const struct httpd_options *o, struct err *e)
{
	struct addrinfo want = { .ai_family = AF_UNSPEC,
		.ai_socktype = SOCK_STREAM,
		.ai_flags = AI_PASSIVE | AI_NUMERICHOST };
	struct addrinfo *found = NULL;
	if (getaddrinfo(o->address, NULL, &want, &found) != 0)
		return err_set(e, ERR_INVALID,
		    "'%.64s' is no IP address to listen on", o->address);
	int rc = check_free(found, o->port, e);
	h->port = o->port;
	for (int i = 0; i < h->threads_len && rc >= 0; i++) {
		rc = listen_at(found, h->port, e);
		h->threads[i].listen_fd = rc;
		if (rc >= 0 && h->port == 0)
			h->port = port_of(rc);
	}
	freeaddrinfo(found);
	return rc < 0 ? err_wrap(e, "%s", o->address) : 0;
}

/* --- start ------------------------------------------------------------- */

static void *
run_thread(void *arg)
{
	struct io_thread *t = arg;
	event_base_loop(t->base, EVLOOP_NO_EXIT_ON_EMPTY);
	return NULL;
}

static void
init_thread(struct io_thread *t, struct httpd *h, int index)
{
	*t = (struct io_thread){
		.httpd = h, .index = index, .listen_fd = -1, .wake_fd = -1
	};
	pthread_mutex_init(&t->lock, NULL);
	t->posts_end = &t->posts;
	struct event_config *config = event_config_new();
	ASSERT(config != NULL);
	/* only this thread touches its base */
	event_config_set_flag(config, EVENT_BASE_FLAG_NOLOCK);
	t->base = event_base_new_with_config(config);
	event_config_free(config);
	ASSERT(t->base != NULL);
	t->scratch = xmalloc(HTTPD_SCRATCH_BYTES);
}

static int
start_thread(struct io_thread *t, struct err *e)
{
	t->wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (t->wake_fd < 0)
		return err_sys(e, "make an event descriptor");
	t->accepting = event_new(
	    t->base, t->listen_fd, EV_READ | EV_PERSIST, on_accept, t);
	t->woken =
	    event_new(t->base, t->wake_fd, EV_READ | EV_PERSIST, on_woken, t);
	t->retry = event_new(t->base, -1, 0, on_retry, t);
	ASSERT(t->accepting != NULL && t->woken != NULL && t->retry != NULL);
	event_add(t->accepting, NULL);
	event_add(t->woken, NULL);
	/* Signals are the main thread's. */
	sigset_t all, before;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	int rc = pthread_create(&t->id, NULL, run_thread, t);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (rc != 0)
		return err_sysno(e, rc, "start a thread");
	t->started = true;
	return 0;
}

/* As many descriptors as we may have; how many connections that allows. */
static size_t
raise_descriptors(size_t wanted)
{
	struct rlimit limit;
	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		return 1024 - OUR_DESCRIPTORS;
	limit.rlim_cur = limit.rlim_max;
	if (setrlimit(RLIMIT_NOFILE, &limit) < 0)
		(void)getrlimit(RLIMIT_NOFILE, &limit);
	size_t room = OUR_DESCRIPTORS + HTTPD_OVERLOAD_ROOM;
	size_t have = limit.rlim_cur > room + 64 ? limit.rlim_cur - room : 64;
	return wanted > 0 && wanted < have ? wanted : have;
}

int
httpd_thread_count(int wanted)
{
	long cores = sysconf(_SC_NPROCESSORS_ONLN);
	long n = wanted > 0 ? wanted : cores;
	if (n < 1)
		n = 1;
	return n > HTTPD_THREADS_MAX ? HTTPD_THREADS_MAX : (int)n;
}

static struct httpd *
make(struct router *r, const struct httpd_options *o)
{
	struct httpd *h = xcalloc(1, sizeof(*h));
	h->magic = HTTPD_MAGIC;
	h->router = r;
	h->threads_len = httpd_thread_count(o->threads);
	h->threads = xcalloc((size_t)h->threads_len, sizeof(*h->threads));
	h->spool_dir = o->spool_dir;
	h->certificate_file = xstrdup(o->certificate_file);
	h->key_file = xstrdup(o->key_file);
	h->max_connections = raise_descriptors(o->max_connections);
	h->header_timeout_ms = o->header_timeout_ms > 0
				   ? o->header_timeout_ms
				   : HTTPD_HEADER_TIMEOUT_MS;
	for (int i = 0; i < h->threads_len; i++)
		init_thread(&h->threads[i], h, i);
	return h;
}

int
httpd_start(struct router *r, const struct httpd_options *o,
    struct httpd **ret_httpd, struct err *e)
{
	/* A peer that went away is a failed write, not our end. */
	struct sigaction ignore = { .sa_handler = SIG_IGN };
	sigaction(SIGPIPE, &ignore, NULL);
	AUTO(tls_server_free) struct tls_server *tls = NULL;
	int rc = tls_server_new(o->certificate_file, o->key_file, &tls, e);
	if (rc < 0)
		return rc;
	struct httpd *h = make(r, o);
	rc = open_listeners(h, o, e);
	for (int i = 0; i < h->threads_len && rc == 0; i++)
		h->threads[i].tls = tls_server_ref(tls);
	/* Handlers find the server in the router from the first request on. */
	__atomic_store_n(&r->httpd, h, __ATOMIC_RELEASE);
	for (int i = 0; i < h->threads_len && rc == 0; i++)
		rc = start_thread(&h->threads[i], e);
	if (rc < 0) {
		httpd_free(&h);
		return rc;
	}
	*ret_httpd = h;
	return 0;
}

int
httpd_port(const struct httpd *h)
{
	CHECK_OBJ(h, HTTPD_MAGIC);
	return h->port;
}

int
httpd_threads(const struct httpd *h)
{
	CHECK_OBJ(h, HTTPD_MAGIC);
	return h->threads_len;
}

void
httpd_count(const struct httpd *h, struct httpd_counts *ret)
{
	CHECK_OBJ(h, HTTPD_MAGIC);
	ret->connections = (int64_t)atomic_load(&h->connections);
	ret->exchanges = (int64_t)atomic_load(&h->exchanges);
	ret->parked = (int64_t)atomic_load(&h->parked);
	ret->max_connections = (int64_t)h->max_connections;
}

/* --- another certificate ----------------------------------------------- */

struct swap {
	struct io_thread *thread;
	struct tls_server *tls;
};

static void
swap_tls(void *arg)
{
	struct swap *s = arg;
	tls_server_free(&s->thread->tls);
	s->thread->tls = s->tls;
	free(s);
}

int
httpd_reload(struct httpd *h, struct err *e)
{
	CHECK_OBJ(h, HTTPD_MAGIC);
	AUTO(tls_server_free) struct tls_server *tls = NULL;
	int rc = tls_server_new(h->certificate_file, h->key_file, &tls, e);
	for (int i = 0; i < h->threads_len && rc == 0; i++) {
		struct swap *s = xcalloc(1, sizeof(*s));
		s->thread = &h->threads[i];
		s->tls = tls_server_ref(tls);
		httpd_post(h, i, swap_tls, s);
	}
	return rc;
}

/* --- the end ----------------------------------------------------------- */

/* What is parked is told, what is idle is closed. */
static void
drain_thread(void *arg)
{
	struct io_thread *t = arg;
	t->draining = true;
	event_del(t->accepting);
	event_del(t->retry);
	fd_close(&t->listen_fd);
	struct conn *next;
	for (struct conn *c = t->conns; c != NULL; c = next) {
		next = c->next;
		if (c->x != NULL && c->x->parked)
			exchange_time_is_up(c->x);
		else
			conn_kick(c);
	}
}

static void
break_loop(void *arg)
{
	struct io_thread *t = arg;
	event_base_loopbreak(t->base);
}

static void
wait_until_answered(struct httpd *h, int64_t grace_ms)
{
	int64_t end = clock_mono_ms() + grace_ms;
	struct timespec nap = { .tv_nsec = 5 * 1000 * 1000 };
	while ((atomic_load(&h->exchanges) > 0 ||
		   atomic_load(&h->connections) > 0) &&
	       clock_mono_ms() < end)
		nanosleep(&nap, NULL);
	size_t left = atomic_load(&h->exchanges);
	if (left > 0)
		log_event(LOG_LEVEL_WARN, "requests_cut_off",
		    LOG_INT("open", (int64_t)left));
}

static void
free_thread(struct io_thread *t)
{
	while (t->conns != NULL) {
		struct conn *c = t->conns;
		conn_free(&c);
	}
	for (struct httpd_post *p = t->posts; p != NULL;) {
		struct httpd_post *next = p->next;
		free(p);
		p = next;
	}
	struct event *events[] = { t->accepting, t->woken, t->retry };
	for (size_t i = 0; i < ARRAY_LEN(events); i++) {
		if (events[i] != NULL)
			event_free(events[i]);
	}
	tls_server_free(&t->tls);
	event_base_free(t->base);
	fd_close(&t->listen_fd);
	fd_close(&t->wake_fd);
	pthread_mutex_destroy(&t->lock);
	free(t->scratch);
}

void
httpd_drain(struct httpd *h, int64_t grace_ms)
{
	CHECK_OBJ(h, HTTPD_MAGIC);
	for (int i = 0; i < h->threads_len; i++)
		httpd_post(h, i, drain_thread, &h->threads[i]);
	wait_until_answered(h, grace_ms);
}

void
httpd_free(struct httpd **httpd)
{
	if (httpd == NULL || *httpd == NULL)
		return;
	struct httpd *h = *httpd;
	CHECK_OBJ(h, HTTPD_MAGIC);
	for (int i = 0; i < h->threads_len; i++) {
		if (!h->threads[i].started)
			continue;
		httpd_post(h, i, break_loop, &h->threads[i]);
		pthread_join(h->threads[i].id, NULL);
	}
	for (int i = 0; i < h->threads_len; i++)
		free_thread(&h->threads[i]);
	h->router->httpd = NULL;
	h->magic = 0;
	free(h->threads);
	free(h->certificate_file);
	free(h->key_file);
	free(h);
	*httpd = NULL;
}
