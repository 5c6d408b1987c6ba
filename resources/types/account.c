/* SPDX-License-Identifier: MIT */
/* Users and groups (RES-user, RES-group). */
#include "resources/types/types_priv.h"

const struct resource_type resource_type_user = {
	.name = "user",
	.ruby_class = "User",
	.actions =
	    ACTIONS("create", "remove", "modify", "manage", "lock", "unlock"),
	.default_action = ":create",
	.usual_provider = "User::Useradd",
	.doc = "an account of the system",
	.example = "user \"app\" do\n"
		   "  home \"/srv/app\"\n"
		   "  manage_home true\n"
		   "  shell \"/bin/false\"\n"
		   "  system true\n"
		   "end\n",
	.properties = PROPERTIES(
	    { P("username", KIND_STRING, P_NAME, "name of the account") },
	    { P("comment", KIND_STRING, 0, "full name and such") },
	    { P("uid", KIND_TEXT_OR_INT, PROP_STATE, "number") },
	    { P("gid", KIND_TEXT_OR_INT, PROP_STATE,
		  "primary group, name or number"),
		.alias = "group" },
	    { P("home", KIND_STRING, PROP_STATE, "home directory") },
	    { P("shell", KIND_STRING, 0, "login shell") },
	    { P("password", KIND_STRING, PROP_SENSITIVE, "password hash") },
	    { P("salt", KIND_STRING, PROP_SENSITIVE,
		"without effect on Linux") },
	    { P("iterations", KIND_INTEGER, 0, "without effect on Linux"),
		.fallback = "27855" },
	    { P("system", KIND_BOOL, 0, "a system account; when created"),
		.fallback = "false" },
	    { P("manage_home", KIND_BOOL, 0,
		  "create, move and remove the home directory too"),
		.fallback = "false" },
	    { P("non_unique", KIND_BOOL, 0, "the number may be taken"),
		.fallback = "false" },
	    { P("force", KIND_BOOL, PROP_LATER, "remove even if logged in"),
		.fallback = "false" },
	    { P("supports", KIND_HASH | KIND_ARRAY, 0,
		  "older form of manage_home and non_unique"),
		.convert = CONVERT_KEYS,
		.fallback = "{ :manage_home => false, "
			    ":non_unique => false }" }),
};

const struct resource_type resource_type_group = {
	.name = "group",
	.ruby_class = "Group",
	.actions = ACTIONS("create", "remove", "modify", "manage"),
	.default_action = ":create",
	.usual_provider = "Group::Gpasswd",
	.doc = "a group of the system",
	.example = "group \"web\" do\n"
		   "  members [\"app\"]\n"
		   "  append true\n"
		   "end\n",
	.properties = PROPERTIES(
	    { P("group_name", KIND_STRING, P_NAME, "name of the group") },
	    { P("gid", KIND_TEXT_OR_INT, 0, "number") },
	    { P("members", KIND_TEXT_OR_LIST, PROP_STATE, "names of users"),
		.alias = "users", .convert = CONVERT_LIST, .fallback = "[]" },
	    { P("excluded_members", KIND_TEXT_OR_LIST, 0,
		  "with append: users to take out"),
		.convert = CONVERT_LIST, .fallback = "[]" },
	    { P("append", KIND_BOOL, 0, "keep members that are not named"),
		.fallback = "false" },
	    { P("system", KIND_BOOL, 0, "a system group; when created"),
		.fallback = "false" },
	    { P("non_unique", KIND_BOOL, 0, "the number may be taken"),
		.fallback = "false" }),
};
