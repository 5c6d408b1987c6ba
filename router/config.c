/* SPDX-License-Identifier: MIT */
/* router.json. */
#include "router/config.h"

#include <string.h>
#include <strings.h>

#include "common/auto.h"
#include "common/fsat.h"
#include "common/jsn.h"
#include "common/log.h"
#include "common/str.h"

#define CONFIG_MAX_BYTES ((size_t)64 << 10)
#define URL_SCHEME "https://"

/* --- addresses --------------------------------------------------------- */

int
config_parse_listen(const char *listen, struct arena *a,
    const char **ret_address, int *ret_port, struct err *e)
{
	const char *colon = strrchr(listen, ':');
	int64_t port = -1;
	if (colon == NULL || !str_to_i64(str_from(colon + 1), 10, &port) ||
	    port < 0 || port > 65535)
		return err_set(e, ERR_INVALID,
		    "listen '%.128s': must be ADDRESS:PORT, as 0.0.0.0:8443",
		    listen);
	struct str address = { listen, (size_t)(colon - listen) };
	if (address.len >= 2 && address.data[0] == '[' &&
	    address.data[address.len - 1] == ']')
		address = (struct str){ address.data + 1, address.len - 2 };
	else if (memchr(address.data, ':', address.len) != NULL)
		return err_set(e, ERR_INVALID,
		    "listen '%.128s': an IPv6 address stands in brackets",
		    listen);
	*ret_address = address.len == 0
			   ? "0.0.0.0"
			   : arena_strndup(a, address.data, address.len);
	*ret_port = (int)port;
	return 0;
}

static bool
names_have(const struct tls_names *names, struct str host)
{
	for (size_t i = 0; i < names->len; i++) {
		if (strlen(names->items[i]) == host.len &&
		    strncasecmp(names->items[i], host.data, host.len) == 0)
			return true;
	}
	return false;
}

/* Ports may be mapped on the way, names are what the certificate proves. */
bool
config_is_audience(const struct router_config *c, const char *audience)
{
	if (text_eq(audience, c->url + strlen(URL_SCHEME)))
		return true;
	struct str host = str_from(audience);
	const char *colon = strrchr(audience, ':');
	if (colon != NULL)
		host.len = (size_t)(colon - audience);
	if (host.len >= 2 && host.data[0] == '[' &&
	    host.data[host.len - 1] == ']')
		host = (struct str){ host.data + 1, host.len - 2 };
	return names_have(&c->names, host);
}

/* --- reading ----------------------------------------------------------- */

static int
read_names(const struct jsn *o, struct arena *a, struct router_config *c,
    struct err *e)
{
	struct jsn *names = NULL;
	int rc = jsn_need(o, CONFIG_FILE, "names", JSN_ARRAY, &names, e);
	if (rc < 0)
		return rc;
	if (jsn_len(names) < 1 || jsn_len(names) > TLS_NAMES_MAX)
		return err_set(e, ERR_INVALID,
		    CONFIG_FILE ": .names: must have 1 to %d names",
		    TLS_NAMES_MAX);
	for (size_t i = 0; i < jsn_len(names); i++) {
		struct str name = jsn_str(jsn_at(names, i));
		c->names.items[i] = arena_strndup(a, name.data, name.len);
		if (tls_name_check(c->names.items[i], e) < 0)
			return err_wrap(e, CONFIG_FILE ": .names[%zu]", i);
		c->names.len++;
	}
	return 0;
}

static int
check_words(const struct router_config *c, struct err *e)
{
	enum log_level level;
	if (log_level_find(c->log_level, &level, e) < 0)
		return err_wrap(e, CONFIG_FILE ": .log_level");
	if (!text_eq(c->log_format, "text") && !text_eq(c->log_format, "json"))
		return err_set(e, ERR_INVALID,
		    CONFIG_FILE ": .log_format: must be text or json");
	if (!text_has_prefix(c->url, URL_SCHEME) ||
	    c->url[strlen(URL_SCHEME)] == '\0' || text_has_suffix(c->url, "/"))
		return err_set(e, ERR_INVALID,
		    CONFIG_FILE ": .url: must be https://HOST:PORT");
	if (c->threads < 0 || c->max_connections < 0 ||
	    c->header_timeout_ms < 0)
		return err_set(e, ERR_INVALID,
		    CONFIG_FILE ": .threads, .max_connections and "
				".header_timeout_ms must not be negative");
	return 0;
}

