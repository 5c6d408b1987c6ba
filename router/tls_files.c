/* SPDX-License-Identifier: MIT */
/* Certificates through OpenSSL's X.509 functions. */
/* OpenSSL has a type with the name of one of our codes. */
#define ERR_STATE openssl_err_state
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#undef ERR_STATE

#include "router/tls_files.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <time.h>

#include "common/auto.h"
#include "common/clock.h"
#include "common/fsat.h"

#define PEM_MAX_BYTES ((size_t)256 << 10)
/* Clocks of machines that join may be a little behind ours. */
#define BACKDATE_S (24 * 3600)

static void
x509_free(X509 **x)
{
	X509_free(*x);
}

static void
pkey_free(EVP_PKEY **p)
{
	EVP_PKEY_free(*p);
}

static void
bio_free(BIO **b)
{
	BIO_free(*b);
}

static int
fault(struct err *e, const char *what)
{
	const char *reason = ERR_reason_error_string(ERR_peek_last_error());
	ERR_clear_error();
	return err_set(e, ERR_SYS, "%s: %s", what,
	    reason != NULL ? reason : "OpenSSL failed");
}

static bool
is_address(const char *name)
{
	unsigned char bytes[16];
	return inet_pton(AF_INET, name, bytes) == 1 ||
	       inet_pton(AF_INET6, name, bytes) == 1;
}

int
tls_name_check(const char *name, struct err *e)
{
	size_t len = strlen(name);
	if (is_address(name))
		return 0;
	bool good = len > 0 && len <= 253 && name[0] != '.' && name[0] != '-';
	for (size_t i = 0; i < len && good; i++) {
		char c = name[i];
		good = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
		       (c >= '0' && c <= '9') || c == '-' || c == '_' ||
		       (c == '.' && name[i + 1] != '.');
	}
	if (!good)
		return err_set(e, ERR_INVALID,
		    "'%.256s' is neither a host name nor an IP address", name);
	return 0;
}

static int
write_pem(int dirfd, const char *file, BIO *pem, mode_t mode, unsigned flags,
    struct err *e)
{
	char *data = NULL;
	long len = BIO_get_mem_data(pem, &data);
	return fsat_replace(
	    dirfd, file, (struct str){ data, (size_t)len }, mode, flags, e);
}

static int
save_key(
    int dirfd, const char *file, EVP_PKEY *key, unsigned flags, struct err *e)
{
	/* secure memory: wiped when it is freed */
	AUTO(bio_free) BIO *pem = BIO_new(BIO_s_secmem());
	if (pem == NULL ||
	    PEM_write_bio_PrivateKey(pem, key, NULL, NULL, 0, NULL, NULL) != 1)
		return fault(e, "write a key");
	return write_pem(dirfd, file, pem, 0600, flags, e);
}

static int
save_certificate(
    int dirfd, const char *file, X509 *x, unsigned flags, struct err *e)
{
	AUTO(bio_free) BIO *pem = BIO_new(BIO_s_mem());
	if (pem == NULL || PEM_write_bio_X509(pem, x) != 1)
		return fault(e, "write a certificate");
	return write_pem(dirfd, file, pem, 0644, flags, e);
}

static int
open_pem(
    int dirfd, const char *file, struct buf *text, BIO **ret_bio, struct err *e)
{
	int rc = fsat_read(dirfd, file, PEM_MAX_BYTES, text, e);
	if (rc < 0)
		return rc;
	*ret_bio = BIO_new_mem_buf(buf_text(text), (int)text->len);
	return *ret_bio != NULL ? 0 : fault(e, "read a file");
}

static int
load_certificate(int dirfd, const char *file, X509 **ret_x, struct err *e)
{
	AUTO_BUF struct buf text = BUF_INIT(PEM_MAX_BYTES);
	AUTO(bio_free) BIO *pem = NULL;
	int rc = open_pem(dirfd, file, &text, &pem, e);
	if (rc < 0)
		return rc;
	*ret_x = PEM_read_bio_X509(pem, NULL, NULL, NULL);
	ERR_clear_error();
	if (*ret_x == NULL)
		return err_set(
		    e, ERR_SYNTAX, "'%s' is no certificate in PEM", file);
	return 0;
}

/* An encrypted key is refused, never asked for. */
static int
no_password(char *text, int size, int writing, void *arg)
{
	(void)text;
	(void)size;
	(void)writing;
	(void)arg;
	return -1;
}

