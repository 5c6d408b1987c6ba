/* SPDX-License-Identifier: MIT */
/* `rightlink router init` and `renew`. */
#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <string.h>
#include <sys/stat.h>

#include "common/auto.h"
#include "common/clock.h"
#include "common/fsat.h"
#include "router/commands.h"
#include "router/init.h"

/* --- owner ------------------------------------------------------------- */

struct handing_over {
	int dirfd;
	uid_t uid;
	gid_t gid;
	bool top;
};

static int hand_over(int dirfd, bool top, uid_t uid, gid_t gid, struct err *e);

static int
hand_over_entry(const char *name, void *arg, struct err *e)
{
	const struct handing_over *h = arg;
	struct stat st;
	if (h->top && text_eq(name, "root"))
		return 0;
	if (fstatat(h->dirfd, name, &st, AT_SYMLINK_NOFOLLOW) < 0 ||
	    fchownat(h->dirfd, name, h->uid, h->gid, AT_SYMLINK_NOFOLLOW) < 0)
		return err_sys(e, "change the owner of '%s'", name);
	if (!S_ISDIR(st.st_mode))
		return 0;
	AUTO_FD int fd = fsat_open_dir(h->dirfd, name, e);
	return fd < 0 ? fd : hand_over(fd, false, h->uid, h->gid, e);
}

static int
hand_over(int dirfd, bool top, uid_t uid, gid_t gid, struct err *e)
{
	struct handing_over h = { dirfd, uid, gid, top };
	return fsat_each(dirfd, hand_over_entry, &h, e);
}

static int
find_user(const char *user, uid_t *uid, gid_t *gid, struct err *e)
{
	struct passwd pw, *found = NULL;
	char text[4096];
	int rc = getpwnam_r(user, &pw, text, sizeof(text), &found);
	if (rc != 0)
		return err_sysno(e, rc, "look up user '%s'", user);
	if (found == NULL)
		return err_set(e, ERR_ABSENT, "there is no user '%s'", user);
	*uid = pw.pw_uid;
	*gid = pw.pw_gid;
	return 0;
}

static int
give_to_user(const char *path, uid_t uid, gid_t gid, struct err *e)
{
	AUTO_FD int fd = fsat_open_dir(AT_FDCWD, path, e);
	int rc = fd < 0 ? fd : hand_over(fd, true, uid, gid, e);
	if (rc == 0 && fchown(fd, uid, gid) < 0)
		rc = err_sys(e, "change the owner of '%s'", path);
	return rc;
}

/* --- init -------------------------------------------------------------- */

static void
say_result_json(const struct init_spec *spec, const struct init_result *r)
{
	struct jsn *o = jsn_new_object(), *names = jsn_new_array();
	for (size_t i = 0; i < r->config.names.len; i++)
		jsn_push_str(names, r->config.names.items[i]);
	jsn_set_str(o, "data", spec->data_path);
	jsn_set_str(o, "url", r->config.url);
	jsn_set_str(o, "listen", r->config.listen);
	jsn_set(o, "names", names);
	jsn_set_str(o, "root_kid", r->config.root_kid.text);
	jsn_set_str(o, "ca_sha256", r->ca_sha256);
	jsn_set_int(o, "certificate_ends_at", r->certificate_ends_at);
	jsn_set_str(o, "context", r->context_path);
	jsn_set_str(o, "token", buf_text(&r->token));
	jsn_set_str(o, "token_id", r->token_id);
	jsn_set_int(o, "token_uses", r->token_uses);
	jsn_set_int(o, "token_expires_at", r->token_expires_at);
	say_json(o);
}

static void
say_result(const struct init_spec *spec, const struct init_result *r)
{
	AUTO_BUF struct buf names = BUF_INIT(16384);
	for (size_t i = 0; i < r->config.names.len; i++)
		buf_printf(&names, "%s%s", i > 0 ? ", " : "",
		    r->config.names.items[i]);
	say("A router is made in %s.\n"
	    "  url          %s\n"
	    "  certificate  for %s; until %s\n"
	    "  root key     %s in %s/%s: the best place for it is elsewhere\n"
	    "\nNext, here:\n"
	    "  rightlink router run --data %s\n"
	    "  export RIGHTLINK_CONTEXT=%s\n"
	    "  rightlink nodes\n"
	    "and on a machine that shall join (%lld may, until %s UTC):\n"
	    "  rightlink join %s --token %s\n",
	    spec->data_path, r->config.url, buf_text(&names),
	    say_time(r->certificate_ends_at).text, r->config.root_kid.text,
	    spec->data_path, ROUTER_ROOT_KEY_FILE, spec->data_path,
	    r->context_path, (long long)r->token_uses,
	    say_time(r->token_expires_at).text, r->config.url,
	    buf_text(&r->token));
}

