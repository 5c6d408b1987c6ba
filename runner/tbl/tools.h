/* SPDX-License-Identifier: MIT */
/*
 * RightLink 6's tools, links to `rightlink`:
 *
 *	TOOL(name, "arguments", "one line", "more", "examples")
 *	TOOL_OPTION(field, KIND, letter, "name", "ARG", tools, prose)
 *	TOOL_EXIT(tools, number, prose)
 *
 * tools: a group of enum tool_bit. Options may be abbreviated where that is
 * unambiguous. Names, texts and exit statuses are RightLink 6's (its section
 * 5); what differs is told in docs/rightlink6.md.
 */
/* clang-format off */
TOOL(rs_run_recipe, "--name RECIPE [OPTIONS]",
	"run a recipe on this server or on others",
	"Without --wait it ends when the request is accepted. With "
	"--recipient_tags the recipe is run on servers that carry all of the "
	"tags, on each or (--scope single) on any one.",
	"rs_run_recipe -n app::deploy\n"
	"rs_run_recipe -n app::deploy -j attributes.json --wait\n"
	"rs_run_recipe -n lb::attach -r 'lb:role=front lb:pool=a' -s all\n")
TOOL(rs_run_right_script, "--name SCRIPT [OPTIONS]",
	"run a RightScript on this server or on others",
	"A parameter is NAME=TYPE:VALUE; types are text, env, cred, key and "
	"array.",
	"rs_run_right_script -n 'rotate logs'\n"
	"rs_run_right_script -n backup -p TARGET=text:nightly --wait\n"
	"rs_run_right_script -n drain -r app:role=web -s single\n")
TOOL(rs_tag, "--list | --add TAG | --remove TAG | --query TAG...",
	"tags of this server, and servers by tag",
	"A query finds servers that carry any of the tags; "
	"namespace:predicate=* matches any value.",
	"rs_tag --list\n"
	"rs_tag -a app:role=web\n"
	"rs_tag -q 'app:role=*' -f text -e\n")
TOOL(rs_state, "--type run|agent",
	"state of this server in one word",
	"run: booting, booting:reboot, operational, stranded or shutting-down: "
	"with reboot, stop, terminate or unknown behind it. agent: pending, "
	"booting, operational, stranded, decommissioning or decommissioned.",
	"rs_state --type run\n"
	"rs_state -t agent\n")
TOOL(rs_config, "--list | --get NAME | --set NAME VALUE",
	"features of this server",
	"Names: managed_login_enable, package_repositories_freeze, motd_update "
	"(on or off) and decommission_timeout (seconds). They are kept in the "
	"agent's configuration and need no running agent.",
	"rs_config --list\n"
	"rs_config --get decommission_timeout\n"
	"rs_config --set decommission_timeout 300\n")
TOOL(rs_log_level, "[--log-level LEVEL] [--agent]",
	"read or set the log level of runs, or of the agent", NULL,
	"rs_log_level\n"
	"rs_log_level -l debug\n"
	"rs_log_level -a -l info\n")
TOOL(rs_ohai, "[OPTIONS] [ATTRIBUTE...]",
	"facts about this machine as JSON",
	"Without attributes: all of them.",
	"rs_ohai platform\n"
	"rs_ohai memory/total\n"
	"rs_ohai -d /etc/ohai/plugins\n")
TOOL(rs_shutdown, "--reboot | --stop | --terminate [--immediately]",
	"ask for a shutdown of this server",
	"Requests only rise: reboot, stop, terminate. A deferred one waits "
	"until no run is in progress; an immediate one skips what has not "
	"begun.",
	"rs_shutdown --reboot\n"
	"rs_shutdown -t --immediately\n")
TOOL(rs_reenroll, "",
	"take a new identity at the router", NULL,
	"rs_reenroll\n"
	"rs_reenroll -v\n")
TOOL(rs_connect, "--attach URL [--force]",
	"make this machine a node, as launch settings at a URL say",
	"The settings hold RS_rn_url (the router) and RS_rn_auth (an enrolment "
	"token), one a line or joined by &. rightlink join does the same with "
	"words of the command line.",
	"rs_connect -a https://example.com/settings/web\n"
	"rs_connect -a https://example.com/settings/web --force\n")
TOOL(rs_thunk, "--username NAME --uuid NUMBER [OPTIONS]",
	"forced command of a login: make the account, become it",
	"For authorized_keys of root: command=\"rs_thunk -u NAME -i NUMBER\" "
	"and the key. The account has uid 10000 + NUMBER.",
	"rs_thunk -u alice -i 7\n"
	"rs_thunk -u alice -i 7 -s -e alice@example.com\n")

