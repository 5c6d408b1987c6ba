/* SPDX-License-Identifier: MIT */
/* Ed25519 keys and signatures through OpenSSL's EVP layer. */
/* OpenSSL has a type with the name of one of our codes. */
#define ERR_STATE openssl_err_state
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#undef ERR_STATE

#include "common/sign.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/auto.h"
#include "common/base64.h"
#include "common/digest.h"
#include "common/fsat.h"

#define KEY_MAGIC 0x7369676eu
#define KEY_FILE_MAX_BYTES ((size_t)16 << 10)
#define RANDOM_MAX_BYTES 256

struct sign_key {
	unsigned magic;
	EVP_PKEY *pkey;
};

static void
pkey_free(EVP_PKEY **p)
{
	EVP_PKEY_free(*p);
}

static void
context_free(EVP_MD_CTX **c)
{
	EVP_MD_CTX_free(*c);
}

static void
bio_free(BIO **b)
{
	BIO_free(*b);
}

/* The text of a private key must not stay in freed memory. */
static void
wipe(struct buf *b)
{
	if (b->data != NULL)
		explicit_bzero(b->data, b->room);
	buf_release(b);
}

static struct sign_key *
key_of(EVP_PKEY *pkey)
{
	struct sign_key *k = xcalloc(1, sizeof(*k));
	k->magic = KEY_MAGIC;
	k->pkey = pkey;
	return k;
}

int
sign_key_new(struct sign_key **ret_key, struct err *e)
{
	EVP_PKEY *pkey = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
	if (pkey == NULL) {
		ERR_clear_error();
		return err_set(e, ERR_SYS, "OpenSSL makes no Ed25519 key");
	}
	*ret_key = key_of(pkey);
	return 0;
}