static int
load_key(int dirfd, const char *file, EVP_PKEY **ret_key, struct err *e)
{
	AUTO_BUF struct buf text = BUF_INIT(PEM_MAX_BYTES);
	AUTO(bio_free) BIO *pem = NULL;
	int rc = open_pem(dirfd, file, &text, &pem, e);
	if (rc < 0)
		return rc;
	*ret_key = PEM_read_bio_PrivateKey(pem, NULL, no_password, NULL);
	explicit_bzero(text.data, text.len);
	ERR_clear_error();
	if (*ret_key == NULL)
		return err_set(
		    e, ERR_SYNTAX, "'%s' is no private key in PEM", file);
	return 0;
}

static bool
add_extension(X509 *x, X509 *issuer, int nid, const char *value)
{
	X509V3_CTX ctx;
	X509V3_set_ctx(&ctx, issuer, x, NULL, NULL, 0);
	X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
	bool good = extension != NULL && X509_add_ext(x, extension, -1) == 1;
	X509_EXTENSION_free(extension);
	return good;
}

static bool
set_serial(X509 *x)
{
	unsigned char bytes[16];
	if (RAND_bytes(bytes, sizeof(bytes)) != 1)
		return false;
	bytes[0] &= 0x7f; /* positive */
	BIGNUM *n = BN_bin2bn(bytes, sizeof(bytes), NULL);
	bool good = n != NULL &&
		    BN_to_ASN1_INTEGER(n, X509_get_serialNumber(x)) != NULL;
	BN_free(n);
	return good;
}

/* Subject, dates, serial number and key; issuer and extensions are to come. */
static X509 *
begin_certificate(const char *common_name, EVP_PKEY *key, int days)
{
	X509 *x = X509_new();
	if (x == NULL)
		return NULL;
	char cut[65]; /* the standard's limit of a common name */
	snprintf(cut, sizeof(cut), "%s", common_name);
	X509_NAME *subject = X509_get_subject_name(x);
	bool good = X509_set_version(x, 2) == 1 && set_serial(x) &&
		    X509_gmtime_adj(X509_getm_notBefore(x), -BACKDATE_S) &&
		    X509_time_adj_ex(X509_getm_notAfter(x), days, 0, NULL) &&
		    X509_set_pubkey(x, key) == 1 &&
		    X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8,
			(const unsigned char *)cut, -1, -1, 0) == 1;
	if (!good) {
		X509_free(x);
		return NULL;
	}
	return x;
}

int
tls_make_ca(int dirfd, const char *common_name, struct err *e)
{
	ERR_clear_error();
	AUTO(pkey_free) EVP_PKEY *key = EVP_EC_gen("P-256");
	if (key == NULL)
		return fault(e, "make the CA's key");
	AUTO(x509_free)
	X509 *x = begin_certificate(common_name, key, TLS_CA_DAYS);
	bool good = x != NULL &&
		    X509_set_issuer_name(x, X509_get_subject_name(x)) == 1 &&
		    add_extension(x, x, NID_basic_constraints,
			"critical,CA:TRUE,pathlen:0") &&
		    add_extension(
			x, x, NID_key_usage, "critical,keyCertSign,cRLSign") &&
		    add_extension(x, x, NID_subject_key_identifier, "hash") &&
		    X509_sign(x, key, EVP_sha256()) > 0;
	if (!good)
		return fault(e, "make the CA");
	int rc = save_key(dirfd, TLS_CA_KEY_FILE, key, FSAT_EXCL, e);
	if (rc == 0)
		rc = save_certificate(dirfd, TLS_CA_FILE, x, FSAT_EXCL, e);
	return rc;
}

static int
format_names(const struct tls_names *names, struct buf *out, struct err *e)
{
	ASSERT(names->len > 0);
	for (size_t i = 0; i < names->len; i++) {
		int rc = tls_name_check(names->items[i], e);
		if (rc < 0)
			return rc;
		buf_printf(out, "%s%s:%s", i > 0 ? "," : "",
		    is_address(names->items[i]) ? "IP" : "DNS",
		    names->items[i]);
	}
	return 0;
}

static int
check_ca(X509 *ca, struct err *e)
{
	if (X509_cmp_current_time(X509_get0_notAfter(ca)) >= 0)
		return 0;
	return err_set(e, ERR_STATE,
	    "the CA has ended; a new one means that every machine joins again");
}

