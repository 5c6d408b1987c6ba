/* SPDX-License-Identifier: MIT */
/*
 * The commands of `rightlink`, one row each:
 *
 *	COMMAND(name, OPTIONS, WHERE, "arguments", "one line", "more",
 *	    "examples")
 *
 * OPTIONS: a bit of enum command_bit, which chooses the rows of
 * runner/tbl/options.h. WHERE:
 *	HERE		int command_NAME(o, t) in `rightlink`
 *	OPERATOR	int operator_NAME(o, t) in libexec/rightlink/operator,
 *			which speaks HTTP: `rightlink` checks the command line,
 *			then becomes it
 *	BOTH		command_NAME here, which may call become_operator
 *	COOK, AGENT, ROUTER: `rightlink` becomes that program
 * Examples are lines, two to four. Help, manual and completion come from here.
 */
/* clang-format off */
COMMAND(solo, FOREIGN, COOK, "[CHEF-SOLO OPTIONS]",
	"run recipes once, with chef-solo's options and exit codes",
	"rightlink solo --help lists the options.",
	"rightlink solo -c solo.rb -j node.json\n"
	"rightlink solo -c solo.rb -o 'recipe[nginx]' --why-run\n")
COMMAND(boot, BOOT, HERE, "--bundle DIR",
	"boot this machine from a bundle: run its boot list",
	"The bundle is validated whole before anything is run. The instance "
	"ends operational, or stranded when something failed; either way it "
	"takes operational runs, and the next boot starts anew.",
	"rightlink boot --bundle /srv/shop\n"
	"rightlink boot -b shop --input PORT=8080 --input PASSWORD=@/etc/pw\n"
	"rightlink boot -b shop --why-run\n")
COMMAND(run, RUN, BOTH, "RECIPE|SCRIPT... [--tag TAG...] [--id NODE...]",
	"run executables of the bundle now, here or on nodes",
	"Without --tag, --id or --deployment: on this machine; only what its "
	"bundle lists under operational or boot can be run. With them: one "
	"recipe or script on those nodes, by way of the router. Whom it will "
	"meet is resolved once, shown and signed; above 10 nodes a person is "
	"asked. A line for each node tells how it ended, then the output, "
	"identical output once. Ctrl-C lets it go on or cancels it.",
	"rightlink run shop::deploy\n"
	"rightlink run 'script[rotate logs]' --param DAYS=7\n"
	"rightlink run shop::deploy --tag app:role=web --batch 1,10%,100%\n"
	"rightlink run 'script[uptime]' --id web-1 --id web-2 --follow\n")
COMMAND(cancel, CANCEL, OPERATOR, "COMMAND|RUN",
	"end a command on every node",
	"What has not begun never will; what runs is told to stop.",
	"rightlink cancel 01J8Q3Z5V6W7X8Y9Z0A1B2C3D4\n")
COMMAND(shutdown, POWER, BOTH, "reboot|stop|terminate [--tag TAG...] [--id NODE...]",
	"reboot or stop this machine or nodes, after the run in progress",
	"Of this machine the agent is asked. terminate means stop for good: "
	"the decommission list runs before.",
	"rightlink shutdown reboot --id web-1\n"
	"rightlink shutdown stop --tag app:role=web --yes\n"
	"rightlink shutdown reboot\n")
COMMAND(decommission, POWER, BOTH, "[reboot|stop|terminate] [--tag TAG...] [--id NODE...]",
	"run the decommission list of this machine or of nodes",
	"Nothing else is run on them afterwards. With a word the machine goes "
	"down after it.",
	"rightlink decommission --id web-1\n"
	"rightlink decommission terminate --tag app:role=old --yes\n")
COMMAND(ping, PING, OPERATOR, "NODE...",
	"ask agents whether they are there",
	"A question that is not stored; it fails at once for a node that is "
	"not online.",
	"rightlink ping web-1\n"
	"rightlink ping web-1 web-2 --output jsonl\n")
COMMAND(events, EVENTS, OPERATOR, "",
	"what happens at the router, as it happens",
	"Without --follow: what is kept of the last 7 days. Of jsonl each line "
	"is one event.",
	"rightlink events\n"
	"rightlink events -f --kind delivery --kind instance\n")
