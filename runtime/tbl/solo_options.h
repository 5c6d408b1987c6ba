/* SPDX-License-Identifier: MIT */
/*
 * The chef-solo command line (CORE 1.1), one row per option:
 *
 *	OPTION(short, long, argument, key, fallback, help)
 *
 * short or argument NULL: none. A long word that starts with "[no-]" has a
 * negative form. fallback is a Ruby literal; NULL: the key is left alone
 * when the option is not given. --help lists the rows as they stand here.
 */
/* clang-format off */

OPTION("c", "config", "FILE", "config_file", NULL,
	"settings: a file or URL, else /etc/chef/solo.rb")
OPTION(NULL, "[no-]color", NULL, "color", NULL,
	"colored output; else on a terminal only")
OPTION("d", "daemonize", NULL, "daemonize", NULL,
	"run in the background, every 30 minutes unless --interval is given")
OPTION("E", "environment", "NAME", "environment", NULL,
	"environment of the node")
OPTION(NULL, "force-formatter", NULL, "force_formatter", NULL,
	"formatter output also when it is not a terminal")
OPTION(NULL, "force-logger", NULL, "force_logger", NULL,
	"log lines instead of formatter output also on a terminal")
OPTION("f", "[no-]fork", NULL, "client_fork", NULL,
	"run in a process of its own; else yes")
OPTION("F", "format", "NAME", "formatters", NULL,
	"formatter: doc, min or null; may be given several times")
OPTION("g", "group", "GROUP", "group", NULL,
	"group to run as")
OPTION("i", "interval", "SECONDS", "interval", NULL,
	"run again and again, so long after each end")
OPTION("j", "json-attributes", "FILE", "json_attribs", NULL,
	"node attributes and run list: a JSON file or URL")
OPTION("l", "log_level", "LEVEL", "log_level", NULL,
	"auto, debug, info, warn, error or fatal")
OPTION("L", "logfile", "FILE", "log_location", NULL,
	"log file, else standard output")
OPTION("N", "node-name", "NAME", "node_name", NULL,
	"name of the node, else its fqdn")
OPTION("o", "override-runlist", "ITEMS", "override_runlist", NULL,
	"this run list instead of the node's: item,item")
OPTION("r", "recipe-url", "URL", "recipe_url", NULL,
	"fetch and unpack a gzip tarball of cookbooks first")
OPTION(NULL, "run-lock-timeout", "SECONDS", "run_lock_timeout", NULL,
	"how long to wait for another run to end, else for ever")
OPTION("s", "splay", "SECONDS", "splay", NULL,
	"wait a random time up to this before each run")
OPTION("u", "user", "USER", "user", NULL,
	"user to run as")
OPTION("v", "version", NULL, "version", NULL,
	"print the version and end")
OPTION("W", "why-run", NULL, "why_run", NULL,
	"say what would be done, change nothing")
OPTION("h", "help", NULL, "help", NULL,
	"print this and end")
