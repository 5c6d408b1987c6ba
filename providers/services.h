/* SPDX-License-Identifier: MIT */
/*
 * What a provider may ask of whoever runs it. The runtime answers with Ruby
 * behind it, a unit test with a few lines of C. Every call that can fail
 * fills e; ERR_RUBY means that an exception waits in the runtime and will be
 * raised when the provider returns.
 */
#pragma once

#include "common/arena.h"
#include "common/buf.h"
#include "common/err.h"
#include "common/str.h"
#include "resources/resource.h"

enum service_log_level {
	SERVICE_DEBUG,
	SERVICE_INFO,
	SERVICE_WARN,
	SERVICE_ERROR,
	SERVICE_FATAL,
};

struct download {
	const char *url;
	const char *const *headers; /* "Name: value", NULL-terminated */
	const char *method;         /* NULL: GET */
	struct str body;
	const char *output_path; /* body goes to this new file; NULL: buf */
	struct buf *output;
	bool ftp_active; /* active instead of passive transfers */
};

struct download_answer {
	int status;
	struct buf headers; /* "name: value\n", lower-case names */
};

struct services {
	void *arg; /* first argument of every call */
	/* Chef::Log; text without line end. */
	void (*log)(void *arg, enum service_log_level level, const char *text);
	/* Live output of a command of this resource; stream 1 or 2. */
	void (*output)(void *arg, int stream, struct str chunk);
	/* Should output be sent to `output` at all (RES-execute-3)? */
	bool (*wants_output)(void *arg);
	/* Renders the template of the resource (its variables and helpers)
	 * from the file `path` into out. */
	int (*render)(void *arg, const struct resource *r, const char *path,
	    struct buf *out, struct err *e);
	/* Path of a cookbook's file by specificity (RES-cbfile); segment is
	 * "files" or "templates", cookbook NULL: the resource's own. In the
	 * arena. */
	int (*cookbook_file)(void *arg, struct arena *a,
	    const struct resource *r, const char *cookbook, const char *segment,
	    const char *source, const char **ret_path, struct err *e);
	/* Does the resource's own cookbook have it? */
	bool (*has_cookbook_file)(void *arg, const struct resource *r,
	    const char *segment, const char *source);
	/* Relative names below files/<preferred>/<source>
	 * (RES-remote_directory-2). */
	int (*cookbook_directory)(void *arg, struct arena *a,
	    const struct resource *r, const char *cookbook, const char *source,
	    const char ***ret_names, size_t *ret_count, struct err *e);
	/* Calls the block held by an opaque property of the resource. */
	int (*call_block)(void *arg, const struct resource *r,
	    const char *property, struct err *e);
	/* Asks the resource's own checks (verify) about content that lies in a
	 * file of its own; an error when one of them refuses it. */
	int (*verify)(void *arg, const struct resource *r, const char *path,
	    struct err *e);
	/* Chef::Config value as plain data. */
	struct value (*config)(void *arg, struct arena *a, const char *key);
	/* node attribute, path with '/' between keys: "platform_family". */
	struct value (*attribute)(void *arg, struct arena *a, const char *path);
	/* One request with the retries, proxies and TLS settings of the
	 * configuration (RES-remote_file-11, 12). 0 on any complete answer,
	 * whatever its status; ERR_NETWORK, ERR_TIMEOUT, ERR_PROTOCOL (a body
	 * shorter than announced). The caller releases ret->headers. */
	int (*download)(void *arg, const struct download *d,
	    struct download_answer *ret, struct err *e);
	/* Declares and runs a resource of the same run at once, as nested
	 * action (RES-core-6), in the mode of the run: plan() may call it in
	 * a why-run. pairs: property name, value; ends with NULL
	 * name. *ret_updated tells whether it changed something. */
	int (*run_resource)(void *arg, const struct resource *parent,
	    const char *type, const char *name,
	    const struct resource_slot *properties, size_t count,
	    const char *action, bool *ret_updated, struct err *e);
	/* `ohai` resource: recollects automatic attributes (RES-ohai-1);
	 * plugin NULL: all. */
	int (*reload_attributes)(void *arg, const char *plugin, struct err *e);
};
