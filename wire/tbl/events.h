/* SPDX-License-Identifier: MIT */
/*
 * Every event of the program: EVENT(name, LEVEL, prose, fields). One event is
 * one line of a run's events.jsonl, {"event":name,"time_ms":...,fields}. The
 * prose is the line of the readable audit: {field} is replaced, and an event
 * without prose ("") is not shown there. LEVEL: SECTION starts a part of the
 * audit, INFO, CHANGE, WARN, FAIL.
 */
/* clang-format off */

EVENT(run_started, SECTION, "{kind} run of bundle '{bundle}'",
	F(run_id, STRING, NEED, "ULID")
	F(kind, STRING, NEED, "boot, operational, remote, schedule or decommission")
	F(bundle, STRING, NEED, "name of the bundle")
	F(executables, STRINGS, NEED, "what is run, in order"))
EVENT(state_changed, INFO, "state is {to}",
	F(from, STRING, NEED, "the former state")
	F(to, STRING, NEED, "the state now"))
EVENT(run_finished, SECTION, "{kind} run {status} after {elapsed_ms} ms",
	F(run_id, STRING, NEED, "ULID")
	F(kind, STRING, NEED, "boot, operational, remote, schedule or decommission")
	F(status, STRING, NEED, "completed, failed or crashed")
	F(reason, STRING, MAY, "what failed, one line")
	F(updated, INT, NEED, "resources that changed the machine")
	F(total, INT, NEED, "resources that were looked at")
	F(elapsed_ms, INT, NEED, "wall clock"))

EVENT(fetch_started, SECTION, "Retrieving cookbooks",
	F(sources, INT, NEED, "number of sources"))
EVENT(source_fetched, INFO, "{name}: {note}",
	F(name, STRING, NEED, "the source")
	F(note, STRING, NEED, "what came, in short, for people")
	F(digest, STRING, NEED, "digest of the tree")
	F(commit, STRING, MAY, "git commit")
	F(cached, BOOL, NEED, "it was in the store already")
	F(bytes, INT, MAY, "downloaded"))
EVENT(fetch_failed, FAIL, "{text}",
	F(source, STRING, MAY, "the source")
	F(code, STRING, NEED, "error code")
	F(text, STRING, NEED, "one line"))
EVENT(packages_requested, SECTION, "Installing packages: {packages}",
	F(packages, STRING, NEED, "names"))
EVENT(packages_installed, INFO, "",
	F(packages, STRING, NEED, "names")
	F(elapsed_ms, INT, NEED, "duration"))

EVENT(cook_started, SECTION, "Converging",
	F(run_list, STRINGS, NEED, "items"))
EVENT(run_list_expanded, INFO, "",
	F(run_list, STRINGS, NEED, "as given")
	F(recipes, STRINGS, NEED, "after roles were expanded"))
EVENT(recipe_loaded, INFO, "",
	F(recipe, STRING, NEED, "cookbook::recipe")
	F(file, STRING, MAY, "its file"))
EVENT(converge_started, INFO, "",
	F(resources, INT, NEED, "size of the collection"))
EVENT(resource_started, INFO, "",
	F(resource, STRING, NEED, "type[name]")
	F(action, STRING, NEED, "action"))
EVENT(resource_updated, CHANGE, "",
	F(resource, STRING, NEED, "type[name]")
	F(action, STRING, NEED, "action")
	F(changes, STRINGS, MAY, "what was done, one line each")
	F(diff, STRING, MAY, "unified diff of content")
	F(recipe, STRING, MAY, "cookbook::recipe")
	F(file, STRING, MAY, "where it is declared")
	F(line, INT, MAY, "")
	F(notified_by, STRING, MAY, "the resource that asked for the action")
	F(why_run, BOOL, MAY, "it would have been")
	F(elapsed_ms, INT, NEED, "duration"))
EVENT(resource_unchanged, INFO, "",
	F(resource, STRING, NEED, "type[name]")
	F(action, STRING, NEED, "action")
	F(elapsed_ms, INT, MAY, "duration"))
