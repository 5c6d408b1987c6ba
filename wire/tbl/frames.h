/* SPDX-License-Identifier: MIT */
/*
 * Frames on descriptor 3, between the agent, perform and their children, and
 * those of the local socket that are no replies. Included with
 * SHAPE, FRAME, F, E and L defined:
 *
 *	SHAPE(name, prose, fields)		a part used in lists
 *	FRAME(type, from, to, prose, fields)	one frame
 *	F(member, TYPE, NEED|MAY, prose)	one member
 *	E(member, "a|b", NEED|MAY, prose)	one of these words
 *	L(member, shape, NEED|MAY, prose)	list of objects of a shape
 */
/* clang-format off */

SHAPE(named_secret, "a value that must not be shown",
	F(name, STRING, NEED, "shown in its place: <hidden input NAME>")
	F(value, STRING, NEED, "the value"))

FRAME(run_spec, agent, cook, "what one cook run does; the first frame",
	F(version, INT, NEED, "1")
	F(run_id, STRING, NEED, "the run's ULID")
	F(node_name, STRING, NEED, "node.name")
	F(cookbook_paths, STRINGS, NEED, "directories of cookbooks; the later wins")
	F(role_path, STRING, MAY, "directory of roles")
	F(data_bag_path, STRING, MAY, "directory of data bags")
	F(environment_path, STRING, MAY, "directory of environments")
	F(environment, STRING, MAY, "name of the environment, else _default")
	F(attributes, OBJECT, NEED, "node attributes, normal level")
	F(run_list, ARRAY, NEED, "{\"recipe\"}, {\"role\"} or {\"resource\", \"name\", \"properties\"}")
	F(file_cache_path, STRING, NEED, "Chef::Config[:file_cache_path]")
	F(file_backup_path, STRING, MAY, "Chef::Config[:file_backup_path]")
	F(lockfile, STRING, MAY, "lock held during the run")
	F(stacktrace_path, STRING, MAY, "where a stack trace of a failure goes")
	F(why_run, BOOL, MAY, "say what would be done, change nothing")
	E(log_level, "debug|info|warn|error|fatal", MAY, "else info")
	F(socket, STRING, MAY, "the agent's local socket")
	L(secrets, named_secret, MAY, "values to mask in every output")
	E(compat, "11|latest", MAY, "compatibility level, else latest"))

FRAME(event, any, agent, "one event; see wire/tbl/events.h",
	F(event, STRING, NEED, "its name")
	F(time_ms, INT, MAY, "wall clock; set by the agent when absent"))

SHAPE(fetch_source, "one source of cookbooks or RightScripts",
	F(name, STRING, NEED, "the name that its answer carries; unique")
	E(kind, "directory|tarball|git", NEED, "how url is read")
	F(url, STRING, NEED, "directory: absolute path; tarball: http, https, file; git: any URL of a repository or an absolute path")
	F(ref, STRING, MAY, "git: branch, tag or commit; else HEAD")
	F(sha256, STRING, MAY, "tarball: digest of the archive; required unless kept locally")
	F(path, STRING, MAY, "directory inside the tree that is wanted, relative")
	E(what, "tree|cookbooks|cookbook", MAY, "how the view shows it: under its name, each directory of it that is a cookbook, or as one cookbook; else tree"))

FRAME(fetch_request, agent, fetch, "bring these trees into the store",
	F(version, INT, NEED, "1")
	F(store, STRING, NEED, "directory of the store, absolute")
	L(sources, fetch_source, NEED, "what to bring, in this order")
	F(view, STRING, MAY, "absolute directory that is made new: a link for each tree or cookbook, later sources win")
	F(offline, BOOL, MAY, "answer from the store alone")
	F(max_entries, INT, MAY, "files of one tree, else 100000")
	F(max_tree_bytes, INT, MAY, "size of one tree, else 2 GiB")
	F(max_file_bytes, INT, MAY, "size of one file, else 512 MiB"))

