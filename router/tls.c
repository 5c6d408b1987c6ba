/* SPDX-License-Identifier: MIT */
/* The two structs of the header are names for OpenSSL's own objects. */
/* OpenSSL has a type with the name of one of our codes. */
#define ERR_STATE openssl_err_state
#include <openssl/err.h>
#include <openssl/ssl.h>
#undef ERR_STATE

#include "router/tls.h"

#include <errno.h>
#include <limits.h>
#include <string.h>

#include "common/auto.h"

#define CIPHERS_12 "ECDHE+AESGCM:ECDHE+CHACHA20"
#define GROUPS "X25519:P-256:P-384"

static _Thread_local unsigned long newest_fault;

static SSL_CTX *
context_of(struct tls_server *t)
{
	return (SSL_CTX *)t;
}

static SSL *
ssl_of(struct tls_conn *c)
{
	return (SSL *)c;
}

/* Only HTTP/1.1 is spoken; who offers protocols without it gets an alert. */
static int
choose_protocol(SSL *ssl, const unsigned char **ret_name,
    unsigned char *ret_len, const unsigned char *offered, unsigned offered_len,
    void *arg)
{
	static const unsigned char ours[] = "\x08http/1.1";
	(void)ssl;
	(void)arg;
	unsigned char *name = NULL;
	int found = SSL_select_next_proto(&name, ret_len, ours,
	    (unsigned)sizeof(ours) - 1, offered, offered_len);
	*ret_name = name;
	return found == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK
					       : SSL_TLSEXT_ERR_ALERT_FATAL;
}

static bool
set_rules(SSL_CTX *ctx)
{
	SSL_CTX_set_options(ctx, SSL_OP_NO_TICKET | SSL_OP_NO_RENEGOTIATION |
				     SSL_OP_NO_COMPRESSION |
				     SSL_OP_CIPHER_SERVER_PREFERENCE);
	SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS |
				  SSL_MODE_ENABLE_PARTIAL_WRITE |
				  SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
	SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
	SSL_CTX_set_read_ahead(ctx, 1);
	SSL_CTX_set_alpn_select_cb(ctx, choose_protocol, NULL);
	return SSL_CTX_set_num_tickets(ctx, 0) == 1 &&
	       SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION) == 1 &&
	       SSL_CTX_set_cipher_list(ctx, CIPHERS_12) == 1 &&
	       SSL_CTX_set1_groups_list(ctx, GROUPS) == 1;
}

/* OpenSSL's newest reason as our error; empties its queue. */
static int
fault(struct err *e, enum err_code code, const char *what, const char *file)
{
	char text[256];
	unsigned long number = ERR_peek_last_error();
	const char *reason = ERR_reason_error_string(number);
	if (ERR_GET_REASON(number) == ERR_R_SYS_LIB || reason == NULL)
		snprintf(text, sizeof(text), "unreadable");
	else
		snprintf(text, sizeof(text), "%s", reason);
	ERR_clear_error();
	return err_set(e, code, "%s '%s': %s", what, file, text);
}

static int
check_readable(const char *what, const char *file, struct err *e)
{
	if (access(file, R_OK) == 0)
		return 0;
	if (errno == ENOENT)
		return err_set(e, ERR_ABSENT, "no %s '%s'", what, file);
	return err_sys(e, "read %s '%s'", what, file);
}

static int
load_files(
    SSL_CTX *ctx, const char *certificate, const char *key, struct err *e)
{
	int rc = check_readable("TLS certificate", certificate, e);
	if (rc == 0)
		rc = check_readable("TLS key", key, e);
	if (rc < 0)
		return rc;
	if (SSL_CTX_use_certificate_chain_file(ctx, certificate) != 1)
		return fault(e, ERR_SYNTAX, "TLS certificate", certificate);
	if (SSL_CTX_use_PrivateKey_file(ctx, key, SSL_FILETYPE_PEM) != 1) {
		/* also says so when the key is another's */
		return fault(e, ERR_INVALID, "TLS key", key);
	}
	return 0;
}