TOOL_OPTION(help, FLAG, 'h', "help", NULL, ALL, "say what the tool does, and stop")
TOOL_OPTION(version, FLAG, 0, "version", NULL, ALL, "print the version, and stop")
TOOL_OPTION(verbose, FLAG, 'v', "verbose", NULL, TALKS, "say more")
TOOL_OPTION(name, TEXT, 'n', "name", "NAME", RUN, "name of the recipe or RightScript")
TOOL_OPTION(identity, TEXT, 'i', "identity", "ID", RUN, "the same, for callers that know it by an id")
TOOL_OPTION(json, TEXT, 'j', "json", "FILE", RECIPE, "attributes merged into the node's, a JSON object; checked before anything is asked")
TOOL_OPTION(parameter, LIST, 'p', "parameter", "NAME=TYPE:VALUE", SCRIPT, "value of an input; may be repeated")
TOOL_OPTION(thread, TEXT, 't', "thread", "NAME", RUN, "queue to run in, else default")
TOOL_OPTION(policy, TEXT, 'P', "policy", "NAME", RUN, "reconvergence policy: runs of one name share one audit")
TOOL_OPTION(audit_period, NUMBER, 'a', "audit_period", "SECONDS", RUN, "with --policy: successes are audited so often")
TOOL_OPTION(recipient_tags, TEXT, 'r', "recipient_tags", "TAGS", RUN, "run on servers that carry all of these tags, blanks between them")
TOOL_OPTION(scope, WORDS, 's', "scope", "single|all", RUN, "with --recipient_tags: on one of them or on all (default)")
TOOL_OPTION(cfg_dir, TEXT, 'c', "cfg_dir", "DIR", RUN, "accepted, without effect")
TOOL_OPTION(timeout, NUMBER, 'T', "timeout", "SECONDS", RUN, "how long to wait, else 60; with --wait: for the end, else for ever")
TOOL_OPTION(wait, FLAG, 'w', "wait", NULL, RUN, "wait for the end and fail when it failed")
TOOL_OPTION(list, FLAG, 'l', "list", NULL, TAG_CONFIG, "list")
TOOL_OPTION(add, TEXT, 'a', "add", "TAG", TAG, "put a tag on this server")
TOOL_OPTION(remove, TEXT, 'r', "remove", "TAG", TAG, "take a tag off this server")
TOOL_OPTION(query, TEXT, 'q', "query", "TAG...", TAG, "servers that carry any of these tags")
TOOL_OPTION(die, FLAG, 'e', "die", NULL, TAG, "fail when nothing is found")
TOOL_OPTION(format, WORDS, 'f', "format", "json|jsn|yaml|yml|text|txt|sh|shell|list", TAG_CONFIG, "form of what is printed; rs_tag: else json, rs_config: else text")
TOOL_OPTION(tag_timeout, NUMBER, 't', "timeout", "SECONDS", TAG, "how long to wait, else 180")
TOOL_OPTION(type, TEXT, 't', "type", "TYPE", STATE, "run or agent")
TOOL_OPTION(get, TEXT, 'g', "get", "NAME", CONFIG, "value of one")
TOOL_OPTION(set, TEXT, 's', "set", "NAME VALUE", CONFIG, "set one")
TOOL_OPTION(level, TEXT, 'l', "log-level", "LEVEL", LEVEL, "debug, info, warn, error or fatal")
TOOL_OPTION(agent, FLAG, 'a', "agent", NULL, LEVEL, "of the agent instead of runs")
TOOL_OPTION(directory, TEXT, 'd', "directory", "DIR", OHAI, "read plugins of this directory too")
TOOL_OPTION(file, TEXT, 'f', "file", "FILE", OHAI, "take the facts from this JSON file")
TOOL_OPTION(ohai_level, TEXT, 'l', "log_level", "LEVEL", OHAI, "debug, info, warn, error or fatal")
TOOL_OPTION(ohai_log, TEXT, 'L', "logfile", "FILE", OHAI, "log there; else to standard error")
TOOL_OPTION(reboot, FLAG, 'r', "reboot", NULL, SHUTDOWN, "reboot")
TOOL_OPTION(stop, FLAG, 's', "stop", NULL, SHUTDOWN, "stop")
TOOL_OPTION(terminate, FLAG, 't', "terminate", NULL, SHUTDOWN, "end this server for good")
TOOL_OPTION(immediately, FLAG, 'i', "immediately", NULL, SHUTDOWN, "skip what has not begun")
TOOL_OPTION(deferred, FLAG, 'd', "deferred", NULL, SHUTDOWN, "after the runs in progress (default)")
TOOL_OPTION(resume, HIDDEN, 0, "resume", NULL, REENROLL, "")
TOOL_OPTION(attach, TEXT, 'a', "attach", "URL", CONNECT, "where the launch settings are")
TOOL_OPTION(cloud, TEXT, 'c', "cloud", "NAME", CONNECT, "accepted, without effect")
TOOL_OPTION(force, FLAG, 'f', "force", NULL, FORCE, "rs_connect: also when this machine is a node already; rs_thunk: unpack the profile again")
TOOL_OPTION(username, TEXT, 'u', "username", "NAME", THUNK, "the account's name")
TOOL_OPTION(uuid, TEXT, 'i', "uuid", "NUMBER", THUNK, "its uid is 10000 more")
TOOL_OPTION(email, TEXT, 'e', "email", "ADDRESS", THUNK, "whose it is, for the log")
TOOL_OPTION(superuser, FLAG, 's', "superuser", NULL, THUNK, "member of group rightscale_sudo")
TOOL_OPTION(profile, TEXT, 'p', "profile", "DIR", THUNK, "copied into a new home directory")

TOOL_EXIT(ALL, 0, "success")
TOOL_EXIT(RUN, 1, "wrong option; the request was not accepted; with --wait: the run failed or took too long")
TOOL_EXIT(QUESTION, 1, "wrong or missing option")
TOOL_EXIT(ROOT, 2, "not permitted: root or the agent's user is needed")
TOOL_EXIT(OTHERS, 50, "anything else, such as: no agent is running")
TOOL_EXIT(TAG, 44, "nothing found, and --die was given")
TOOL_EXIT(TAG, 45, "the tags could not be listed")
TOOL_EXIT(TAG, 46, "the answer to a query is malformed")
TOOL_EXIT(TAG, 47, "the answer to an addition is malformed")
TOOL_EXIT(TAG, 48, "the answer to a removal is malformed")
TOOL_EXIT(TAG, 53, "the query failed")
TOOL_EXIT(TAG, 54, "the tag could not be added")
TOOL_EXIT(TAG, 55, "the tag could not be removed")
TOOL_EXIT(CONNECT, 255, "this machine is a node already; the settings are not usable; the router refused")