SHAPE(fetched_tree, "one verified tree in the store",
	F(name, STRING, NEED, "the source's name")
	F(path, STRING, NEED, "absolute directory (url's path applied), read-only")
	F(digest, STRING, NEED, "content digest of the tree")
	F(commit, STRING, MAY, "git: the commit that ref named")
	F(cached, BOOL, NEED, "nothing had to be downloaded")
	F(bytes, INT, MAY, "downloaded bytes"))

FRAME(fetch_result, fetch, agent, "all sources are there; then exit 0",
	L(trees, fetched_tree, NEED, "in the order of the request"))

FRAME(fetch_failed, fetch, agent, "one source failed; then exit 1",
	F(source, STRING, MAY, "its name")
	F(code, STRING, NEED, "an enum err_code name")
	F(text, STRING, NEED, "one line: what failed, where, what to do"))

SHAPE(pack_root, "a directory whose contents an archive shall hold",
	F(dir, STRING, NEED, "absolute directory; .git is left out")
	F(prefix, STRING, NEED, "where they lie in the archive, relative; empty: at its top")
	F(skip, STRING, MAY, "an entry of the directory that is left out"))
SHAPE(pack_file, "a file that is made for an archive",
	F(path, STRING, NEED, "where it lies in the archive, relative")
	F(text, STRING, NEED, "its content"))

FRAME(pack_request, agent, fetch, "make a bundle archive: the same trees give the same bytes",
	F(version, INT, NEED, "1")
	F(output, STRING, NEED, "absolute path that receives it, made by the asker")
	L(roots, pack_root, NEED, "in this order")
	L(files, pack_file, MAY, "after them")
	F(max_bytes, INT, MAY, "size of the archive, else 1 GiB"))

FRAME(pack_result, fetch, agent, "the archive is written; then exit 0",
	F(sha256, STRING, NEED, "digest of the archive")
	F(bytes, INT, NEED, "size of the archive")
	F(files, INT, NEED, "its entries"))

FRAME(unpack_request, agent, fetch, "unpack an archive whose digest the asker has checked",
	F(version, INT, NEED, "1")
	F(archive, STRING, NEED, "absolute path")
	F(dir, STRING, NEED, "absolute directory that receives it, empty, made by the asker")
	F(max_entries, INT, MAY, "entries, else 100000"))

FRAME(unpack_result, fetch, agent, "all is there and synced; then exit 0",
	F(files, INT, NEED, "entries of the archive")
	F(bytes, INT, NEED, "their size"))

FRAME(download_request, cook, fetch, "one HTTP, FTP or file request",
	F(url, STRING, NEED, "http, https, ftp or file")
	F(method, STRING, MAY, "else GET")
	F(headers, OBJECT, MAY, "name to value")
	F(body, STRING, MAY, "request body")
	F(output, STRING, MAY, "absolute path that receives the body, made by the asker; else the answer carries it")
	F(max_bytes, INT, MAY, "refuse a longer body; without output 2 MiB is the most")
	F(timeout_ms, INT, MAY, "longest silence of the peer")
	F(retries, INT, MAY, "further tries after no answer or a 5xx, else 5")
	F(retry_delay_ms, INT, MAY, "pause between tries, else 5000; after the n-th 5xx a fifth of it times 1 + 2^n and a random part")
	F(proxy, STRING, MAY, "URL of a proxy, empty: none; else from the environment")
	F(ca_file, STRING, MAY, "certificates to trust instead of the system's")
	F(insecure, BOOL, MAY, "do not verify the peer")
	F(ftp_active, BOOL, MAY, "active instead of passive FTP"))

FRAME(download_result, fetch, cook, "the answer, whatever its status",
	F(status, INT, NEED, "HTTP status; 200 for file")
	F(headers, OBJECT, NEED, "lower-case name to value")
	F(body, STRING, MAY, "body in base64, without output")
	F(bytes, INT, NEED, "length of the body")
	F(sha256, STRING, NEED, "digest of the body")
	F(url, STRING, MAY, "the last hop's, without user and password"))

FRAME(download_failed, fetch, cook, "no answer",
	F(code, STRING, NEED, "an enum err_code name")
	F(text, STRING, NEED, "one line"))

