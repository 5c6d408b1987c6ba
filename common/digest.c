/* SPDX-License-Identifier: MIT */
/* SHA-256 and MD5 through OpenSSL's EVP layer. */
/* OpenSSL has a type with the name of one of our codes. */
#define ERR_STATE openssl_err_state
#include <openssl/evp.h>
#undef ERR_STATE

#include "common/digest.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/auto.h"

#define DIGEST_MAGIC 0x64696773u

struct digest {
	unsigned magic;
	EVP_MD_CTX *ctx;
};

static const EVP_MD *
algorithm(enum digest_kind kind)
{
	switch (kind) {
	case DIGEST_SHA256:
		return EVP_sha256();
	case DIGEST_MD5:
		return EVP_md5();
	}
	ASSERT(false);
	return NULL;
}

struct digest *
digest_new(enum digest_kind kind)
{
	struct digest *d = xcalloc(1, sizeof(*d));
	d->magic = DIGEST_MAGIC;
	d->ctx = EVP_MD_CTX_new();
	ASSERT(d->ctx != NULL);
	int ok = EVP_DigestInit_ex(d->ctx, algorithm(kind), NULL);
	ASSERT(ok == 1);
	return d;
}

void
digest_free(struct digest **d)
{
	if (d == NULL || *d == NULL)
		return;
	CHECK_OBJ(*d, DIGEST_MAGIC);
	EVP_MD_CTX_free((*d)->ctx);
	(*d)->magic = 0;
	free(*d);
	*d = NULL;
}

void
digest_feed(struct digest *d, struct str data)
{
	CHECK_OBJ(d, DIGEST_MAGIC);
	if (data.len > 0) {
		int ok = EVP_DigestUpdate(d->ctx, data.data, data.len);
		ASSERT(ok == 1);
	}
}

struct digest_text
digest_finish(struct digest *d)
{
	static const char hex[] = "0123456789abcdef";
	CHECK_OBJ(d, DIGEST_MAGIC);
	unsigned char raw[EVP_MAX_MD_SIZE];
	unsigned len = 0;
	int ok = EVP_DigestFinal_ex(d->ctx, raw, &len);
	ASSERT(ok == 1 && len * 2 < DIGEST_TEXT_BYTES);
	struct digest_text text = { "" };
	for (unsigned i = 0; i < len; i++) {
		text.hex[2 * i] = hex[raw[i] >> 4];
		text.hex[2 * i + 1] = hex[raw[i] & 15];
	}
	return text;
}

struct digest_text
digest_of(enum digest_kind kind, struct str data)
{
	AUTO(digest_free) struct digest *d = digest_new(kind);
	digest_feed(d, data);
	return digest_finish(d);
}

int
digest_of_fd(
    enum digest_kind kind, int fd, struct digest_text *ret, struct err *e)
{
	AUTO(digest_free) struct digest *d = digest_new(kind);
	char chunk[16384];
	for (;;) {
		ssize_t n = read(fd, chunk, sizeof(chunk));
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_sys(e, "read");
		if (n == 0)
			break;
		digest_feed(d, (struct str){ chunk, (size_t)n });
	}
	*ret = digest_finish(d);
	return 0;
}

int
digest_of_file(enum digest_kind kind, int dirfd, const char *path,
    struct digest_text *ret, struct err *e)
{
	AUTO_FD int fd =
	    openat(dirfd, path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (fd < 0 && errno == ENOENT)
		return err_set(e, ERR_ABSENT, "no file '%s'", path);
	if (fd < 0)
		return err_sys(e, "open '%s'", path);
	if (digest_of_fd(kind, fd, ret, e) < 0)
		return err_wrap(e, "file '%s'", path);
	return 0;
}
