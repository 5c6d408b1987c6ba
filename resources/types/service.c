/* SPDX-License-Identifier: MIT */
/* Services (RES-service). */
#include "resources/types/types_priv.h"

const struct resource_type resource_type_service = {
	.name = "service",
	.ruby_class = "Service",
	.actions =
	    ACTIONS("enable", "disable", "start", "stop", "restart", "reload"),
	.default_action = "\"nothing\"",
	.usual_provider = "Service::Init",
	.doc = "a service of the init system",
	.example = "service \"nginx\" do\n"
		   "  supports :status => true, :reload => true\n"
		   "  action [:enable, :start]\n"
		   "end\n",
	.properties = PROPERTIES(
	    { P("service_name", KIND_STRING, P_NAME, "name of the service") },
	    { P("pattern", KIND_STRING, PROP_NAME,
		"regular expression for its line in the process table") },
	    { P("start_command", KIND_STRING, 0, "own command to start") },
	    { P("stop_command", KIND_STRING, 0, "own command to stop") },
	    { P("status_command", KIND_STRING, 0,
		"own command that succeeds when it runs") },
	    { P("restart_command", KIND_STRING, 0, "own command to restart") },
	    { P("reload_command", KIND_STRING, 0, "own command to reload") },
	    { P("init_command", KIND_STRING, 0, "path of the init script") },
	    { P("enabled", KIND_BOOL, PROP_STATE, "starts at boot") },
	    { P("running", KIND_BOOL, PROP_STATE, "runs now") },
	    { P("priority", KIND_TEXT_OR_INT | KIND_HASH, 0,
		"start and stop priority") },
	    { P("parameters", KIND_HASH, 0, "parameters of an upstart job") },
	    { P("timeout", KIND_INTEGER, 0, "without effect on Unix") },
	    { P("supports", KIND_HASH | KIND_ARRAY, 0,
		  "which of :status, :restart, :reload the init script knows"),
		.convert = CONVERT_KEYS,
		.fallback = "{ :restart => false, :reload => false, "
			    ":status => false }" }),
};