FRAME(run_order, agent, perform, "one run; the first frame",
	F(version, INT, NEED, "1")
	F(run_id, STRING, NEED, "the run's ULID")
	F(cid, STRING, NEED, "the command or local request")
	E(kind, "boot|operational|remote|schedule|decommission", NEED, "why it is run")
	F(thread, STRING, NEED, "its queue: names lock and socket")
	F(executables, STRINGS, MAY, "recipe[x::y], script[x], role[x]; absent: the bundle's boot or decommission list")
	F(attributes, OBJECT, MAY, "merged into the node's attributes")
	F(parameters, OBJECT, MAY, "inputs of a script, by name")
	F(inputs, OBJECT, MAY, "values of inputs for this run alone")
	F(input_flags, STRINGS, MAY, "the same as NAME=VALUE of the command line")
	F(cwd, STRING, MAY, "where relative files of input_flags are")
	F(environment, STRING, MAY, "Chef environment; else the bundle's")
	F(offline, BOOL, MAY, "use only what was fetched before")
	F(timeout_ms, INT, MAY, "time limit of the run, 0 or absent: the bundle's, -1: none")
	F(why_run, BOOL, MAY, "change nothing")
	E(log_level, "debug|info|warn|error|fatal", MAY, "how much the run logs")
	F(trusted, BOOL, MAY, "an operator or this machine asks: it need not be remote-callable")
	F(from, STRING, MAY, "instance or operator that asks")
	F(tags, STRINGS, MAY, "the tags by which it was found")
	F(hops, INT, MAY, "requests that led to this one")
	F(rerun, BOOL, MAY, "run again when it was cut short")
	F(attempts, INT, MAY, "rerun: at most so many executions")
	F(policy, STRING, MAY, "reconvergence policy")
	F(audit_period_ms, INT, MAY, "of the policy")
	F(state_dir, STRING, MAY, "the state directory; this and the rest are set when the run starts")
	F(bundle_dir, STRING, MAY, "the bundle")
	F(node_name, STRING, MAY, "node.name, else the host name")
	F(inputs_file, STRING, MAY, "values of inputs, a YAML map")
	F(state, STRING, MAY, "state of the instance")
	F(instance_id, STRING, MAY, "id of the instance")
	F(reboot, BOOL, MAY, "the machine was booted since the boot run before")
	F(upload, BOOL, MAY, "the record goes to the router")
	F(past_scripts, STRINGS, MAY, "scripts that succeeded before"))

FRAME(run_stop, agent, perform, "end the run",
	F(reason, STRING, NEED, "why, one line"))

FRAME(run_began, perform, agent, "the run directory is there",
	F(summary, STRING, NEED, "what is run, at most 255 bytes"))

FRAME(run_progress, perform, agent, "the run's files grew",
	F(text_bytes, INT, NEED, "length of audit.txt")
	F(events_bytes, INT, NEED, "length of events.jsonl"))

FRAME(script_succeeded, perform, agent, "a script is one of the past ones now",
	F(name, STRING, NEED, "RightScript"))

FRAME(shutdown_wanted, perform, agent, "a recipe or script asks for a shutdown",
	E(level, "reboot|stop|terminate", NEED, "what is asked")
	F(immediately, BOOL, NEED, "skip what has not started yet"))

FRAME(run_ended, perform, agent, "result.json is written; then exit 0",
	E(status, "completed|failed|crashed|refused", NEED, "refused: the bundle does not allow it")
	F(reason, STRING, MAY, "what failed, one line")
	F(updated, INT, NEED, "resources that changed the machine")
	F(total, INT, NEED, "resources that were looked at")
	F(elapsed_ms, INT, NEED, "duration")
	F(exit_status, INT, NEED, "as the command line ends")
	F(forced, BOOL, MAY, "stopped, or at its time limit: nothing that it started shall live on")
	F(again, BOOL, MAY, "a script ended with 194: to be run again after the reboot")
	F(missing_inputs, STRINGS, MAY, "no recipe was run: these inputs have no value"))

FRAME(run_output, agent, any, "to who follows a run: what it wrote since",
	F(run_id, STRING, NEED, "the run")
	F(text, STRING, MAY, "piece of audit.txt; bytes that are no UTF-8 as U+FFFD")
	F(events, STRING, MAY, "whole lines of events.jsonl"))
