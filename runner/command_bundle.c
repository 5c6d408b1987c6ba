/* SPDX-License-Identifier: MIT */
/* `rightlink bundle`: what needs no router; the rest is the operator's. */
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "common/auto.h"
#include "common/clock.h"
#include "common/fsat.h"
#include "runner/bundle_archive.h"
#include "runner/bundle_command.h"
#include "runner/bundle_diff.h"
#include "runner/bundle_init.h"
#include "runner/commands.h"
#include "runner/context.h"
#include "runner/exits.h"
#include "wire/envelope.h"

#define TEXT_MAX_BYTES ((size_t)16 << 20)

struct action {
	const char *name, *usage;
	size_t args;
	/* NULL: the operator's */
	int (*fn)(const struct options *o, struct term *t,
	    const struct places *p, struct err *e);
};

int
bundle_exit_status(const struct err *e)
{
	switch (e->code) {
	case ERR_UNSUPPORTED:
		return EXIT_STATUS_USAGE;
	case ERR_INVALID:
	case ERR_SYNTAX:
	case ERR_ABSENT:
		return EXIT_STATUS_CONFIG;
	default:
		return EXIT_STATUS_FAILED;
	}
}

void
bundle_note(const char *text, void *arg)
{
	struct term *t = arg;
	term_note(t, "%s", text);
}

/* ---- init, build ------------------------------------------------------- */

static int
init(const struct options *o, struct term *t, const struct places *p,
    struct err *e)
{
	(void)p;
	const char *path = o->args.list[1];
	int rc = bundle_init(path, e);
	if (rc < 0)
		return rc;
	if (t->output != TERM_TEXT) {
		AUTO(jsn_free) struct jsn *v = jsn_new_object();
		jsn_set_str(v, "dir", path);
		term_json(t, v);
		return 0;
	}
	AUTO_BUF struct buf text = BUF_INIT(TEXT_MAX_BYTES);
	buf_printf(&text,
	    "made %s; 'rightlink boot --bundle %s' boots it here\n", path,
	    path);
	term_data(t, (struct str){ text.data, text.len });
	return 0;
}

void
bundle_print_archive(const struct term *t, const struct bundle *b,
    const char *file, const struct archive_info *info, const char *more_key,
    const char *more)
{
	if (t->output != TERM_TEXT) {
		AUTO(jsn_free) struct jsn *v = jsn_new_object();
		jsn_set_str(v, "name", b->name);
		if (b->version != NULL)
			jsn_set_str(v, "version", b->version);
		jsn_set_str(v, "file", file);
		jsn_set_str(v, "sha256", info->sha256);
		jsn_set_int(v, "bytes", info->bytes);
		jsn_set_int(v, "files", info->files);
		if (more_key != NULL)
			jsn_set_str(v, more_key, more);
		term_json(t, v);
		return;
	}
	AUTO_BUF struct buf text = BUF_INIT(TEXT_MAX_BYTES);
	buf_printf(&text, "%s%s%s  %s\nsha256 %s, %lld bytes, %lld entries\n",
	    b->name, b->version != NULL ? " " : "",
	    b->version != NULL ? b->version : "", file, info->sha256,
	    (long long)info->bytes, (long long)info->files);
	if (more_key != NULL)
		buf_printf(&text, "%s %s\n", more_key, more);
	term_data(t, (struct str){ text.data, text.len });
}

static int
build(const struct options *o, struct term *t, const struct places *p,
    struct err *e)
{
	AUTO(build_result_release) struct build_result r = { .file = NULL };
	struct build_spec spec = { .places = p,
		.dir = o->args.list[1],
		.file = o->archive,
		.offline = o->offline,
		.with_credentials = o->with_credentials,
		.note = bundle_note,
		.arg = t };
	int rc = bundle_build(&spec, &r, e);
	if (rc == 0)
		bundle_print_archive(t, r.bundle, r.file, &r.info, NULL, NULL);
	return rc;
}

/* ---- sign, verify ------------------------------------------------------ */

int
bundle_signing_key(
    const struct options *o, struct sign_key **ret_key, struct err *e)
{
	if (o->key != NULL)
		return sign_key_load(AT_FDCWD, o->key, ret_key, e);
	AUTO(context_release) struct context c = { .path = NULL };
	if (!context_exists(o))
		return err_set(e, ERR_UNSUPPORTED,
		    "which key shall sign? --key FILE, or a context with one");
	int rc = context_load(o, &c, e);
	if (rc < 0)
		return rc;
	if (c.key_file == NULL)
		return err_set(e, ERR_ABSENT,
		    "the context '%s' has no key; --key FILE names one",
		    c.path);
	return sign_key_load(AT_FDCWD, c.key_file, ret_key, e);
}

