/* SPDX-License-Identifier: MIT */
/* Entries of a user's crontab (RES-cron). */
#include "resources/types/types_priv.h"

#define P_FIELD(word, form, text)                                              \
	P(word, KIND_TEXT_OR_INT, PROP_STATE, text),                           \
	    .check = (form), .convert = CONVERT_TEXT, .fallback = "\"*\""

const struct resource_type resource_type_cron = {
	.name = "cron",
	.ruby_class = "Cron",
	.actions = ACTIONS("create", "delete"),
	.default_action = ":create",
	.usual_provider = "Cron",
	.doc = "an entry of a crontab",
	.example = "cron \"rotate\" do\n"
		   "  minute \"5\"\n"
		   "  command \"/opt/app/bin/rotate\"\n"
		   "end\n",
	.properties = PROPERTIES(
	    { P_FIELD("minute", CHECK_MINUTE, "0 to 59 or *") },
	    { P_FIELD("hour", CHECK_HOUR, "0 to 23 or *") },
	    { P_FIELD("day", CHECK_DAY, "1 to 31 or *") },
	    { P_FIELD("month", CHECK_MONTH, "1 to 12 or *") },
	    { P("weekday", KIND_TEXT_OR_INT | KIND_SYMBOL, PROP_STATE,
		  "0 to 7, a day's name or *"),
		.check = CHECK_WEEKDAY, .convert = CONVERT_TEXT,
		.fallback = "\"*\"" },
	    { P("time", KIND_SYMBOL, 0, "instead of the five fields"),
		.equal_to = WORDS(":reboot", ":yearly", ":annually", ":monthly",
		    ":weekly", ":daily", ":midnight", ":hourly") },
	    { P("command", KIND_STRING, PROP_IDENTITY, "what to run") },
	    { P("user", KIND_STRING, PROP_STATE, "whose crontab"),
		.fallback = "\"root\"" },
	    { P("mailto", KIND_STRING, 0, "who gets the output") },
	    { P("path", KIND_STRING, 0, "PATH of the entry") },
	    { P("shell", KIND_STRING, 0, "SHELL of the entry") },
	    { P("home", KIND_STRING, 0, "HOME of the entry") },
	    { P("environment", KIND_HASH, 0, "additional environment"),
		.fallback = "{}" }),
};