COMMAND(tag, TAG, BOTH, "[list|add|set|remove|query] [TAG...]",
	"tags of this instance or a node, and who carries tags",
	"A tag is namespace:predicate=value or a plain word. set takes away "
	"other values of the same namespace:predicate; remove and query take "
	"namespace:predicate=* for any value. Without --node the tags are this "
	"machine's; query asks the router when there is a context.",
	"rightlink tag add app:role=web\n"
	"rightlink tag query 'app:role=*'\n"
	"rightlink tag query --match all app:role=web app:ready=true\n"
	"rightlink tag add --node web-1 app:drain=true --ttl 15m\n")
COMMAND(nodes, NODES, OPERATOR, "[list|show|tag|rename|bundle|revoke|admit|forget] [NODE...]",
	"who is at the router, and one of them",
	"A NODE is an id or a name. show prints one whole; tag is rightlink tag "
	"--node; bundle gives it another bundle at its next boot; revoke "
	"refuses its key, admit takes it again; forget ends all that is open "
	"there and removes it.",
	"rightlink nodes\n"
	"rightlink nodes --tag app:role=web --presence online\n"
	"rightlink nodes show web-1\n"
	"rightlink nodes tag web-1 set app:role=db\n")
COMMAND(runs, RUNS_LIST, BOTH, "[list|show|commands] [RUN|COMMAND]",
	"runs of the fleet or of this machine, newest first",
	"With a context the runs are the fleet's, unless --local is given; show "
	"prints one, or a command with its state on each node; commands lists "
	"those.",
	"rightlink runs -n 5\n"
	"rightlink runs --node web-1 --status failed\n"
	"rightlink runs show 01J8Q3\n"
	"rightlink runs --local --output json\n")
COMMAND(audit, AUDIT, HERE, "[RUN]",
	"what a run did, as text or as events",
	"RUN is the beginning of a run's id; without it the newest run. text "
	"is the audit, jsonl the events, json the result.",
	"rightlink audit\n"
	"rightlink audit 01J8 --output jsonl\n")
COMMAND(logs, LOGS, BOTH, "[RUN|COMMAND]",
	"output of runs, also while they run",
	"RUN is a run's id or its beginning; without one the newest run. With a "
	"context the run is one of the fleet, unless --local is given, and a "
	"COMMAND stands for its runs on all nodes. What was printed is not "
	"asked for again when the router restarts meanwhile.",
	"rightlink logs\n"
	"rightlink logs -f 01J8Q3\n"
	"rightlink logs --node web-1 --events\n"
	"rightlink logs --local\n")
COMMAND(doctor, DOCTOR, OPERATOR, "",
	"what stands between this machine and its router",
	"Looks at the disk, the agent, the name, the way and the certificate of "
	"the router, its clock, the operator's token and key; of each it says "
	"PASS, WARN or FAIL, and what to do. The router is that of the context, "
	"else the one that this machine has joined.",
	"rightlink doctor\n"
	"rightlink doctor --output json\n"
	"rightlink doctor --router https://router.example:8443\n")
COMMAND(context, CONTEXT, OPERATOR, "[show]",
	"which router this person speaks to, and as whom",
	"The context file is $RIGHTLINK_CONTEXT, else "
	"~/.config/rightlink/context.json, else /etc/rightlink/context.json: "
	"{\"router\": URL, \"ca\": FILE, \"token\": TEXT, \"key\": FILE}, with "
	"paths relative to it. rightlink router init writes the first one.",
	"rightlink context show\n"
	"rightlink context show --output json\n")
COMMAND(join, JOIN, OPERATOR, "ROUTER --token TOKEN",
	"make this machine a node of a router",
	"Makes a key, checks that ROUTER (HOST[:PORT] or its URL) is the one "
	"that the token names, enrols, and keeps what the agent needs below the "
	"state directory. It may be repeated: the same key gets the same id. "
	"rightlink router token makes tokens.",
	"rightlink join router.example:8443 --token @/run/join-token\n"
	"rightlink join router.example:8443 --token - --name web-1 -t app:role=web\n")
COMMAND(agent, FOREIGN, AGENT, "[--config FILE] [--KEY VALUE...]",
	"the agent of this machine, in the foreground",
	"Keeps the channel to the router, runs what it grants, and what this "
	"machine asks of itself. The service rightlink-agent starts it; "
	"rightlink agent --help lists its settings.",
	"rightlink agent\n"
	"rightlink agent --log-level debug --bundle /srv/shop\n")