static int
sign(const struct options *o, struct term *t, const struct places *p,
    struct err *e)
{
	AUTO(sign_key_free) struct sign_key *key = NULL;
	AUTO(archive_close) struct archive *a = NULL;
	AUTO(jsn_free) struct jsn *envelope = NULL;
	int rc = bundle_signing_key(o, &key, e);
	if (rc == 0)
		rc = archive_open(p, o->args.list[1], &a, e);
	if (rc < 0)
		return rc;
	struct manifest m =
	    archive_manifest(a, o->serial >= 0 ? o->serial : clock_now_ms());
	rc = manifest_seal(&m, key, &envelope, e);
	if (rc < 0)
		return rc;
	AUTO_STR char *file = xasprintf("%s%s", a->file, ARCHIVE_SIG_SUFFIX);
	AUTO_BUF struct buf text = BUF_INIT(ENVELOPE_MAX_BYTES);
	jsn_format(envelope, JSN_PRETTY, &text);
	rc = fsat_replace(
	    AT_FDCWD, file, (struct str){ text.data, text.len }, 0644, 0, e);
	if (rc == 0)
		bundle_print_archive(
		    t, a->bundle, a->file, &a->info, "signature", file);
	return rc;
}

int
bundle_read_signature(const char *file, struct arena *a,
    struct envelope *ret_envelope, struct manifest *ret_manifest,
    struct jsn **ret_value, struct err *e)
{
	AUTO_STR char *path = xasprintf("%s%s", file, ARCHIVE_SIG_SUFFIX);
	AUTO(jsn_free) struct jsn *v = NULL;
	int rc = jsn_load(AT_FDCWD, path, ENVELOPE_MAX_BYTES * 2, &v, e);
	if (rc == ERR_ABSENT)
		return err_set(e, ERR_ABSENT,
		    "no signature '%s'; 'rightlink bundle sign' makes one",
		    path);
	if (rc == 0)
		rc = envelope_parse(v, path, ret_envelope, e);
	if (rc < 0)
		return rc;
	rc = manifest_parse(a,
	    (struct str){
		ret_envelope->payload.data, ret_envelope->payload.len },
	    ret_manifest, e);
	if (rc < 0)
		return err_wrap(e, "'%s'", path);
	if (ret_value != NULL)
		*ret_value = TAKE(v);
	return 0;
}

/* The public key as text, in a file, or of a private key's file. */
static int
read_public(const char *word, struct sign_public *ret, struct err *e)
{
	if (sign_public_parse(str_from(word), ret, NULL) == 0)
		return 0;
	AUTO_BUF struct buf text = BUF_INIT(4096);
	int rc = fsat_read(AT_FDCWD, word, text.max_bytes, &text, e);
	if (rc < 0)
		return rc;
	struct str line = str_trim((struct str){ text.data, text.len });
	if (sign_public_parse(line, ret, NULL) == 0)
		return 0;
	AUTO(sign_key_free) struct sign_key *key = NULL;
	rc = sign_key_load(AT_FDCWD, word, &key, e);
	if (rc == 0)
		sign_key_public(key, ret);
	return rc;
}

static int
verifying_key(const struct options *o, struct sign_public *ret, struct err *e)
{
	if (o->key != NULL)
		return read_public(o->key, ret, e);
	AUTO(sign_key_free) struct sign_key *key = NULL;
	if (!context_exists(o))
		return err_set(e, ERR_UNSUPPORTED,
		    "whose signature shall it be? --key PUBLIC-KEY, or --root "
		    "KID for any that the router's trust bundle names");
	int rc = bundle_signing_key(o, &key, e);
	if (rc == 0)
		sign_key_public(key, ret);
	return rc;
}

