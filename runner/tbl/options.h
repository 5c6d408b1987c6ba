/* SPDX-License-Identifier: MIT */
/*
 * Options of `rightlink`: OPTION(field, KIND, letter, "name", "ARG",
 * commands, prose). KIND: FLAG, TEXT, LIST (may be repeated), NUMBER,
 * SECONDS (90, 15m, 2h, 7d), or a WORDS option whose ARG lists what it takes
 * ("a|b"). commands: bits of enum command_bit; ALL for everywhere. From this
 * table come the parser, the help, the manual page and the completion.
 */
/* clang-format off */
OPTION(help, FLAG, 'h', "help", NULL, ALL, "say what the command does, and stop")
OPTION(state_dir, TEXT, 0, "state-dir", "DIR", STATE, "where runs, tags and fetched files are kept; else $RIGHTLINK_STATE_DIR, else /var/lib/rightlink")
OPTION(output, WORDS, 'o', "output", "text|json|jsonl", ALL, "form of what is printed on standard output; of a run, json is its result and jsonl its events as they happen, with the story on standard error")
OPTION(color, WORDS, 0, "color", "auto|always|never", ALL, "colours; auto: on a terminal, unless NO_COLOR is set")
OPTION(quiet, FLAG, 'q', "quiet", NULL, RUNS, "print only the summary")
OPTION(bundle, TEXT, 'b', "bundle", "DIR", RUNS, "the bundle directory (holds bundle.yml); run: else the one last booted")
OPTION(inputs, TEXT, 0, "inputs", "FILE", RUNS, "values of inputs, a YAML map")
OPTION(input, LIST, 'i', "input", "NAME=VALUE", RUNS, "value of one input; a credential takes @FILE; may be repeated")
OPTION(json, TEXT, 'j', "json", "FILE", RUN, "attributes merged into the node's, a JSON object; - reads standard input")
OPTION(node_name, TEXT, 'N', "node-name", "NAME", NODE, "node.name; else the host name")
OPTION(environment, TEXT, 'E', "environment", "NAME", NODE, "Chef environment; else the bundle's")
OPTION(log_level, WORDS, 'l', "log-level", "debug|info|warn|error|fatal", RUNS, "how much the run logs")
OPTION(why_run, FLAG, 'W', "why-run", NULL, RUNS, "say what would be done, change nothing; scripts are not run")
OPTION(offline, FLAG, 0, "offline", NULL, RUNS, "use only what was fetched before")
OPTION(cron_dir, TEXT, 0, "cron-dir", "DIR", RUNS, "where schedules go; else /etc/cron.d")
OPTION(wait, FLAG, 0, "wait", NULL, RUNS, "wait while another run is in progress on this machine, instead of giving up")
OPTION(timeout, SECONDS, 0, "timeout", "TIME", RUNS, "kill a run that takes longer; 0: no limit")
OPTION(match, WORDS, 0, "match", "any|all", TAG, "query: one of the tags is enough (default), or all are needed")
OPTION(limit, NUMBER, 'n', "limit", "COUNT", RUNS_LIST, "show only the newest")
OPTION(solo_config, TEXT, 'c', "config", "FILE", EXPLAIN, "settings as for solo; else /etc/chef/solo.rb")
OPTION(solo_json, TEXT, 'j', "json", "FILE", EXPLAIN, "attributes and run list as for solo")
OPTION(run_list, TEXT, 'r', "run-list", "ITEMS", EXPLAIN, "this run list instead of the node's: item,item")
OPTION(deployment, TEXT, 'd', "deployment", "NAME", NODES, "only nodes of this deployment")
OPTION(yes, FLAG, 'y', "yes", NULL, NODES, "do not ask")
OPTION(follow, FLAG, 'f', "follow", NULL, LOGS, "print output as it comes; of several nodes each line with the node's name")
OPTION(events, FLAG, 0, "events", NULL, LOGS, "the events, one JSON object a line, instead of the readable part")
OPTION(local, FLAG, 0, "local", NULL, EITHER, "of this machine, although there is a context")
OPTION(node, TEXT, 0, "node", "NODE", NODE_OF, "of this node, by id or name, by way of the router")
OPTION(lease, SECONDS, 0, "ttl", "TIME", TAG, "add, set: the tag ends so long after the node's last proof of life")
OPTION(presence, WORDS, 0, "presence", "online|stale|offline", NODES, "only nodes that are so")
OPTION(nodes_tags, LIST, 't', "tag", "TAG", NODES, "only nodes that carry all of these tags; may be repeated")
OPTION(status, WORDS, 0, "status", "running|completed|failed|crashed", RUNS_LIST, "only runs that are so")
OPTION(context, TEXT, 0, "context", "FILE", REMOTE, "which router, token and key; else $RIGHTLINK_CONTEXT, ~/.config/rightlink/context.json, /etc/rightlink/context.json")
OPTION(router, TEXT, 0, "router", "URL", REMOTE, "this router instead of the context's")
OPTION(retry, SECONDS, 0, "retry", "TIME", REMOTE, "how long a router that does not answer is asked again; else 20s")
