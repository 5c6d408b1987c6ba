/* SPDX-License-Identifier: MIT */
/* Files and where their content comes from (RES-file, RES-cookbook_file,
 * RES-template, RES-remote_file). */
#include "resources/types/types_priv.h"

const struct resource_type resource_type_file = {
	.name = "file",
	.ruby_class = "File",
	.actions = ACTIONS("create", "create_if_missing", "delete", "touch"),
	.default_action = "\"create\"",
	.provider = "File",
	.doc = "a regular file with given content and permissions",
	.example = "file \"/etc/motd\" do\n"
		   "  content \"Welcome\\n\"\n"
		   "  mode \"0644\"\n"
		   "end\n",
	.properties = PROPERTIES(
	    { P("path", KIND_STRING, P_NAME, "where the file is") },
	    { P("content", KIND_STRING, 0,
		"the whole content; not managed "
		"when unset") },
	    { P("backup", KIND_COUNT_OR_FALSE, 0,
		  "how many old versions to keep"),
		.fallback = "5" },
	    { P("checksum", KIND_STRING, PROP_STATE, "SHA-256 of the content"),
		.check = CHECK_SHA256 },
	    { P("diff", KIND_STRING, 0, "set after a change: what changed") },
	    { P("atomic_update", KIND_BOOL, 0,
		"replace the file by renaming; false: write into it") },
	    { P("force_unlink", KIND_BOOL, 0,
		  "remove what is there if it is not a regular file"),
		.fallback = "false" },
	    { P("manage_symlink_source", KIND_BOOL, 0,
		"manage the file that a link at the path points to") },
	    { P("verify", KIND_ANY, PROP_RUBY | PROP_LATER,
		"a command in which %{path} stands for a file with the new "
		"content, or a block that is given its path: unless it "
		"succeeds, the content is not put in place; may be said more "
		"than once") },
	    { P_OWNER }, { P_GROUP }, { P_MODE }),
};

const struct resource_type resource_type_cookbook_file = {
	.name = "cookbook_file",
	.ruby_class = "CookbookFile",
	.parent = "file",
	.default_action = "\"create\"",
	.provider = "CookbookFile",
	.doc = "a file whose content is shipped in a cookbook",
	.example = "cookbook_file \"/etc/nginx/mime.types\" do\n"
		   "  owner \"root\"\n"
		   "  mode \"0644\"\n"
		   "end\n",
	.properties = PROPERTIES(
	    { P("source", KIND_STRING, PROP_BASENAME,
		"file below files/ of the cookbook; unset: the last part of "
		"the name") },
	    { P("cookbook", KIND_STRING, 0,
		"cookbook that has it; unset: the declaring one") }),
};

const struct resource_type resource_type_template = {
	.name = "template",
	.ruby_class = "Template",
	.parent = "file",
	.default_action = "\"create\"",
	.provider = "Template",
	.doc = "a file rendered from a template of a cookbook",
	.example = "template \"/etc/app.conf\" do\n"
		   "  source \"app.conf.erb\"\n"
		   "  variables :port => 8080\n"
		   "  notifies :restart, \"service[app]\"\n"
		   "end\n",
	.properties = PROPERTIES(
	    { P("source", KIND_STRING, PROP_ERB_NAME,
		"template below templates/ of the cookbook; unset: the last "
		"part of the name and .erb") },
	    { P("variables", KIND_HASH, 0,
		  "become instance variables of the template"),
		.fallback = "{}" },
	    { P("cookbook", KIND_STRING, 0,
		"cookbook that has it; unset: the declaring one") },
	    { P("local", KIND_BOOL, 0, "source is an absolute path on disk"),
		.fallback = "false" }),
};

const struct resource_type resource_type_remote_file = {
	.name = "remote_file",
	.ruby_class = "RemoteFile",
	.parent = "file",
	.default_action = "\"create\"",
	.provider = "RemoteFile",
	.doc = "a file whose content is downloaded",
	.example = "remote_file \"/opt/app.tar.gz\" do\n"
		   "  source \"https://downloads.example.com/app.tar.gz\"\n"
		   "  checksum node[\"app\"][\"sha256\"]\n"
		   "end\n",
	.properties = PROPERTIES(
	    { P("source", KIND_TEXT_OR_LIST, PROP_RUBY,
		"one or more http, https, ftp or file URIs, tried in order") },
	    { P("checksum", KIND_STRING, PROP_STATE,
		"SHA-256 of the content, or its beginning") },
	    { P("use_etag", KIND_BOOL, 0,
		  "ask the server only for a newer version by ETag"),
		.alias = "use_etags", .fallback = "true" },
	    { P("use_last_modified", KIND_BOOL, 0,
		  "ask the server only for a newer version by date"),
		.fallback = "true" },
	    { P("headers", KIND_HASH, 0, "additional request headers"),
		.fallback = "{}" },
	    { P("ftp_active_mode", KIND_BOOL, 0, "active instead of passive"),
		.fallback = "false" }),
};
