/* SPDX-License-Identifier: MIT */
/*
 * Requests on the agent's local socket (Unix stream socket, mode 0600, frames
 * of common/frame.h; the agent checks the peer's user id). One connection may
 * carry any number of requests, one after another; each gets one frame:
 *
 *	{"type":"reply","ok":true, ...members of the reply shape...}
 *	{"type":"reply","ok":false,"code":"ERR_INVALID","text":"..."}
 *
 * REQUEST(type, prose, fields, reply fields); F, E, L, SHAPE as in frames.h.
 */
/* clang-format off */

REQUEST(tag_publish, "put a tag on this instance; a tag that is there is kept",
	F(tag, STRING, NEED, "ns:predicate=value or a plain word")
	F(timeout_ms, INT, MAY, "how long the asker waits, else 120000"),
	F(changed, BOOL, NEED, "it was not there before"))

REQUEST(tag_set, "put a machine tag, taking away others of the same ns:predicate",
	F(tag, STRING, NEED, "ns:predicate=value")
	F(timeout_ms, INT, MAY, "else 120000"),
	F(changed, BOOL, NEED, "the set of tags is another one now"))

REQUEST(tag_remove, "take a tag off this instance",
	F(tag, STRING, NEED, "the tag; ns:predicate=* takes all values")
	F(timeout_ms, INT, MAY, "else 120000"),
	F(changed, BOOL, NEED, "it was there"))

REQUEST(tag_list, "the tags of this instance",
	F(timeout_ms, INT, MAY, "else 120000"),
	F(id, STRING, NEED, "this instance's id")
	F(tags, STRINGS, NEED, "sorted"))

REQUEST(tag_query, "instances that carry tags",
	F(tags, STRINGS, NEED, "tags; ns:predicate=* matches any value")
	E(match, "any|all", MAY, "one tag is enough (any, the default) or all are needed")
	F(ids, STRINGS, MAY, "only these instances; with empty tags: their tags")
	F(timeout_ms, INT, MAY, "else 120000"),
	F(instances, OBJECT, NEED, "{id: {\"tags\": [...]}}"))

REQUEST(remote_run, "run a recipe or RightScript on other instances (or on this one)",
	F(recipe, STRING, MAY, "cookbook::recipe; this or right_script")
	F(right_script, STRING, MAY, "name of a RightScript")
	F(attributes, OBJECT, MAY, "merged into the node's attributes there")
	F(parameters, OBJECT, MAY, "inputs of the RightScript, all strings")
	F(recipients, STRINGS, MAY, "instance ids")
	F(recipients_tags, STRINGS, MAY, "instances that carry all of these tags")
	E(scope, "single|all", MAY, "one matching instance or all (default)"),
	F(request_id, STRING, NEED, "names the request in runs and audits")
	F(matched, INT, NEED, "how many instances were found")
	F(ids, STRINGS, NEED, "which"))

REQUEST(script_run, "run a RightScript as a child of the agent and wait for its end",
	F(name, STRING, NEED, "the name shown, and the bundle's script when source_file is absent")
	F(source_file, STRING, MAY, "absolute path of the executable")
	F(parameters, OBJECT, MAY, "inputs: name to string or list of strings; null leaves one unset")
	F(attachments_dir, STRING, MAY, "absolute directory given as RS_ATTACH_DIR")
	F(display_version, STRING, MAY, "shown with the name")
	F(timeout_ms, INT, MAY, "the whole process tree is killed after that"),
	F(status, INT, NEED, "exit status, -1 after a signal")
	F(signal, INT, NEED, "signal number or 0")
	F(timed_out, BOOL, NEED, "killed at its time limit")
	F(elapsed_ms, INT, NEED, "how long it ran")
	F(reboot, BOOL, NEED, "it ended with 194: reboot, then run me again")
	F(shutdown_now, BOOL, NEED, "an immediate shutdown request is pending: end the run with status 0"))

REQUEST(schedule_create, "run a recipe or RightScript at times, as cron does",
	F(name, STRING, NEED, "name of the schedule")
	F(recipe, STRING, MAY, "cookbook::recipe; this or right_script")
	F(right_script, STRING, MAY, "name of a RightScript")
	F(minute, STRING, MAY, "cron field, else *")
	F(hour, STRING, MAY, "cron field, else *")
	F(day, STRING, MAY, "cron field, else *")
	F(month, STRING, MAY, "cron field, else *")
	F(weekday, STRING, MAY, "cron field, else *"),
	F(changed, BOOL, NEED, "it was absent or different"))

REQUEST(schedule_delete, "forget a schedule",
	F(name, STRING, NEED, "name of the schedule"),
	F(changed, BOOL, NEED, "it was there"))

REQUEST(shutdown_request, "ask for a shutdown after the run; levels only rise",
	E(level, "continue|reboot|stop|terminate", NEED, "what is asked")
	F(immediately, BOOL, MAY, "skip what has not started yet"),
	F(level, STRING, NEED, "the level now pending")
	F(immediately, BOOL, NEED, "whether it is immediate"))

REQUEST(state_get, "state of the agent",
	F(timeout_ms, INT, MAY, "else 20000"),
	F(state, STRING, NEED, "booting, operational, stranded, ...")
	F(id, STRING, NEED, "this instance's id")
	F(run_id, STRING, MAY, "the run in progress"))
