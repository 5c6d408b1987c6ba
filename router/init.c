/* SPDX-License-Identifier: MIT */
/* Making a router, step by step, in its own directory. */
#include "router/init.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "common/auto.h"
#include "common/clock.h"
#include "common/fsat.h"
#include "router/router.h"
#include "router/store_jobs.h"
#include "router/tokens.h"
#include "router/trust_edit.h"

#define DAY_MS ((int64_t)24 * 3600 * 1000)
#define OPERATOR_KEY_DAYS 1825
#define FIRST_TOKEN_USES 10
#define PORTS_FROM 20000 /* below what kernels give to outgoing connections */
#define PORTS_LEN 12000
#define PORT_TRIES 100

void
init_result_release(struct init_result *r)
{
	if (r->token.data != NULL)
		explicit_bzero(r->token.data, r->token.room);
	buf_release(&r->token);
	arena_free(&r->a);
}

/* --- where it listens -------------------------------------------------- */

static bool
port_is_free(const char *address, int port)
{
	struct sockaddr_in in = { .sin_family = AF_INET };
	struct sockaddr_in6 in6 = { .sin6_family = AF_INET6 };
	in.sin_port = htons((uint16_t)port);
	in6.sin6_port = htons((uint16_t)port);
	bool four = inet_pton(AF_INET, address, &in.sin_addr) == 1;
	if (!four && inet_pton(AF_INET6, address, &in6.sin6_addr) != 1)
		return false;
	AUTO_FD int fd =
	    socket(four ? AF_INET : AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return false;
	return four ? bind(fd, (struct sockaddr *)&in, sizeof(in)) == 0
		    : bind(fd, (struct sockaddr *)&in6, sizeof(in6)) == 0;
}

static int
find_port(const char *address, int *port, struct err *e)
{
	for (int i = 0; i < PORT_TRIES; i++) {
		unsigned n;
		if (getrandom(&n, sizeof(n), 0) != (ssize_t)sizeof(n))
			return err_sys(e, "random bytes");
		*port = PORTS_FROM + (int)(n % PORTS_LEN);
		if (port_is_free(address, *port))
			return 0;
	}
	return err_set(
	    e, ERR_STATE, "no free port found at address '%s'", address);
}

static int
set_listen(const struct init_spec *spec, struct arena *a,
    struct router_config *c, struct err *e)
{
	const char *address;
	int port;
	c->listen = spec->listen != NULL ? spec->listen : CONFIG_DEFAULT_LISTEN;
	int rc = config_parse_listen(c->listen, a, &address, &port, e);
	if (rc < 0)
		return rc;
	bool six = strchr(address, ':') != NULL;
	if (port == 0) {
		rc = find_port(address, &port, e);
		c->listen =
		    arena_printf(a, six ? "[%s]:%d" : "%s:%d", address, port);
	}
	six = strchr(spec->name, ':') != NULL;
	c->url =
	    spec->url != NULL
		? spec->url
		: arena_printf(a, six ? "https://[%s]:%d" : "https://%s:%d",
		      spec->name, port);
	return rc;
}

static int
add_name(struct tls_names *names, const char *name, struct err *e)
{
	for (size_t i = 0; i < names->len; i++) {
		if (text_eq(names->items[i], name))
			return 0;
	}
	if (names->len == TLS_NAMES_MAX)
		return err_set(
		    e, ERR_LIMIT, "more than %d names", TLS_NAMES_MAX);
	names->items[names->len++] = name;
	return tls_name_check(name, e);
}

static int
set_names(const struct init_spec *spec, struct router_config *c, struct err *e)
{
	static const char *const local[] = { "localhost", "127.0.0.1", "::1" };
	int rc = add_name(&c->names, spec->name, e);
	for (size_t i = 0; i < spec->also_len && rc == 0; i++)
		rc = add_name(&c->names, spec->also[i], e);
	for (size_t i = 0; i < ARRAY_LEN(local) && rc == 0; i++)
		rc = add_name(&c->names, local[i], e);
	return rc;
}

static int
make_config(const struct init_spec *spec, struct arena *a,
    struct router_config *c, struct err *e)
{
	c->account =
	    spec->account != NULL ? spec->account : CONFIG_DEFAULT_ACCOUNT;
	c->log_level = "info";
	c->log_format = "text";
	int rc = token_check_name("account", c->account, TOKEN_NAME_MAX, e);
	if (rc == 0)
		rc = set_listen(spec, a, c, e);
	if (rc == 0)
		rc = set_names(spec, c, e);
	return rc;
}

/* --- what is made ------------------------------------------------------ */

static int
note_entry(const char *name, void *arg, struct err *e)
{
	(void)name;
	(void)e;
	*(bool *)arg = true;
	return 0;
}

static int
open_empty_dir(const char *path, struct err *e)
{
	bool full = false;
	int rc = fsat_mkdir_all(AT_FDCWD, path, 0700, e);
	if (rc < 0)
		return rc;
	AUTO_FD int fd = fsat_open_dir(AT_FDCWD, path, e);
	if (fd < 0)
		return fd;
	rc = fsat_each(fd, note_entry, &full, e);
	if (rc < 0)
		return rc;
	if (full)
		return err_set(e, ERR_EXISTS,
		    "'%s' is not empty; a router is made in a directory of "
		    "its own (what a broken init left may be removed)",
		    path);
	return TAKE_FD(fd);
}

static int
make_key(int dirfd, const char *path, struct sign_key **ret_key, struct err *e)
{
	int rc = sign_key_new(ret_key, e);
	return rc < 0 ? rc : sign_key_save(*ret_key, dirfd, path, e);
}

static int
make_dirs(int data_fd, struct err *e)
{
	static const char *const dirs[] = { "root", "keys", ROUTER_TLS_DIR,
		ROUTER_SPOOL_DIR };
	int rc = 0;
	for (size_t i = 0; i < ARRAY_LEN(dirs) && rc == 0; i++)
		rc = fsat_mkdir_all(data_fd, dirs[i], 0700, e);
	return rc;
}

static int
make_tls(int data_fd, const struct router_config *c, int days, struct err *e)
{
	AUTO_FD int fd = fsat_open_dir(data_fd, ROUTER_TLS_DIR, e);
	if (fd < 0)
		return fd;
	char name[80];
	snprintf(
	    name, sizeof(name), "RightLink CA of %.60s", c->names.items[0]);
	int rc = tls_make_ca(fd, name, e);
	return rc < 0 ? rc : tls_make_server(fd, &c->names, days, e);
}

int
init_operator_dir(int dirfd, const char *path, const char *url,
    const char *token, struct str ca_pem, struct sign_public *ret_public,
    struct err *e)
{
	AUTO(sign_key_free) struct sign_key *key = NULL;
	AUTO(jsn_free) struct jsn *context = jsn_new_object();
	AUTO_BUF struct buf text = BUF_INIT(8192);
	if (mkdirat(dirfd, path, 0700) < 0)
		return err_sys(e, "make directory '%s'", path);
	AUTO_FD int fd = fsat_open_dir(dirfd, path, e);
	if (fd < 0)
		return fd;
	int rc = make_key(fd, "key.pem", &key, e);
	if (rc == 0)
		rc = fsat_replace(fd, TLS_CA_FILE, ca_pem, 0644, 0, e);
	if (rc < 0)
		return rc;
	jsn_set_str(context, "router", url);
	jsn_set_str(context, "ca", TLS_CA_FILE);
	jsn_set_str(context, "token", token);
	jsn_set_str(context, "key", "key.pem");
	jsn_format(context, JSN_PRETTY, &text);
	rc = fsat_replace(fd, "context.json",
	    (struct str){ buf_text(&text), text.len }, 0600, 0, e);
	explicit_bzero(text.data, text.len);
	sign_key_public(key, ret_public);
	return rc;
}

/* Everything that needs no store. token: the first operator's. */
static int
make_files(int data_fd, const struct init_spec *spec, const char *token,
    struct router_config *c, struct err *e)
{
	AUTO(sign_key_free) struct sign_key *root = NULL;
	AUTO(sign_key_free) struct sign_key *authority = NULL;
	AUTO(sign_key_free) struct sign_key *access = NULL;
	AUTO_BUF struct buf ca = BUF_INIT(65536);
	int days = spec->days > 0 ? (int)spec->days : TLS_SERVER_DAYS;
	struct trust_operator o = {
		.name = spec->operator!= NULL ? spec->operator: "admin",
		.scopes = TRUST_SIGN_SCOPES,
		.not_after = clock_now_ms() + OPERATOR_KEY_DAYS * DAY_MS, };
	int rc = make_dirs(data_fd, e);
	if (rc == 0)
		rc = make_key(data_fd, ROUTER_ROOT_KEY_FILE, &root, e);
	if (rc == 0)
		rc =
		    make_key(data_fd, ROUTER_AUTHORITY_KEY_FILE, &authority, e);
	if (rc == 0)
		rc = make_key(data_fd, ROUTER_ACCESS_KEY_FILE, &access, e);
	if (rc == 0)
		rc = make_tls(data_fd, c, days, e);
	if (rc == 0)
		rc = fsat_read(
		    data_fd, ROUTER_TLS_DIR "/" TLS_CA_FILE, 65536, &ca, e);
	if (rc == 0)
		rc = init_operator_dir(data_fd, ROUTER_OPERATOR_DIR, c->url,
		    token, (struct str){ buf_text(&ca), ca.len }, &o.key, e);
	if (rc < 0)
		return rc;
	struct sign_public authority_public, root_public;
	sign_key_public(authority, &authority_public);
	sign_key_public(root, &root_public);
	c->root_kid = sign_kid_of(&root_public);
	return trust_edit_begin(data_fd, root, &authority_public, &o, e);
}

/* The two rows that the store begins with. */
static int
make_rows(struct router *r, struct store_job *operator,
    struct init_result * out, struct err *e)
{
	int rc = store_do(r->store, operator);
	if (rc < 0) {
		*e = operator->err;
		return rc;
	}
	struct enroll_token_spec first = { .uses = FIRST_TOKEN_USES,
		.ttl_ms = DAY_MS };
	AUTO(store_job_free)
	struct store_job *j =
	    store_job_new(STORE_enroll_token_make, -1, NULL, NULL);
	rc = enroll_token_fill(r, &first, clock_now_ms(), j, &out->token, e);
	if (rc == 0 && store_do(r->store, j) < 0) {
		*e = j->err;
		rc = j->rc;
	}
	out->token_id = arena_strdup(out->a, j->enroll_token_make.id);
	out->token_uses = j->enroll_token_make.uses;
	out->token_expires_at = j->enroll_token_make.expires_at;
	return rc;
}

static int
make_all(int data_fd, const struct init_spec *spec, struct init_result *out,
    struct err *e)
{
	AUTO_BUF struct buf token = BUF_INIT(256);
	AUTO(store_job_free)
	struct store_job *j = store_job_new(STORE_operator_put, -1, NULL, NULL);
	const char *operator= spec->operator!= NULL ? spec->operator: "admin";
	int rc = operator_token_fill(operator, API_SCOPES, 0, clock_now_ms(), j,
	    &token, e);
	if (rc == 0)
		rc = make_files(
		    data_fd, spec, buf_text(&token), &out->config, e);
	explicit_bzero(token.data, token.len);
	if (rc == 0)
		rc = config_save(data_fd, &out->config, e);
	if (rc < 0)
		return rc;
	AUTO(router_close) struct router *r = NULL;
	rc = router_open(spec->data_path, 1, &r, e);
	if (rc == 0)
		rc = make_rows(r, j, out, e);
	if (rc == 0)
		out->ca_sha256 = arena_strdup(out->a, r->ca_sha256);
	else
		(void)unlinkat(data_fd, CONFIG_FILE, 0);
	return rc;
}

int
router_init(
    const struct init_spec *spec, struct init_result *ret_result, struct err *e)
{
	struct init_result out = { .a = arena_new() };
	struct tls_look look;
	buf_init(&out.token, 512);
	AUTO_FD int data_fd = -1;
	int rc = make_config(spec, out.a, &out.config, e);
	if (rc == 0) {
		data_fd = open_empty_dir(spec->data_path, e);
		rc = data_fd < 0 ? data_fd : 0;
	}
	if (rc == 0)
		rc = make_all(data_fd, spec, &out, e);
	if (rc == 0)
		rc = tls_look(
		    data_fd, ROUTER_TLS_DIR "/" TLS_SERVER_FILE, &look, e);
	if (rc < 0) {
		init_result_release(&out);
		return rc;
	}
	out.certificate_ends_at = look.not_after;
	out.context_path = arena_printf(
	    out.a, "%s/%s/context.json", spec->data_path, ROUTER_OPERATOR_DIR);
	*ret_result = out;
	return 0;
}
