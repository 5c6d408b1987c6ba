/* SPDX-License-Identifier: MIT */
/*
 * hostname, machinename, fqdn, domain. /etc/hosts answers first; the resolver
 * is asked only about this machine (not a fixture) and with short time-outs.
 */
#include <netdb.h>
#include <netinet/in.h>
#include <resolv.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/utsname.h>

#include "runtime/ohai/collect_priv.h"

#define HOSTS_FIELDS 32

static const char *
machine_name(struct arena *a, const char *root)
{
	const char *name = ohai_line(a, root, "/proc/sys/kernel/hostname");
	struct utsname u;
	if (name == NULL && uname(&u) == 0)
		name = arena_strdup(a, u.nodename);
	return name != NULL ? name : "localhost";
}

int
ohai_collect_hostname(
    struct arena *a, const char *root, struct value *ret, struct err *e)
{
	(void)e;
	struct ohai_map m;
	const char *name = machine_name(a, root);
	ohai_map_init(&m, a);
	ohai_map_text(
	    &m, "hostname", arena_strndup(a, name, strcspn(name, ".")));
	ohai_map_text(&m, "machinename", name);
	*ret = ohai_map_end(&m);
	return 0;
}

/* The canonical name (first of the line) for a host name of /etc/hosts. */
static const char *
canonical_in_hosts(struct arena *a, const char *root, const char *name)
{
	struct str rest = str_from(ohai_read(a, root, "/etc/hosts"));
	struct str line, f[HOSTS_FIELDS];
	while (str_split(&rest, '\n', &line)) {
		const char *hash =
		    line.len > 0 ? memchr(line.data, '#', line.len) : NULL;
		if (hash != NULL)
			line.len = (size_t)(hash - line.data);
		size_t n = ohai_fields(str_trim(line), f, ARRAY_LEN(f));
		for (size_t i = 1; i < n; i++)
			if (str_eq_text(f[i], name))
				return arena_strndup(a, f[1].data, f[1].len);
	}
	return NULL;
}

static const char *
canonical_by_resolver(struct arena *a, const char *name)
{
	struct addrinfo hints = {
		.ai_family = AF_UNSPEC,
		.ai_socktype = SOCK_DGRAM,
		.ai_flags = AI_CANONNAME,
	};
	struct addrinfo *found = NULL;
	if (res_init() != 0)
		return NULL;
	_res.retrans = 1;
	_res.retry = 1;
	if (getaddrinfo(name, NULL, &hints, &found) != 0)
		return NULL;
	const char *canonical = found->ai_canonname != NULL
				    ? arena_strdup(a, found->ai_canonname)
				    : NULL;
	freeaddrinfo(found);
	return canonical;
}

int
ohai_collect_fqdn(
    struct arena *a, const char *root, struct value *ret, struct err *e)
{
	(void)e;
	struct ohai_map m;
	const char *name = machine_name(a, root);
	const char *fqdn = canonical_in_hosts(a, root, name);
	if (fqdn == NULL && strchr(name, '.') != NULL)
		fqdn = name;
	if (fqdn == NULL && root[0] == '\0')
		fqdn = canonical_by_resolver(a, name);
	ohai_map_init(&m, a);
	ohai_map_text(&m, "fqdn", fqdn);
	const char *dot = fqdn != NULL ? strchr(fqdn, '.') : NULL;
	ohai_map_text(&m, "domain", dot != NULL ? dot + 1 : NULL);
	*ret = ohai_map_end(&m);
	return 0;
}
