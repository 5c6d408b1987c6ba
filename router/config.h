/* SPDX-License-Identifier: MIT */
/*
 * DIR/router.json: what a router is, written by router_init, read at each
 * start. People may change url, listen, log_level, log_format, threads,
 * max_connections and header_timeout_ms.
 */
#pragma once

#include "common/arena.h"
#include "common/err.h"
#include "common/sign.h"
#include "router/tls_files.h"

#define CONFIG_FILE "router.json"
#define CONFIG_DEFAULT_PORT 8443
#define CONFIG_DEFAULT_LISTEN "0.0.0.0:8443"
#define CONFIG_DEFAULT_ACCOUNT "default"

struct router_config {
	const char *url;    /* https://HOST:PORT, where agents poll */
	const char *listen; /* ADDRESS:PORT, [ADDRESS]:PORT */
	const char *account;
	struct tls_names names; /* of the certificate; the first names it */
	struct sign_kid root_kid;
	const char *log_level, *log_format; /* words of LOG_LEVELS, text|json */
	/* 0: chosen at the start, 30 s */
	int64_t threads, max_connections, header_timeout_ms;
};

/* Texts live in a. ERR_ABSENT: no router was made here; ERR_SYNTAX,
 * ERR_INVALID with the place. */
int config_load(int data_fd, struct arena *a, struct router_config *ret_config,
    struct err *e) MUST_CHECK;
int config_save(
    int data_fd, const struct router_config *c, struct err *e) MUST_CHECK;
/* "127.0.0.1:8443", "[::1]:8443", ":8443" (all addresses). ERR_INVALID. */
int config_parse_listen(const char *listen, struct arena *a,
    const char **ret_address, int *ret_port, struct err *e) MUST_CHECK;
/* Is "host:port" of a client's assertion this router? */
bool config_is_audience(const struct router_config *c, const char *audience);
