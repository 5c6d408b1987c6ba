/* SPDX-License-Identifier: MIT */
/*
 * Commands of `rightlink router`: COMMAND(name, BIT, "arguments", "one line",
 * "more", "examples"), as in runner/tbl/commands.h. Help and the manual page
 * rightlink-router(8) come from here.
 */
/* clang-format off */
COMMAND(init, INIT, "--name HOST",
	"make a router in a directory of its own",
	"Makes the root key, the router's keys, a certificate authority and a "
	"server certificate, the store, the first operator (a context "
	"directory) and a token with which machines join, and prints what to do "
	"next. The directory must be absent or empty.",
	"rightlink router init --name router.example.com\n"
	"rightlink router init --data ./r --name localhost --listen 127.0.0.1:0\n")
COMMAND(run, RUN, "",
	"serve, in the foreground",
	"Logs on standard error. TERM and INT end it in order: parked polls are "
	"told to come back, what is under way is finished. HUP reads the "
	"certificate, the trust bundle and the log level again.",
	"rightlink router run\n"
	"rightlink router run --data ./r --log-level debug\n")
COMMAND(renew, RENEW, "[--also NAME]...",
	"make a new server certificate",
	"By the same certificate authority, so machines notice nothing. A "
	"running router takes it at once.",
	"rightlink router renew\n"
	"rightlink router renew --also router.internal --also 10.1.2.3\n")
COMMAND(token, TOKEN, "create|list|drop [NAME]",
	"tokens with which machines join or operators call",
	"create makes a token for machines; with --operator NAME one for the "
	"API, which replaces the one that NAME had. A token is shown once. drop "
	"takes the id of a machines' token or the name of an operator's.",
	"rightlink router token create --uses 20 --ttl 2h --deployment shop\n"
	"rightlink router token create --operator ci --scopes read,run\n"
	"rightlink router token list\n"
	"rightlink router token drop ci\n")
COMMAND(operator, OPERATOR, "add|revoke|list [NAME]",
	"who may sign commands and bundles",
	"add makes a key and an API token in a context directory (--out), or "
	"takes the public key of somebody who has one (--public-key); revoke "
	"ends key and token. Both make a new version of the trust bundle, for "
	"which the root key is needed (DIR/root/key.pem, or --root-key).",
	"rightlink router operator add alice --out ./alice\n"
	"rightlink router operator add ci --scopes run --public-key ci.pub\n"
	"rightlink router operator revoke alice\n")
COMMAND(backup, BACKUP, "FILE",
	"write all of the router to a tar archive while it runs",
	"Store, keys, certificates, trust bundle and files, mode 0600. To restore, "
	"unpack it in an empty directory.",
	"rightlink router backup /backup/router.tar\n"
	"rightlink router backup --without-root /backup/router.tar\n")
COMMAND(manual, OTHER, "",
	"the manual page's source (scdoc), on standard output", NULL,
	"rightlink router manual | scdoc > rightlink-router.8\n")
COMMAND(help, OTHER, "[COMMAND]",
	"what a command does", NULL,
	"rightlink router help init\n")
