/* SPDX-License-Identifier: MIT */
/* Commands and scripts (RES-execute, RES-script). */
#include "resources/types/types_priv.h"

const struct resource_type resource_type_execute = {
	.name = "execute",
	.ruby_class = "Execute",
	.actions = ACTIONS("run"),
	.default_action = "\"run\"",
	.usual_provider = "Execute",
	.doc = "runs a command",
	.example = "execute \"rebuild the index\" do\n"
		   "  command \"/opt/app/bin/reindex\"\n"
		   "  creates \"/var/lib/app/index\"\n"
		   "end\n",
	.properties = PROPERTIES(
	    { P("command", KIND_TEXT_OR_LIST, P_NAME,
		"a line for the shell, or a list of words run without it") },
	    { P("creates", KIND_STRING, 0, "do nothing if this path exists") },
	    { P("cwd", KIND_STRING, 0, "working directory") },
	    { P("environment", KIND_HASH, 0, "additional environment"),
		.alias = "env" },
	    { P("group", KIND_TEXT_OR_INT, 0, "run with this group") },
	    { P("path", KIND_ARRAY, 0, "accepted, without effect") },
	    { P("returns", KIND_INTEGER | KIND_ARRAY, 0,
		  "exit status or list of them that means success"),
		.fallback = "0" },
	    { P("timeout", KIND_INTEGER, 0, "seconds; 3600 when unset") },
	    { P("user", KIND_TEXT_OR_INT, 0, "run as this user") },
	    { P("umask", KIND_TEXT_OR_INT, 0, "umask of the command") },
	    { P("input", KIND_STRING, PROP_LATER,
		"what the command reads from its standard input") },
	    { P("live_stream", KIND_BOOL, PROP_LATER,
		  "show its output as it comes, also where nobody looks on"),
		.fallback = "false" },
	    { P("default_env", KIND_BOOL, PROP_LATER,
		"without effect: commands always see the whole PATH") },
	    { P("domain", KIND_STRING, PROP_LATER, "of Windows") },
	    { P("password", KIND_STRING, PROP_LATER | PROP_SENSITIVE,
		"of Windows") },
	    { P("elevated", KIND_BOOL, PROP_LATER, "of Windows") }),
};

#define SCRIPT_TYPE(word, class_name, program, text)                           \
	const struct resource_type resource_type_##word = {                    \
		.name = #word,                                                 \
		.ruby_class = class_name,                                      \
		.parent = "script",                                            \
		.default_action = "\"run\"",                                   \
		.usual_provider = "Script",                                    \
		.doc = (text),                                                 \
		.properties = PROPERTIES({ P("interpreter", KIND_STRING, 0,    \
					       "program that runs the code"),  \
		    .fallback = program }),                                    \
	}

const struct resource_type resource_type_script = {
	.name = "script",
	.ruby_class = "Script",
	.parent = "execute",
	.default_action = "\"run\"",
	.usual_provider = "Script",
	.doc = "runs code with an interpreter",
	.example = "bash \"unpack\" do\n"
		   "  cwd \"/opt\"\n"
		   "  code \"tar xzf app.tar.gz\"\n"
		   "  not_if { ::File.exist?(\"/opt/app\") }\n"
		   "end\n",
	.properties = PROPERTIES({ P("code", KIND_STRING, 0, "the code") },
	    { P("interpreter", KIND_STRING, 0, "program that runs the code") },
	    { P("flags", KIND_STRING, 0, "options of the interpreter") }),
};

SCRIPT_TYPE(bash, "Bash", "\"bash\"", "runs code with bash");
SCRIPT_TYPE(csh, "Csh", "\"csh\"", "runs code with csh");
SCRIPT_TYPE(perl, "Perl", "\"perl\"", "runs code with perl");
SCRIPT_TYPE(python, "Python", "\"python\"", "runs code with python");
SCRIPT_TYPE(ruby, "Ruby", "\"ruby\"", "runs code with ruby");
