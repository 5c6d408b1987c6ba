/* SPDX-License-Identifier: MIT */
/*
 * Requests on a local socket (Unix stream socket, mode 0600, frames of
 * common/frame.h; the peer's user id is checked): STATE/agent.sock of the
 * agent, and the one that whoever performs a run serves to its cook and
 * scripts ($RIGHTLINK_SOCKET). Rows up to state_get are answered by both, the
 * others by the agent alone. One connection may carry any number of requests,
 * one after another; each gets one reply:
 *
 *	{"type":"reply","ok":true, ...members of the reply shape...}
 *	{"type":"reply","ok":false,"code":"ERR_INVALID","text":"..."}
 *
 * A run_wait that follows gets frames {"type":"run_output"} before it (shape
 * run_output of wire/tbl/frames.h).
 *
 * REQUEST(type, prose, fields, reply fields); F, E, L, SHAPE as in frames.h.
 */
/* clang-format off */

REQUEST(tag_publish, "put a tag on this instance; a tag that is there is kept",
	F(tag, STRING, NEED, "ns:predicate=value or a plain word")
	F(ttl_ms, INT, MAY, "lease: the tag ends so long after this instance's last proof of life")
	F(timeout_ms, INT, MAY, "how long the asker waits, else 120000"),
	F(changed, BOOL, NEED, "it was not there before"))