static int
read_texts(const struct jsn *o, struct arena *a, struct router_config *c,
    struct err *e)
{
	const struct {
		const char *key;
		const char **to;
	} needed[] = { { "url", &c->url }, { "listen", &c->listen } };
	for (size_t i = 0; i < ARRAY_LEN(needed); i++) {
		const char *text;
		int rc = jsn_need_str(o, CONFIG_FILE, needed[i].key, &text, e);
		if (rc < 0)
			return rc;
		*needed[i].to = arena_strdup(a, text);
	}
	c->account =
	    arena_strdup(a, jsn_peek_str(o, "account", CONFIG_DEFAULT_ACCOUNT));
	c->log_level = arena_strdup(a, jsn_peek_str(o, "log_level", "info"));
	c->log_format = arena_strdup(a, jsn_peek_str(o, "log_format", "text"));
	c->threads = jsn_peek_int(o, "threads", 0);
	c->max_connections = jsn_peek_int(o, "max_connections", 0);
	c->header_timeout_ms = jsn_peek_int(o, "header_timeout_ms", 0);
	return 0;
}

int
config_load(int data_fd, struct arena *a, struct router_config *ret_config,
    struct err *e)
{
	AUTO(jsn_free) struct jsn *o = NULL;
	struct router_config c = { 0 };
	const char *kid, *address;
	int port;
	int rc = jsn_load(data_fd, CONFIG_FILE, CONFIG_MAX_BYTES, &o, e);
	if (rc == 0)
		rc = read_texts(o, a, &c, e);
	if (rc == 0)
		rc = read_names(o, a, &c, e);
	if (rc == 0)
		rc = jsn_need_str(o, CONFIG_FILE, "root_kid", &kid, e);
	if (rc == 0)
		rc = check_words(&c, e);
	if (rc == 0 && config_parse_listen(c.listen, a, &address, &port, e) < 0)
		rc = err_wrap(e, CONFIG_FILE);
	if (rc < 0)
		return rc;
	if (strlen(kid) != SIGN_KID_BYTES - 1)
		return err_set(e, ERR_INVALID,
		    CONFIG_FILE ": .root_kid: must have 16 hex digits");
	snprintf(c.root_kid.text, sizeof(c.root_kid.text), "%s", kid);
	*ret_config = c;
	return 0;
}

int
config_save(int data_fd, const struct router_config *c, struct err *e)
{
	AUTO(jsn_free) struct jsn *o = jsn_new_object();
	AUTO_BUF struct buf text = BUF_INIT(CONFIG_MAX_BYTES);
	struct jsn *names = jsn_new_array();
	for (size_t i = 0; i < c->names.len; i++)
		jsn_push_str(names, c->names.items[i]);
	jsn_set_str(o, "url", c->url);
	jsn_set_str(o, "listen", c->listen);
	jsn_set_str(o, "account", c->account);
	jsn_set(o, "names", names);
	jsn_set_str(o, "root_kid", c->root_kid.text);
	jsn_set_str(o, "log_level", c->log_level);
	jsn_set_str(o, "log_format", c->log_format);
	if (c->threads > 0)
		jsn_set_int(o, "threads", c->threads);
	if (c->max_connections > 0)
		jsn_set_int(o, "max_connections", c->max_connections);
	if (c->header_timeout_ms > 0)
		jsn_set_int(o, "header_timeout_ms", c->header_timeout_ms);
	jsn_format(o, JSN_PRETTY, &text);
	return fsat_replace(data_fd, CONFIG_FILE,
	    (struct str){ buf_text(&text), text.len }, 0644, 0, e);
}
