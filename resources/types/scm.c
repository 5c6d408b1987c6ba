/* SPDX-License-Identifier: MIT */
/* Working copies of repositories (RES-git, RES-svn). */
#include "resources/types/types_priv.h"

const struct resource_type resource_type_scm = {
	.name = "scm",
	.ruby_class = "Scm",
	.actions = ACTIONS("checkout", "export", "sync", "diff", "log"),
	.default_action = "[:sync]",
	.doc = "a working copy of a repository",
	.properties =
	    PROPERTIES({ P("destination", KIND_STRING, P_NAME, "where it is") },
		{ P("repository", KIND_STRING, 0, "URL of the repository"),
		    .alias = "repo" },
		{ P("revision", KIND_TEXT_OR_INT, PROP_STATE,
		      "branch, tag or commit"),
		    .convert = CONVERT_TEXT, .fallback = "\"HEAD\"" },
		{ P("user", KIND_TEXT_OR_INT, 0, "run as this user") },
		{ P("group", KIND_TEXT_OR_INT, 0, "run with this group") },
		{ P("svn_username", KIND_STRING, 0, "user at the server") },
		{ P("svn_password", KIND_STRING, PROP_SENSITIVE,
		    "password at the server") },
		{ P("svn_arguments", KIND_STRING | KIND_FALSE, 0,
		      "options of svn commands"),
		    .fallback = "\"--no-auth-cache\"" },
		{ P("svn_info_args", KIND_STRING | KIND_FALSE, 0,
		      "options of svn info"),
		    .fallback = "\"--no-auth-cache\"" },
		{ P("depth", KIND_INTEGER, 0, "how many commits to fetch") },
		{ P("enable_submodules", KIND_BOOL, 0, "submodules too"),
		    .fallback = "false" },
		{ P("enable_checkout", KIND_BOOL, 0, "check out after cloning"),
		    .fallback = "true" },
		{ P("checkout_branch", KIND_STRING, 0, "local branch"),
		    .fallback = "\"deploy\"" },
		{ P("remote", KIND_STRING, 0, "name of the remote"),
		    .fallback = "\"origin\"" },
		{ P("ssh_wrapper", KIND_STRING, 0, "program instead of ssh") },
		{ P("timeout", KIND_INTEGER, 0, "seconds for one command") },
		{ P("environment", KIND_HASH, PROP_LATER,
		    "additional environment") }),
};

const struct resource_type resource_type_git = {
	.name = "git",
	.ruby_class = "Git",
	.parent = "scm",
	.default_action = "[:sync]",
	.provider = "Git",
	.doc = "a working copy of a git repository",
	.example = "git \"/srv/app\" do\n"
		   "  repository \"https://git.example.com/app.git\"\n"
		   "  revision \"v1.2.3\"\n"
		   "end\n",
	.properties = PROPERTIES({ P("revision", KIND_TEXT_OR_INT, PROP_STATE,
				       "branch, tag or commit"),
				     .alias = "branch", .convert = CONVERT_TEXT,
				     .fallback = "\"HEAD\"" },
	    { P("reference", KIND_STRING, 0, "the same as revision") },
	    { P("additional_remotes", KIND_HASH, 0, "name => URL"),
		.fallback = "{}" }),
};

const struct resource_type resource_type_subversion = {
	.name = "subversion",
	.ruby_class = "Subversion",
	.parent = "scm",
	.actions = ACTIONS(
	    "checkout", "export", "sync", "diff", "log", "force_export"),
	.default_action = "[:sync]",
	.provider = "Subversion",
	.doc = "a working copy of a Subversion repository",
};
