/* SPDX-License-Identifier: MIT */
/* Resources that speak and listen: log, http_request, ohai, and those that
 * change nothing themselves (RES-log, RES-http_request, RES-ohai, RES-env,
 * RES-erl_call, RES-breakpoint, RES-notify_group). */
#include "resources/types/types_priv.h"

const struct resource_type resource_type_log = {
	.name = "log",
	.ruby_class = "Log",
	.actions = ACTIONS("write"),
	.default_action = ":write",
	.usual_provider = "Log::ChefLog",
	.doc = "writes to the log",
	.example = "log \"the application is ready\"\n",
	.properties =
	    PROPERTIES({ P("message", KIND_STRING, P_NAME, "what to write") },
		{ P("level", KIND_SYMBOL, 0, "how important it is"),
		    .equal_to =
			WORDS(":debug", ":info", ":warn", ":error", ":fatal"),
		    .fallback = ":info" }),
};

const struct resource_type resource_type_http_request = {
	.name = "http_request",
	.ruby_class = "HttpRequest",
	.actions = ACTIONS("get", "put", "post", "delete", "head", "options"),
	.default_action = ":get",
	.usual_provider = "HttpRequest",
	.doc = "sends an HTTP request",
	.example = "http_request \"tell the hook\" do\n"
		   "  url \"https://hooks.example.com/ready\"\n"
		   "  message \"host=web1\"\n"
		   "  action :post\n"
		   "end\n",
	.properties =
	    PROPERTIES({ P("url", KIND_STRING, PROP_IDENTITY, "where to") },
		{ P("message", KIND_ANY, PROP_NAME,
		    "body, or the message parameter of get and head") },
		{ P("headers", KIND_HASH, 0, "additional request headers"),
		    .fallback = "{}" }),
};

const struct resource_type resource_type_ohai = {
	.name = "ohai",
	.ruby_class = "Ohai",
	.actions = ACTIONS("reload"),
	.default_action = ":reload",
	.usual_provider = "Ohai",
	.doc = "collects automatic attributes again",
	.example = "ohai \"see the new user\" do\n"
		   "  plugin \"etc\"\n"
		   "end\n",
	.properties = PROPERTIES(
	    { P("plugin", KIND_STRING, 0, "which ones; unset: all") }),
};

const struct resource_type resource_type_env = {
	.name = "env",
	.ruby_class = "Env",
	.actions = ACTIONS("create", "delete", "modify"),
	.default_action = ":create",
	.usual_provider = "Env",
	.doc = "an environment variable of the system (not on Unix)",
	.properties = PROPERTIES(
	    { P("key_name", KIND_STRING, P_NAME, "name of the variable") },
	    { P("value", KIND_STRING, PROP_STATE, "its value") },
	    { P("delim", KIND_STRING, 0, "separator of a list") }),
};

const struct resource_type resource_type_erl_call = {
	.name = "erl_call",
	.ruby_class = "ErlCall",
	.actions = ACTIONS("run"),
	.default_action = "\"run\"",
	.usual_provider = "ErlCall",
	.doc = "runs code in an Erlang node",
	.properties = PROPERTIES(
	    { P("code", KIND_STRING, PROP_IDENTITY, "the code"),
		.fallback = "\"q().\"" },
	    { P("cookie", KIND_STRING, 0, "cookie of the node") },
	    { P("distributed", KIND_BOOL, 0, "start a hidden node"),
		.fallback = "false" },
	    { P("name_type", KIND_STRING, 0, "kind of the node name"),
		.equal_to = WORDS("name", "sname"), .fallback = "\"sname\"" },
	    { P("node_name", KIND_STRING, 0, "name of the node"),
		.fallback = "\"chef@localhost\"" }),
};

const struct resource_type resource_type_breakpoint = {
	.name = "breakpoint",
	.ruby_class = "Breakpoint",
	.actions = ACTIONS("break"),
	.default_action = "\"break\"",
	.provider = "Breakpoint",
	.doc = "a stop for the interactive shell; does nothing here",
	.properties = PROPERTIES({ 0 }),
};

const struct resource_type resource_type_notify_group = {
	.name = "notify_group",
	.ruby_class = "NotifyGroup",
	.actions = ACTIONS("run"),
	.default_action = ":nothing",
	.usual_provider = "NotifyGroup",
	.doc = "fires its own notifications",
	.properties = PROPERTIES({ 0 }),
};