void
sign_key_free(struct sign_key **k)
{
	if (k == NULL || *k == NULL)
		return;
	CHECK_OBJ(*k, KEY_MAGIC);
	EVP_PKEY_free((*k)->pkey);
	(*k)->magic = 0;
	free(*k);
	*k = NULL;
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
read_key_file(int dirfd, const char *path, struct buf *text, struct err *e)
{
	AUTO_FD int fd =
	    openat(dirfd, path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (fd < 0 && (errno == ENOENT || errno == ENOTDIR))
		return err_set(e, ERR_ABSENT, "no key file '%s'", path);
	struct stat st;
	if (fd < 0 || fstat(fd, &st) < 0)
		return err_sys(e, "open key file '%s'", path);
	if (!S_ISREG(st.st_mode))
		return err_set(
		    e, ERR_INVALID, "key file '%s': no regular file", path);
	if ((st.st_mode & 077) != 0)
		return err_set(e, ERR_INVALID,
		    "key file '%s': mode %03o lets others read it; chmod 600",
		    path, (unsigned)st.st_mode & 0777);
	if (fd_read_all(fd, KEY_FILE_MAX_BYTES, text, e) < 0)
		return err_wrap(e, "key file '%s'", path);
	return 0;
}

int
sign_key_load(
    int dirfd, const char *path, struct sign_key **ret_key, struct err *e)
{
	AUTO(wipe) struct buf text = BUF_INIT(KEY_FILE_MAX_BYTES);
	/* All at once, so that no copy is left behind by growing. */
	if (buf_reserve(&text, KEY_FILE_MAX_BYTES) == NULL)
		return err_set(e, ERR_LIMIT, "key file '%s'", path);
	int rc = read_key_file(dirfd, path, &text, e);
	if (rc < 0)
		return rc;
	AUTO(bio_free)
	BIO *bio = BIO_new_mem_buf(buf_text(&text), (int)text.len);
	ASSERT(bio != NULL);
	AUTO(pkey_free)
	EVP_PKEY *pkey = PEM_read_bio_PrivateKey(bio, NULL, no_password, NULL);
	ERR_clear_error();
	if (pkey == NULL || EVP_PKEY_is_a(pkey, "ED25519") != 1)
		return err_set(e, ERR_SYNTAX,
		    "key file '%s': no Ed25519 private key in PEM", path);
	*ret_key = key_of(TAKE(pkey));
	return 0;
}

int
sign_key_save(
    const struct sign_key *k, int dirfd, const char *path, struct err *e)
{
	CHECK_OBJ(k, KEY_MAGIC);
	AUTO(bio_free) BIO *bio = BIO_new(BIO_s_secmem());
	ASSERT(bio != NULL);
	int ok = PEM_write_bio_PKCS8PrivateKey(
	    bio, k->pkey, NULL, NULL, 0, NULL, NULL);
	char *data = NULL;
	long len = BIO_get_mem_data(bio, &data);
	ASSERT(ok == 1 && len > 0);
	int rc = fsat_replace(
	    dirfd, path, (struct str){ data, (size_t)len }, 0600, FSAT_EXCL, e);
	explicit_bzero(data, (size_t)len);
	if (rc < 0)
		err_wrap(e, "save a key");
	return rc;
}

void
sign_key_public(const struct sign_key *k, struct sign_public *ret_public)
{
	CHECK_OBJ(k, KEY_MAGIC);
	size_t len = sizeof(ret_public->bytes);
	int ok = EVP_PKEY_get_raw_public_key(k->pkey, ret_public->bytes, &len);
	ASSERT(ok == 1 && len == sizeof(ret_public->bytes));
}

struct sign_kid
sign_kid_of(const struct sign_public *p)
{
	struct digest_text d = digest_of(DIGEST_SHA256,
	    (struct str){ (const char *)p->bytes, sizeof(p->bytes) });
	struct sign_kid kid;
	memcpy(kid.text, d.hex, SIGN_KID_BYTES - 1);
	kid.text[SIGN_KID_BYTES - 1] = '\0';
	return kid;
}

int
sign_kid_parse(struct str text, struct sign_kid *ret_kid, struct err *e)
{
	static const char digits[] = "0123456789abcdef";
	size_t good = 0;
	while (good < text.len && text.data[good] != '\0' &&
	       strchr(digits, text.data[good]) != NULL)
		good++;
	if (text.len != SIGN_KID_BYTES - 1 || good != text.len)
		return err_set(e, ERR_SYNTAX,
		    "'%.*s' is no key id: %d lower-case hex digits",
		    (int)(text.len < 40 ? text.len : 40), text.data,
		    SIGN_KID_BYTES - 1);
	memcpy(ret_kid->text, text.data, text.len);
	ret_kid->text[text.len] = '\0';
	return 0;
}

bool
sign_kid_eq(const struct sign_kid *a, const struct sign_kid *b)
{
	return text_eq(a->text, b->text);
}

int
sign_public_parse(
    struct str text, struct sign_public *ret_public, struct err *e)
{
	AUTO_BUF struct buf bytes = BUF_INIT(SIGN_PUBLIC_BYTES);
	if (base64_parse(text, &bytes, NULL) < 0 ||
	    bytes.len != SIGN_PUBLIC_BYTES)
		return err_set(e, ERR_SYNTAX,
		    "public key: not %d bytes in base64", SIGN_PUBLIC_BYTES);
	memcpy(ret_public->bytes, bytes.data, SIGN_PUBLIC_BYTES);
	return 0;
}

void
sign_public_format(const struct sign_public *p, struct buf *out)
{
	base64_format(
	    (struct str){ (const char *)p->bytes, SIGN_PUBLIC_BYTES }, out);
}

bool
sign_public_eq(const struct sign_public *a, const struct sign_public *b)
{
	return memcmp(a->bytes, b->bytes, SIGN_PUBLIC_BYTES) == 0;
}

/* What is signed; false when the empty domain meets a NUL. */
static bool
input_make(const char *domain, struct str message, struct buf *ret_input)
{
	size_t len = strlen(domain);
	*ret_input = BUF_INIT(len + 1 + message.len);
	if (len > 0)
		buf_add(ret_input, domain, len + 1);
	else if (message.len > 0 && memchr(message.data, 0, message.len))
		return false;
	buf_add(ret_input, message.data, message.len);
	return true;
}

int
sign_message(const struct sign_key *k, const char *domain, struct str message,
    struct sign_signature *ret_signature, struct err *e)
{
	CHECK_OBJ(k, KEY_MAGIC);
	AUTO_BUF struct buf input = BUF_INIT(0);
	if (!input_make(domain, message, &input))
		return err_set(e, ERR_INVALID, "sign: the message has a NUL");
	AUTO(context_free) EVP_MD_CTX *c = EVP_MD_CTX_new();
	ASSERT(c != NULL);
	size_t len = sizeof(ret_signature->bytes);
	if (EVP_DigestSignInit(c, NULL, NULL, NULL, k->pkey) != 1 ||
	    EVP_DigestSign(c, ret_signature->bytes, &len,
		(const unsigned char *)buf_text(&input), input.len) != 1 ||
	    len != sizeof(ret_signature->bytes)) {
		ERR_clear_error();
		return err_set(e, ERR_SYS, "OpenSSL does not sign");
	}
	return 0;
}

int
sign_check(const struct sign_public *p, const char *domain, struct str message,
    const struct sign_signature *signature, struct err *e)
{
	AUTO_BUF struct buf input = BUF_INIT(0);
	bool good = input_make(domain, message, &input);
	AUTO(pkey_free)
	EVP_PKEY *pkey = EVP_PKEY_new_raw_public_key_ex(
	    NULL, "ED25519", NULL, p->bytes, sizeof(p->bytes));
	AUTO(context_free) EVP_MD_CTX *c = EVP_MD_CTX_new();
	ASSERT(c != NULL);
	good = good && pkey != NULL &&
	       EVP_DigestVerifyInit(c, NULL, NULL, NULL, pkey) == 1 &&
	       EVP_DigestVerify(c, signature->bytes, sizeof(signature->bytes),
		   (const unsigned char *)buf_text(&input), input.len) == 1;
	ERR_clear_error();
	if (!good)
		return err_set(e, ERR_DIGEST,
		    "the signature is not by key %s over these bytes",
		    sign_kid_of(p).text);
	return 0;
}

void
sign_random_text(size_t len, struct buf *out)
{
	char bytes[RANDOM_MAX_BYTES];
	ASSERT(len <= sizeof(bytes));
	ssize_t got = getrandom(bytes, len, 0);
	ASSERT(got == (ssize_t)len);
	base64url_format((struct str){ bytes, len }, out);
	explicit_bzero(bytes, sizeof(bytes));
}

bool
sign_text_eq(struct str a, struct str b)
{
	return a.len == b.len &&
	       (a.len == 0 || CRYPTO_memcmp(a.data, b.data, a.len) == 0);
}