static X509 *
make_server_certificate(X509 *ca, EVP_PKEY *ca_key, EVP_PKEY *key,
    const char *common_name, const char *names, int days)
{
	X509 *x = begin_certificate(common_name, key, days);
	bool good =
	    x != NULL &&
	    X509_set_issuer_name(x, X509_get_subject_name(ca)) == 1 &&
	    add_extension(x, ca, NID_basic_constraints, "critical,CA:FALSE") &&
	    add_extension(x, ca, NID_key_usage, "critical,digitalSignature") &&
	    add_extension(x, ca, NID_ext_key_usage, "serverAuth") &&
	    add_extension(x, ca, NID_subject_key_identifier, "hash") &&
	    add_extension(x, ca, NID_authority_key_identifier, "keyid") &&
	    add_extension(x, ca, NID_subject_alt_name, names) &&
	    X509_sign(x, ca_key, EVP_sha256()) > 0;
	if (good)
		return x;
	X509_free(x);
	return NULL;
}

int
tls_make_server(
    int dirfd, const struct tls_names *names, int days, struct err *e)
{
	ERR_clear_error();
	AUTO_BUF struct buf text = BUF_INIT(TLS_NAMES_MAX * 264);
	AUTO(x509_free) X509 *ca = NULL, *x = NULL;
	AUTO(pkey_free) EVP_PKEY *ca_key = NULL, *key = NULL;
	int rc = format_names(names, &text, e);
	if (rc == 0)
		rc = load_certificate(dirfd, TLS_CA_FILE, &ca, e);
	if (rc == 0)
		rc = load_key(dirfd, TLS_CA_KEY_FILE, &ca_key, e);
	if (rc == 0)
		rc = check_ca(ca, e);
	if (rc < 0)
		return rc;
	key = EVP_EC_gen("P-256");
	if (key != NULL)
		x = make_server_certificate(
		    ca, ca_key, key, names->items[0], buf_text(&text), days);
	if (x == NULL)
		return fault(e, "make the server's certificate");
	/* A crash between the two leaves a pair that does not fit: it is
	 * told at the start, and made anew by the same command. */
	rc = save_key(dirfd, TLS_SERVER_KEY_FILE, key, 0, e);
	if (rc == 0)
		rc = save_certificate(dirfd, TLS_SERVER_FILE, x, 0, e);
	return rc;
}

static int64_t
time_ms(const ASN1_TIME *t)
{
	struct tm tm = { 0 };
	if (ASN1_TIME_to_tm(t, &tm) != 1)
		return 0;
	return (int64_t)timegm(&tm) * 1000;
}

static void
add_name(struct tls_look *l, const GENERAL_NAME *name)
{
	char *out = l->names[l->names_len];
	size_t room = sizeof(l->names[0]);
	if (name->type == GEN_DNS) {
		size_t len = (size_t)ASN1_STRING_length(name->d.dNSName);
		if (len >= room)
			return;
		memcpy(out, ASN1_STRING_get0_data(name->d.dNSName), len);
		out[len] = '\0';
	} else if (name->type == GEN_IPADD) {
		int family = ASN1_STRING_length(name->d.iPAddress) == 4
				 ? AF_INET
				 : AF_INET6;
		if (inet_ntop(family, ASN1_STRING_get0_data(name->d.iPAddress),
			out, (socklen_t)room) == NULL)
			return;
	} else {
		return;
	}
	l->names_len++;
}

int
tls_look(int dirfd, const char *file, struct tls_look *ret_look, struct err *e)
{
	AUTO(x509_free) X509 *x = NULL;
	int rc = load_certificate(dirfd, file, &x, e);
	if (rc < 0)
		return rc;
	*ret_look = (struct tls_look){
		.not_before = time_ms(X509_get0_notBefore(x)),
		.not_after = time_ms(X509_get0_notAfter(x)),
	};
	GENERAL_NAMES *names =
	    X509_get_ext_d2i(x, NID_subject_alt_name, NULL, NULL);
	for (int i = 0; i < sk_GENERAL_NAME_num(names) &&
			ret_look->names_len < TLS_NAMES_MAX;
	     i++)
		add_name(ret_look, sk_GENERAL_NAME_value(names, i));
	GENERAL_NAMES_free(names);
	ERR_clear_error();
	return 0;
}

int
tls_check_time(
    const struct tls_look *l, const char *file, int64_t now_ms, struct err *e)
{
	char when[CLOCK_TEXT_BYTES];
	if (now_ms >= l->not_after) {
		clock_format(l->not_after, when);
		return err_set(e, ERR_TIMEOUT,
		    "certificate '%s' ended at %s; `rightlink router renew` "
		    "makes a new one",
		    file, when);
	}
	if (now_ms < l->not_before) {
		clock_format(l->not_before, when);
		return err_set(e, ERR_TIMEOUT,
		    "certificate '%s' begins at %s; is this machine's clock "
		    "right?",
		    file, when);
	}
	return 0;
}