REQUEST(tag_set, "put a machine tag, taking away others of the same ns:predicate",
	F(tag, STRING, NEED, "ns:predicate=value")
	F(ttl_ms, INT, MAY, "lease, as of tag_publish")
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
	E(scope, "single|all", MAY, "one matching instance or all (default)")
	F(hops, INT, MAY, "requests that led to this one; whoever performs the run adds it")
	F(timeout_ms, INT, MAY, "how long the request is tried to hand over, else 120000"),
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

REQUEST(run_request, "queue a run; it is durable when the reply comes",
	F(recipe, STRING, MAY, "cookbook::recipe; this, right_script, executables or what")
	F(right_script, STRING, MAY, "name of a RightScript")
	F(executables, STRINGS, MAY, "several, in order: x::y, recipe[x], script[x], role[x]")
	E(what, "boot", MAY, "the whole boot list")
	F(attributes, OBJECT, MAY, "merged into the node's attributes")
	F(parameters, OBJECT, MAY, "inputs of the RightScript, by name")
	F(inputs, OBJECT, MAY, "values of inputs for this run alone")
	F(input_flags, STRINGS, MAY, "the same as NAME=VALUE of the command line; a credential is NAME=@FILE")
	F(inputs_file, STRING, MAY, "a YAML map of them, absolute")
	F(cwd, STRING, MAY, "where relative files of input_flags are, absolute")
	F(node_name, STRING, MAY, "node.name, else the agent's")
	F(environment, STRING, MAY, "Chef environment; else the bundle's")
	F(offline, BOOL, MAY, "use only what was fetched before")
	F(thread, STRING, MAY, "queue [a-z][a-z0-9_]*, else default")
	F(timeout_ms, INT, MAY, "time limit of the run, 0: none; else the bundle's")
	F(why_run, BOOL, MAY, "say what would be done, change nothing")
	E(log_level, "debug|info|warn|error|fatal", MAY, "how much the run logs")
	F(policy, STRING, MAY, "reconvergence policy: runs of one name share one audit")
	F(audit_period_ms, INT, MAY, "policy: a line of successes is audited so often, else one day"),
	F(request_id, STRING, NEED, "names the request")
	F(run_id, STRING, NEED, "the run's ULID")
	F(thread, STRING, NEED, "its queue")
	F(ahead, INT, NEED, "runs of the queue that come first"))

REQUEST(run_wait, "wait for the end of a run",
	F(run_id, STRING, NEED, "the run's ULID")
	F(follow, BOOL, MAY, "send what the run writes as it does, from its beginning")
	F(timeout_ms, INT, MAY, "how long to wait, else as long as it takes"),
	E(status, "waiting|running|completed|failed|crashed|refused|stopped", NEED, "waiting and running: the time was over")
	F(reason, STRING, MAY, "what failed, one line")
	F(updated, INT, MAY, "resources that changed the machine")
	F(total, INT, MAY, "resources that were looked at")
	F(elapsed_ms, INT, MAY, "duration")
	F(exit_status, INT, MAY, "as the command line ends"))

REQUEST(run_stop, "stop a run, or take it out of the queue",
	F(run_id, STRING, MAY, "the run's ULID; this or request_id")
	F(request_id, STRING, MAY, "the request, or the id of a command")
	F(reason, STRING, MAY, "one line for the audit"),
	E(was, "waiting|running|ended", NEED, "where the run stood"))

REQUEST(remote_status, "where a remote request of this instance stands",
	F(request_id, STRING, NEED, "of the receipt")
	F(after, INT, MAY, "rev of the reply before: wait for a newer one")
	F(wait_ms, INT, MAY, "how long, at most 55000"),
	F(deliveries, ARRAY, NEED, "objects of the shape api_delivery")
	F(done, BOOL, NEED, "every one has ended")
	F(rev, INT, NEED, "rises with each change"))

SHAPE(local_run, "a run that waits or runs",
	F(run_id, STRING, NEED, "the run's ULID")
	F(request_id, STRING, NEED, "the request or command")
	F(kind, STRING, NEED, "boot, operational, remote, schedule or decommission")
	F(thread, STRING, NEED, "its queue")
	F(executables, STRINGS, NEED, "what is run; empty: the bundle's list")
	E(status, "waiting|running", NEED, "where it stands")
	F(since_ms, INT, NEED, "queued or started then, ms since 1970"))

REQUEST(agent_status, "how the agent does",
	F(timeout_ms, INT, MAY, "else 20000"),
	F(id, STRING, NEED, "this instance's id")
	F(state, STRING, NEED, "booting, operational, stranded, ...")
	F(version, STRING, NEED, "of the agent")
	F(pid, INT, NEED, "its process")
	F(started_ms, INT, NEED, "when it started")
	F(router, STRING, MAY, "its router; absent: none was joined")
	F(connected, BOOL, NEED, "the newest poll succeeded")
	F(contact_ms, INT, MAY, "when the router last answered")
	F(trouble, STRING, MAY, "what is wrong with the channel, while it is not connected")
	F(skew_ms, INT, MAY, "the router's clock minus this machine's")
	F(bundle, STRING, MAY, "name of the bundle")
	F(bundle_version, STRING, MAY, "its version")
	F(bundle_serial, INT, MAY, "its serial, when it came from the router")
	F(missing_inputs, STRINGS, MAY, "the boot waits for values of these")
	L(runs, local_run, NEED, "running first, then in the order of waiting")
	F(results, INT, NEED, "results that the router has not acknowledged")
	F(spooled_bytes, INT, NEED, "audits that are still to be uploaded")
	E(shutdown, "continue|reboot|stop|terminate", NEED, "the level that is pending")
	F(log_level, STRING, NEED, "of runs")
	F(agent_log_level, STRING, NEED, "of the agent"))

REQUEST(log_level, "read or set a log level; it lasts",
	E(level, "debug|info|warn|error|fatal", MAY, "the new one; else it is only read")
	F(agent, BOOL, MAY, "the agent's own instead of that of runs"),
	F(level, STRING, NEED, "the level now"))

REQUEST(inputs_patch, "set values of inputs on this instance; they last",
	F(values, OBJECT, NEED, "name to value; null takes a value away"),
	F(changed, BOOL, NEED, "one of them is another one now"))

REQUEST(decommission, "run the decommission list, then end or shut down",
	E(shutdown, "none|reboot|stop|terminate", MAY, "OS action after it, else none: the asker does it")
	F(wait, BOOL, MAY, "reply when the list has ended, not when it was begun"),
	F(status, STRING, NEED, "running, completed, failed or crashed"))

REQUEST(reenroll, "take a new identity at the router",
	F(token, STRING, MAY, "enrolment token, when the old identity is refused"),
	F(id, STRING, NEED, "this instance's id from now on"))