EVENT(resource_skipped, INFO, "",
	F(resource, STRING, NEED, "type[name]")
	F(action, STRING, NEED, "action")
	F(reason, STRING, MAY, "the guard, or 'action nothing'"))
EVENT(resource_retried, WARN, "{resource} is tried again: {text}",
	F(resource, STRING, NEED, "type[name]")
	F(action, STRING, NEED, "action")
	F(text, STRING, NEED, "what failed")
	F(left, INT, MAY, "attempts left"))
EVENT(resource_failed, FAIL, "{resource} action {action}: {text}",
	F(resource, STRING, NEED, "type[name]")
	F(action, STRING, NEED, "action")
	F(text, STRING, NEED, "the message")
	F(class, STRING, MAY, "exception class")
	F(file, STRING, MAY, "where the resource is declared")
	F(line, INT, MAY, "")
	F(ignored, BOOL, MAY, "ignore_failure is set")
	F(elapsed_ms, INT, MAY, "duration"))
EVENT(converge_finished, INFO, "",
	F(updated, INT, NEED, "resources that changed the machine")
	F(total, INT, NEED, "resources that were looked at"))
EVENT(cook_failed, FAIL, "{text}",
	F(text, STRING, NEED, "the message")
	F(class, STRING, MAY, "exception class")
	F(file, STRING, MAY, "cookbook file")
	F(line, INT, MAY, "")
	F(excerpt, STRING, MAY, "source around the line"))
EVENT(cook_crashed, FAIL, "{text}",
	F(text, STRING, NEED, "how the process ended"))

EVENT(script_started, SECTION, "RightScript '{name}'",
	F(name, STRING, NEED, "RightScript")
	F(version, STRING, MAY, "its version"))
EVENT(script_finished, INFO, "Script exit status: {status}",
	F(name, STRING, NEED, "RightScript")
	F(status, INT, NEED, "exit status, -1 after a signal")
	F(signal, INT, NEED, "or 0")
	F(timed_out, BOOL, NEED, "killed at its limit")
	F(reboot, BOOL, NEED, "it asks for a reboot and another run")
	F(elapsed_ms, INT, NEED, "duration"))
EVENT(tag_published, INFO, "tag {tag} published",
	F(tag, STRING, NEED, "the tag"))
EVENT(tag_removed, INFO, "tag {tag} removed",
	F(tag, STRING, NEED, "the tag"))
EVENT(remote_requested, INFO, "{executable} requested on {matched} instance(s)",
	F(request_id, STRING, NEED, "ULID")
	F(executable, STRING, NEED, "recipe or RightScript")
	F(matched, INT, NEED, "instances")
	F(ids, STRINGS, NEED, "which"))
EVENT(remote_refused, WARN, "request for {executable} refused: {text}",
	F(request_id, STRING, NEED, "ULID")
	F(executable, STRING, NEED, "recipe or RightScript")
	F(text, STRING, NEED, "why"))
EVENT(schedule_created, INFO, "schedule '{name}' runs {executable} at {times}",
	F(name, STRING, NEED, "schedule")
	F(executable, STRING, NEED, "recipe or RightScript")
	F(times, STRING, NEED, "five cron fields"))
EVENT(schedule_deleted, INFO, "schedule '{name}' deleted",
	F(name, STRING, NEED, "schedule"))
EVENT(shutdown_requested, WARN, "shutdown requested: {level}",
	F(level, STRING, NEED, "reboot, stop or terminate")
	F(immediately, BOOL, NEED, "skip what has not started"))
EVENT(policy_succeeded, INFO, "policy '{policy}': {runs} run(s) succeeded in {period_ms} ms",
	F(policy, STRING, NEED, "policy")
	F(runs, INT, NEED, "since the line before, or the failure")
	F(period_ms, INT, NEED, "and how long that was"))
EVENT(policy_failed, FAIL, "policy '{policy}': run {run_id}: {text}",
	F(policy, STRING, NEED, "policy")
	F(run_id, STRING, NEED, "the run, which has a record of its own")
	F(text, STRING, NEED, "what failed"))
EVENT(warning_issued, WARN, "{text}",
	F(text, STRING, NEED, "one line"))
