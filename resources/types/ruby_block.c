/* SPDX-License-Identifier: MIT */
/* Ruby code at converge time (RES-ruby_block). */
#include "resources/types/types_priv.h"

const struct resource_type resource_type_ruby_block = {
	.name = "ruby_block",
	.ruby_class = "RubyBlock",
	.actions = ACTIONS("run", "create"),
	.default_action = "\"run\"",
	.usual_provider = "RubyBlock",
	.doc = "calls a block of Ruby code",
	.example =
	    "ruby_block \"note the release\" do\n"
	    "  block { node.set[\"app\"][\"release\"] = ::File.read(\"/opt/app/VERSION\") }\n"
	    "end\n",
	.properties = PROPERTIES(
	    { P("block_name", KIND_STRING, P_NAME, "how it is called") },
	    { P("block", KIND_ANY, PROP_OPAQUE | PROP_RUBY, "the code") }),
};

const struct resource_type resource_type_whyrun_safe_ruby_block = {
	.name = "whyrun_safe_ruby_block",
	.ruby_class = "WhyrunSafeRubyBlock",
	.parent = "ruby_block",
	.default_action = "\"run\"",
	.usual_provider = "WhyrunSafeRubyBlock",
	.doc = "calls a block of Ruby code, in why-run too",
};
