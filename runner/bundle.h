/* SPDX-License-Identifier: MIT */
/*
 * A bundle directory, read and validated whole before anything is run:
 *
 *	bundle.yml		what is asked (below)
 *	scripts/NAME/		a RightScript: one executable file with its
 *				metadata header, attachments/ beside it
 *	attributes/NAME.json	node attributes, merged in name order
 *	cookbooks/ roles/ environments/ data_bags/	as Chef has them
 *	.sources/		of a bundle that was built: what its sources
 *				were then (runner/bundle_sources.h)
 *
 * bundle.yml:
 *
 *	name: shop			required; letters, digits, - _ .
 *	version: "1.2"
 *	description: text
 *	environment: production		else _default
 *	log_level: info
 *	timeout: 3600			seconds for one run, 0 none
 *	cookbooks:			first one wins; cookbooks/ before all
 *	- directory: ../shared		relative to the bundle
 *	- tarball: https://host/x.tar.gz
 *	  sha256: 64 hex digits
 *	- git: https://host/nginx.git
 *	  ref: v1.2
 *	  path: cookbooks		directory inside, that holds cookbooks
 *	  cookbook: nginx		or: the tree itself is this cookbook
 *	scripts:			more directories of NAME/, as cookbooks
 *	inputs:
 *	  shop/port:			node["shop"]["port"] of recipes
 *	    type: number		text number boolean list credential
 *	    default: 80
 *	  ADMIN_PASSWORD:		a variable of RightScripts
 *	    type: credential
 *	    default: {file: secrets/admin}
 *	    required: true
 *	boot:				run in this order at each boot
 *	- shop::default			a recipe; or recipe[x], role[x],
 *	- script: set up		script[x], or a map
 *	  inputs: {PORT: 81}		of this entry alone
 *	  timeout: 60
 *	operational:			what `rightlink run` may run
 *	- recipe: shop::deploy
 *	  remote: true			other instances may ask for it
 *	decommission: [...]
 *	schedules:
 *	- name: nightly
 *	  recipe: shop::backup		must be in operational
 *	  hour: "3"
 *	  minute: "15"
 *	repositories:			software repositories
 *	- name: nodesource
 *	  type: apt			apt or yum
 *	  url: https://host/debian
 *	  suite: stable
 *	  components: [main]
 *
 * Errors are collected: up to BUNDLE_ERRORS_MAX lines
 * "FILE:LINE:COLUMN: $.path: message", one below the other.
 */
#pragma once

#include "common/arena.h"
#include "common/buf.h"
#include "common/err.h"
#include "common/jsn.h"
#include "common/yml.h"

#define BUNDLE_ERRORS_MAX 20
#define BUNDLE_FILE_MAX_BYTES ((size_t)1 << 20)
#define BUNDLE_ENTRIES_MAX 500
#define BUNDLE_SCRIPT_MAX_BYTES ((size_t)16 << 20)

enum input_type {
	INPUT_TEXT,
	INPUT_NUMBER,
	INPUT_BOOLEAN,
	INPUT_LIST,
	INPUT_CREDENTIAL,
};

struct bundle_input {
	const char *name;
	enum input_type type;
	bool required, advanced;
	const char *description, *category; /* or NULL */
	struct jsn *value;      /* default; NULL: none. Not for credentials */
	const char *file;       /* credential: absolute path of the default */
	const char *credential; /* credential: name in the store of them */
	struct jsn *choices;    /* list of possible values, or NULL */
	const struct yml *at;   /* where it is declared, or NULL */
};

struct bundle_inputs {
	size_t len, room;
	struct bundle_input *list;
};

enum source_kind {
	SOURCE_DIRECTORY,
	SOURCE_TARBALL,
	SOURCE_GIT,
};

struct bundle_source {
	const char *name; /* "cookbooks[0]", unique in the bundle */
	enum source_kind kind;
	const char *url, *ref, *sha256, *path; /* NULL: not given */
	const char *cookbook; /* the tree itself is this cookbook */
	bool vendored; /* it lies in the bundle (runner/bundle_sources.h) */
};

