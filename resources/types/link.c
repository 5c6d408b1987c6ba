/* SPDX-License-Identifier: MIT */
/* Symbolic and hard links (RES-link). */
#include "resources/types/types_priv.h"

const struct resource_type resource_type_link = {
	.name = "link",
	.ruby_class = "Link",
	.actions = ACTIONS("create", "delete"),
	.default_action = ":create",
	.provider = "Link",
	.doc = "a symbolic or hard link",
	.example = "link \"/opt/app/current\" do\n"
		   "  to \"/opt/app/1.2.3\"\n"
		   "end\n",
	.properties = PROPERTIES(
	    { P("target_file", KIND_STRING, P_NAME, "where the link is") },
	    { P("to", KIND_STRING, PROP_STATE, "what it points to") },
	    { P("link_type", KIND_STRING | KIND_SYMBOL, 0, "symbolic or hard"),
		.convert = CONVERT_SYMBOL,
		.equal_to = WORDS(":symbolic", ":hard"),
		.fallback = ":symbolic" },
	    { P("owner", KIND_ANY, PROP_STATE, "owner of a symbolic link"),
		.alias = "user", .check = CHECK_USER },
	    { P("group", KIND_ANY, PROP_STATE, "group of a symbolic link"),
		.check = CHECK_GROUP },
	    { P("mode", KIND_TEXT_OR_INT, 0, "ignored: links have no mode"),
		.check = CHECK_MODE }),
};