static int
check_init(const struct router_options *o, struct err *e)
{
	if (o->args.len > 0)
		return err_set(e, ERR_INVALID,
		    "router init takes no argument '%.64s'", o->args.list[0]);
	if (o->name == NULL)
		return err_set(e, ERR_INVALID,
		    "router init needs --name HOST: the name by which machines "
		    "reach this one");
	return 0;
}

int
router_command_init(const struct router_options *o)
{
	struct err e = { 0 };
	struct init_result r = { .a = NULL };
	uid_t uid = 0;
	gid_t gid = 0;
	struct init_spec spec = {
		.data_path = o->data,
		.name = o->name,
		.also = o->also.list,
		.also_len = o->also.len,
		.listen = o->listen,
		.url = o->url,
		.account = o->account,
		.operator= o->first_operator,
		.days = o->days,
	};
	if (check_init(o, &e) < 0)
		return say_error(o, &e, ROUTER_EXIT_USAGE);
	if (o->user != NULL && find_user(o->user, &uid, &gid, &e) < 0)
		return say_error(o, &e, ROUTER_EXIT_FAILED);
	int rc = router_init(&spec, &r, &e);
	if (rc == 0 && o->user != NULL)
		rc = give_to_user(o->data, uid, gid, &e);
	if (rc < 0) {
		init_result_release(&r);
		return say_error(o, &e, ROUTER_EXIT_FAILED);
	}
	if (o->json)
		say_result_json(&spec, &r);
	else
		say_result(&spec, &r);
	init_result_release(&r);
	return ROUTER_EXIT_OK;
}

/* --- renew ------------------------------------------------------------- */

static int
add_names(
    struct tls_names *names, const struct option_list *also, struct err *e)
{
	for (size_t i = 0; i < also->len; i++) {
		bool known = false;
		for (size_t k = 0; k < names->len; k++)
			known |= text_eq(names->items[k], also->list[i]);
		if (known)
			continue;
		if (names->len == TLS_NAMES_MAX)
			return err_set(
			    e, ERR_LIMIT, "more than %d names", TLS_NAMES_MAX);
		names->items[names->len++] = also->list[i];
	}
	return 0;
}

static int
renew(int data_fd, const struct router_options *o, struct arena *a,
    struct tls_look *ret_look, struct err *e)
{
	struct router_config c;
	int days = o->days > 0 ? (int)o->days : TLS_SERVER_DAYS;
	int rc = config_load(data_fd, a, &c, e);
	if (rc == 0)
		rc = add_names(&c.names, &o->also, e);
	AUTO_FD int tls =
	    rc < 0 ? -1 : fsat_open_dir(data_fd, ROUTER_TLS_DIR, e);
	if (rc == 0 && tls < 0)
		rc = tls;
	if (rc == 0)
		rc = tls_make_server(tls, &c.names, days, e);
	if (rc == 0)
		rc = config_save(data_fd, &c, e);
	if (rc == 0)
		rc = tls_look(tls, TLS_SERVER_FILE, ret_look, e);
	return rc;
}

int
router_command_renew(const struct router_options *o)
{
	struct err e = { 0 };
	struct tls_look look;
	AUTO(arena_free) struct arena *a = arena_new();
	AUTO_FD int data_fd = fsat_open_dir(AT_FDCWD, o->data, &e);
	if (data_fd < 0 || renew(data_fd, o, a, &look, &e) < 0)
		return say_error(o, &e, ROUTER_EXIT_FAILED);
	bool runs = running_router(data_fd) > 0;
	reload_running_router(data_fd);
	if (o->json) {
		struct jsn *v = jsn_new_object();
		jsn_set_int(v, "certificate_ends_at", look.not_after);
		jsn_set_bool(v, "reloaded", runs);
		say_json(v);
	} else {
		say("The new certificate is good until %s UTC%s.\n",
		    say_time(look.not_after).text,
		    runs ? ", and the running router takes it" : "");
	}
	return ROUTER_EXIT_OK;
}