COMMAND(config, CONFIG, HERE, "[show] | input NAME=VALUE... | forget NAME...",
	"the agent's settings as they are in force, and this machine's inputs",
	"A setting is key = value in /etc/rightlink/rightlink.conf or, stronger, "
	"rightlink.conf.d/NAME.conf, RIGHTLINK_KEY in the environment, --key of "
	"rightlink agent. rightlink agent --help lists them. input sets values of "
	"the bundle's inputs on this machine, for every run from now on; "
	"NAME=@FILE names a file that holds a credential; forget takes them "
	"away. A boot that waits for one goes on.",
	"rightlink config show\n"
	"rightlink config show --origin\n"
	"rightlink config show --output json\n"
	"rightlink config input shop/port=8080 DB_PASSWORD=@/root/db\n")
COMMAND(router, FOREIGN, ROUTER, "init|run|renew|token|operator|backup",
	"the router that many agents meet at",
	"rightlink router help lists its commands; rightlink-router(8) has all "
	"of it.",
	"rightlink router init --name router.example.com\n"
	"rightlink router run\n"
	"rightlink router help token\n")
COMMAND(bundle, BUNDLE, BOTH, "init|build|sign|verify|push|diff|list ...",
	"make bundles, sign them, serve them from the router",
	"init NAME: a small one that boots. build DIR: one archive with all that "
	"the bundle needs; the same content gives the same bytes. sign FILE: "
	"FILE.sig, for the push. verify FILE: archive and FILE.sig. push "
	"DIR|FILE: build and sign if need be, send, serve from now on. diff A "
	"B: files, inputs and lists of two directories or archives. list: what "
	"the router serves.",
	"rightlink bundle init shop\n"
	"rightlink bundle push shop\n"
	"rightlink bundle build shop -f shop.tar.zst\n"
	"rightlink bundle diff shop-1.tar.zst shop\n")
COMMAND(lint, LINT, HERE, "[COOKBOOK|COOKBOOK-PATH...]",
	"find mistakes in cookbooks without running them",
	"Prints file:line: level: rule: message. A directory of cookbooks is "
	"taken whole; without one the working directory counts. Fails when "
	"there is a finding of level error. A comment lint: ignore RULE "
	"silences a line. docs/lint.md has the rules.",
	"rightlink lint cookbooks\n"
	"rightlink lint cookbooks/web cookbooks/db\n"
	"rightlink lint --output json cookbooks\n")
COMMAND(explain, EXPLAIN, HERE, "attribute PATH...|resource NAME...",
	"where an attribute or a resource comes from",
	"Compiles the recipes of a solo configuration and does not converge. "
	"Of an attribute: each level that sets it, with file and line; * wins, "
	"+ is merged. Of a resource: who declared it, and its notifications.",
	"rightlink explain attribute nginx.port -c solo.rb -j node.json\n"
	"rightlink explain resource 'service[nginx]' -c solo.rb -j node.json\n")
COMMAND(ohai, OHAI, HERE, "[ATTRIBUTE...]",
	"facts about this machine, as JSON",
	"Without attributes: all of them. An attribute below another is named "
	"with slashes. What is printed is what recipes find in node.",
	"rightlink ohai platform platform_version\n"
	"rightlink ohai memory/total\n"
	"rightlink ohai --directory /etc/ohai/plugins\n")
COMMAND(version, OTHER, HERE, "",
	"the program's version", NULL,
	"rightlink version --output json\n")
COMMAND(completion, OTHER, HERE, "[bash|zsh|fish]",
	"completion for a shell, on standard output", NULL,
	"rightlink completion bash > /etc/bash_completion.d/rightlink\n"
	"rightlink completion zsh > ~/.zsh/completions/_rightlink\n"
	"rightlink completion fish > ~/.config/fish/completions/rightlink.fish\n")
COMMAND(manual, OTHER, HERE, "[COMMAND]",
	"a manual page's source (scdoc), on standard output", NULL,
	"rightlink manual | scdoc > rightlink.1\n"
	"rightlink manual run | scdoc > rightlink-run.1\n")
COMMAND(help, OTHER, HERE, "[COMMAND]",
	"what a command does", NULL,
	"rightlink help boot\n")
