/* SPDX-License-Identifier: MIT */
/* Directories, empty or filled from a cookbook (RES-directory,
 * RES-remote_directory). */
#include "resources/types/types_priv.h"

const struct resource_type resource_type_directory = {
	.name = "directory",
	.ruby_class = "Directory",
	.actions = ACTIONS("create", "delete"),
	.default_action = ":create",
	.provider = "Directory",
	.doc = "a directory",
	.example = "directory \"/var/lib/app/data\" do\n"
		   "  owner \"app\"\n"
		   "  mode \"0750\"\n"
		   "  recursive true\n"
		   "end\n",
	.properties = PROPERTIES(
	    { P("path", KIND_STRING, P_NAME, "where the directory is") },
	    { P("recursive", KIND_BOOL, 0,
		  "create missing parents; delete with all content"),
		.fallback = "false" },
	    { P_OWNER }, { P_GROUP }, { P_MODE }),
};

const struct resource_type resource_type_remote_directory = {
	.name = "remote_directory",
	.ruby_class = "RemoteDirectory",
	.parent = "directory",
	.actions = ACTIONS("create", "create_if_missing", "delete"),
	.default_action = ":create",
	.provider = "RemoteDirectory",
	.doc = "a directory tree shipped in a cookbook",
	.example = "remote_directory \"/usr/share/app/themes\" do\n"
		   "  source \"themes\"\n"
		   "  purge true\n"
		   "end\n",
	.properties = PROPERTIES(
	    { P("source", KIND_STRING, PROP_BASENAME,
		"directory below files/ of the cookbook; unset: the last part "
		"of the name") },
	    { P("recursive", KIND_BOOL, 0,
		  "create missing parents; delete with all content"),
		.fallback = "true" },
	    { P("purge", KIND_BOOL, 0, "delete what is not in the cookbook"),
		.fallback = "false" },
	    { P("overwrite", KIND_BOOL, 0, "update files that exist already"),
		.fallback = "true" },
	    { P("cookbook", KIND_STRING, 0,
		"cookbook that has it; unset: the declaring one") },
	    { P("files_backup", KIND_COUNT_OR_FALSE, 0,
		  "how many old versions of each file to keep"),
		.fallback = "5" },
	    { P("files_owner", KIND_ANY, PROP_STATE, "owner of the files"),
		.check = CHECK_USER },
	    { P("files_group", KIND_ANY, PROP_STATE, "group of the files"),
		.check = CHECK_GROUP },
	    { P("files_mode", KIND_TEXT_OR_INT, PROP_STATE,
		  "permissions of the files"),
		.check = CHECK_FILES_MODE, .fallback = "0644" }),
};