static int
verify(const struct options *o, struct term *t, const struct places *p,
    struct err *e)
{
	AUTO(arena_free) struct arena *arena = arena_new();
	AUTO(archive_close) struct archive *a = NULL;
	AUTO(envelope_release) struct envelope v = { .sigs_len = 0 };
	struct sign_public key;
	struct manifest m;
	int rc = verifying_key(o, &key, e);
	if (rc == 0)
		rc = bundle_read_signature(
		    o->args.list[1], arena, &v, &m, NULL, e);
	if (rc == 0)
		rc = envelope_check(&v, SIGN_DOMAIN_MANIFEST, &key, e);
	if (rc == 0)
		rc = archive_open(p, o->args.list[1], &a, e);
	if (rc == 0)
		rc = archive_check(a, &m, e);
	if (rc == 0)
		bundle_print_archive(t, a->bundle, a->file, &a->info,
		    "signed by", sign_kid_of(&key).text);
	return rc;
}

/* ---- diff -------------------------------------------------------------- */

/* One side: a directory, or an archive that is unpacked. */
struct side {
	struct archive *archive;
	struct bundle *own;
	const struct bundle *bundle;
};

static void
side_release(struct side *s)
{
	archive_close(&s->archive);
	bundle_free(&s->own);
}

static int
side_open(
    const struct places *p, const char *path, struct side *s, struct err *e)
{
	struct err ignored = { 0 };
	AUTO_FD int dir = fsat_open_dir(AT_FDCWD, path, &ignored);
	int rc = dir >= 0 ? bundle_load(path, &s->own, e)
			  : archive_open(p, path, &s->archive, e);
	if (rc == 0)
		s->bundle = dir >= 0 ? s->own : s->archive->bundle;
	return rc;
}

static int
diff(const struct options *o, struct term *t, const struct places *p,
    struct err *e)
{
	AUTO(side_release) struct side a = { .own = NULL };
	AUTO(side_release) struct side b = { .own = NULL };
	AUTO(jsn_free) struct jsn *v = NULL;
	int rc = side_open(p, o->args.list[1], &a, e);
	if (rc == 0)
		rc = side_open(p, o->args.list[2], &b, e);
	if (rc == 0)
		rc = bundle_diff(a.bundle, b.bundle, &v, e);
	if (rc < 0)
		return rc;
	if (t->output != TERM_TEXT) {
		term_json(t, v);
		return 0;
	}
	AUTO_BUF struct buf text = BUF_INIT(TEXT_MAX_BYTES);
	bundle_diff_format(v, &text);
	term_data(t, (struct str){ text.data, text.len });
	return 0;
}

/* ---- which ------------------------------------------------------------- */

static const struct action actions[] = {
	{ "init", "init NAME", 1, init },
	{ "build", "build DIR [--file FILE]", 1, build },
	{ "sign", "sign FILE [--key KEY]", 1, sign },
	{ "verify", "verify FILE [--key PUBLIC-KEY | --root KID]", 1, verify },
	{ "diff", "diff A B", 2, diff },
	{ "push", "push DIR|FILE", 1, NULL },
	{ "list", "list", 0, NULL },
};

/* NULL with the error. */
static const struct action *
find_action(const struct options *o, struct err *e)
{
	const char *names[ARRAY_LEN(actions)];
	const char *name = o->args.len > 0 ? o->args.list[0] : "list";
	for (size_t i = 0; i < ARRAY_LEN(actions); i++) {
		const struct action *a = &actions[i];
		names[i] = a->name;
		if (!text_eq(a->name, name))
			continue;
		if (o->args.len == 0 || o->args.len - 1 == a->args)
			return a;
		(void)err_set(
		    e, ERR_UNSUPPORTED, "usage: rightlink bundle %s", a->usage);
		return NULL;
	}
	const char *near = nearest_name(name, names, ARRAY_LEN(names));
	(void)err_set(e, ERR_UNSUPPORTED,
	    "bundle: unknown action '%.64s'%s%s%s", name,
	    near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
	return NULL;
}

int
command_bundle(const struct options *o, struct term *t)
{
	AUTO(places_release) struct places p = { .state = NULL };
	struct err e = { 0 };
	const struct action *a = find_action(o, &e);
	if (a != NULL && (a->fn == NULL || (a->fn == verify && o->root)))
		return become_operator(t);
	int rc = a != NULL ? places_find(NULL, NULL, &p, &e) : e.code;
	if (rc == 0)
		rc = a->fn(o, t, &p, &e);
	if (rc == 0)
		return EXIT_STATUS_OK;
	term_error(t, &e, bundle_exit_status(&e));
	return bundle_exit_status(&e);
}
