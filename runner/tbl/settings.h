/* SPDX-License-Identifier: MIT */
/*
 * Settings of the agent: SETTING(key, KIND, "default", "argument", min, max,
 * prose). A person writes them as "key = value" in rightlink.conf, as
 * RIGHTLINK_KEY=value in the environment, as --key value (with dashes) to
 * `rightlink agent`. KIND: TEXT (argument names it; default NULL: not set),
 * WORDS ("a|b"), NUMBER, SECONDS (90, 90s, 15m, 2h, 7d), BYTES (100, 64K,
 * 256M, 1G). The parser, `rightlink config show` and the manual come from
 * here.
 */
/* clang-format off */
SETTING(require_signature, WORDS, "all", "all|bundles|off", 0, 0, "what must carry a good signature: commands and bundles, bundles alone, nothing. Less than all lets whoever holds the router run anything here")
SETTING(node_name, TEXT, NULL, "NAME", 0, 0, "node.name of recipes; else the host name")
SETTING(bundle, TEXT, NULL, "DIR", 0, 0, "boot from this bundle directory instead of the router's bundle")
SETTING(inputs, TEXT, NULL, "FILE", 0, 0, "values of inputs, a YAML map")
SETTING(log_level, WORDS, "info", "error|warn|info|debug", 0, 0, "how much the agent logs")
SETTING(log_form, WORDS, "text", "text|json", 0, 0, "form of its log lines")
SETTING(proxy, TEXT, NULL, "URL", 0, 0, "HTTP proxy towards the router, empty: none; else from the environment")
SETTING(poll_hold, SECONDS, "0", "TIME", 0, 55, "how long the router may keep a poll that has no answer; 0: the router's choice")
SETTING(reconverge_interval, SECONDS, "0", "TIME", 0, 31536000, "run the boot list again so often; 0: never")
SETTING(reconverge_splay, SECONDS, "0", "TIME", 0, 86400, "and a random part of this later")
SETTING(missing_inputs_timeout, SECONDS, "45m", "TIME", 1, 604800, "a boot that lacks values of inputs waits so long for them, then the instance is stranded")
SETTING(decommission_timeout, SECONDS, "3m", "TIME", 1, 86400, "limit of the decommission list; the shutdown follows in any case")
SETTING(audit, WORDS, "full", "full|summary|off", 0, 0, "what of a run goes to the router: its output as it comes, its end alone, nothing")
SETTING(audit_spool_max, BYTES, "256M", "SIZE", 1048576, 1099511627776, "audits that wait for the router take at most so much disk; the oldest go first")
SETTING(audit_spool_keep, SECONDS, "7d", "TIME", 60, 31536000, "and wait at most so long")
SETTING(runs_keep, NUMBER, "200", "COUNT", 10, 100000, "directories of runs that are kept on this machine")
SETTING(os_reboot, TEXT, NULL, "COMMAND", 0, 0, "shell command that reboots the machine; else systemctl reboot")
SETTING(os_stop, TEXT, NULL, "COMMAND", 0, 0, "shell command that stops the machine; else systemctl poweroff")
SETTING(os_terminate, TEXT, NULL, "COMMAND", 0, 0, "shell command that ends the machine for good; else systemctl poweroff")
SETTING(os_is_stopping, TEXT, NULL, "COMMAND", 0, 0, "shell command that ends with status 0 while the machine goes down: the decommission list then runs before the agent ends; else systemctl is-system-running is asked")