struct bundle_sources {
	size_t len;
	struct bundle_source *list;
};

struct bundle_script {
	const char *name;        /* name of its directory */
	const char *title;       /* RightScript Name, else the name */
	const char *dir, *file;  /* absolute */
	const char *attachments; /* absolute directory, or NULL */
	const char *description; /* or NULL */
	const char **packages;
	size_t packages_len;
	struct bundle_inputs inputs; /* of its header */
	int64_t timeout_ms;
};

enum executable_kind {
	EXECUTABLE_RECIPE,
	EXECUTABLE_SCRIPT,
	EXECUTABLE_ROLE,
};

struct bundle_entry {
	enum executable_kind kind;
	const char *name;
	bool remote;        /* remote-callable */
	struct jsn *inputs; /* of this entry: object, or NULL */
	int64_t timeout_ms; /* scripts; 0: the script's */
	const struct yml *at;
};

struct bundle_list {
	size_t len;
	struct bundle_entry *list;
};

struct bundle_schedule {
	const char *name, *executable;
	enum executable_kind kind;
	const char *minute, *hour, *day, *month, *weekday;
};

struct bundle_repository {
	const char *name, *type, *url, *suite, *key_sha256;
	const char **components;
	size_t components_len;
};

struct bundle {
	struct arena *arena;    /* owns everything but the jsn values */
	const char *dir, *file; /* absolute */
	const char *name, *version, *description;
	const char *environment, *log_level, *compat;
	int64_t timeout_ms;
	struct bundle_sources cookbooks, script_sources;
	struct bundle_inputs inputs;
	struct bundle_script *scripts;
	size_t scripts_len;
	struct bundle_list boot, operational, decommission;
	struct bundle_schedule *schedules;
	size_t schedules_len;
	struct bundle_repository *repositories;
	size_t repositories_len;
	struct jsn *attributes; /* of attributes/, merged; an object */
	struct jsn *held;       /* array that owns the other jsn values */
};

/* Reads `dir` and validates it whole. ERR_ABSENT (no bundle.yml),
 * ERR_INVALID with the list of errors. Scripts that come from sources are
 * added after the fetch by bundle_add_scripts. */
int bundle_load(
    const char *dir, struct bundle **ret_bundle, struct err *e) MUST_CHECK;
/* The same with the text of bundle.yml given; dir is absolute. */
int bundle_parse(struct str text, const char *dir, struct bundle **ret_bundle,
    struct err *e) MUST_CHECK;
void bundle_free(struct bundle **b);
/* Adds the scripts below dir (NAME/...); a name that is there already stays
 * (first one wins). Then bundle_check_scripts. */
int bundle_add_scripts(
    struct bundle *b, const char *dir, struct err *e) MUST_CHECK;
/* Every script of the lists exists. ERR_INVALID with the list of errors. */
int bundle_check_scripts(struct bundle *b, struct err *e) MUST_CHECK;
/* NULL when there is none. */
const struct bundle_script *bundle_find_script(
    const struct bundle *b, const char *name);
/* An executable of the boot or operational list by name ("x::y", "x" for
 * "x::default", a script's name, or recipe[..], script[..], role[..]).
 * ERR_ABSENT with a did-you-mean. */
int bundle_find_executable(const struct bundle *b, const char *name,
    const struct bundle_entry **ret_entry, struct err *e) MUST_CHECK;
/* Does list hold this executable marked remote-callable? */
const struct bundle_entry *bundle_find_remote(
    const struct bundle *b, enum executable_kind kind, const char *name);
const struct bundle_input *bundle_inputs_find(
    const struct bundle_inputs *list, const char *name);
/* "recipe", "script", "role" */
const char *executable_kind_name(enum executable_kind kind);
const char *input_type_name(enum input_type type);
/* Deep merge of objects: `from` wins, lists are replaced. Values are shared. */
void jsn_merge(struct jsn *into, const struct jsn *from);