int
tls_server_new(const char *certificate_file, const char *key_file,
    struct tls_server **ret_server, struct err *e)
{
	ERR_clear_error();
	SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
	if (ctx == NULL || !set_rules(ctx)) {
		SSL_CTX_free(ctx);
		ERR_clear_error();
		return err_set(
		    e, ERR_UNSUPPORTED, "OpenSSL refuses our rules for TLS");
	}
	int rc = load_files(ctx, certificate_file, key_file, e);
	if (rc < 0)
		SSL_CTX_free(ctx);
	else
		*ret_server = (struct tls_server *)ctx;
	return rc;
}

struct tls_server *
tls_server_ref(struct tls_server *t)
{
	SSL_CTX_up_ref(context_of(t));
	return t;
}

void
tls_server_free(struct tls_server **t)
{
	if (t == NULL || *t == NULL)
		return;
	SSL_CTX_free(context_of(*t));
	*t = NULL;
}

struct tls_conn *
tls_conn_new(struct tls_server *t, int fd)
{
	SSL *ssl = SSL_new(context_of(t));
	ASSERT(ssl != NULL && SSL_set_fd(ssl, fd) == 1);
	SSL_set_accept_state(ssl);
	return (struct tls_conn *)ssl;
}

void
tls_conn_free(struct tls_conn **c)
{
	if (c == NULL || *c == NULL)
		return;
	SSL_free(ssl_of(*c));
	*c = NULL;
}

static enum tls_end
end_of(SSL *ssl, int rc)
{
	int what = SSL_get_error(ssl, rc);
	unsigned long number = ERR_peek_last_error();
	switch (what) {
	case SSL_ERROR_WANT_READ:
		return TLS_WANT_READ;
	case SSL_ERROR_WANT_WRITE:
		return TLS_WANT_WRITE;
	case SSL_ERROR_ZERO_RETURN:
		return TLS_CLOSED;
	default:
		break;
	}
	newest_fault = number;
	ERR_clear_error();
	if (ERR_GET_LIB(number) == ERR_LIB_SSL &&
	    ERR_GET_REASON(number) == SSL_R_HTTP_REQUEST)
		return TLS_PLAIN_HTTP;
	/* A peer that is gone without a word is gone all the same. */
	if (number == 0 ||
	    (ERR_GET_LIB(number) == ERR_LIB_SSL &&
		ERR_GET_REASON(number) == SSL_R_UNEXPECTED_EOF_WHILE_READING))
		return TLS_CLOSED;
	return TLS_FAILED;
}

enum tls_end
tls_handshake(struct tls_conn *c)
{
	ERR_clear_error();
	int rc = SSL_do_handshake(ssl_of(c));
	return rc == 1 ? TLS_DONE : end_of(ssl_of(c), rc);
}

enum tls_end
tls_read(struct tls_conn *c, void *data, size_t room, size_t *ret_len)
{
	ERR_clear_error();
	int rc = SSL_read_ex(ssl_of(c), data, room, ret_len);
	return rc == 1 ? TLS_DONE : end_of(ssl_of(c), rc);
}

bool
tls_pending(const struct tls_conn *c)
{
	return SSL_has_pending((const SSL *)(const void *)c) == 1;
}

enum tls_end
tls_write(struct tls_conn *c, const void *data, size_t len, size_t *ret_len)
{
	ERR_clear_error();
	int rc = SSL_write_ex(ssl_of(c), data, len, ret_len);
	return rc == 1 ? TLS_DONE : end_of(ssl_of(c), rc);
}

void
tls_close(struct tls_conn *c)
{
	ERR_clear_error();
	if (SSL_is_init_finished(ssl_of(c)))
		(void)SSL_shutdown(ssl_of(c));
	ERR_clear_error();
}

void
tls_fault(char *out, size_t room)
{
	const char *reason = ERR_reason_error_string(newest_fault);
	snprintf(out, room, "%s", reason != NULL ? reason : "connection lost");
}
