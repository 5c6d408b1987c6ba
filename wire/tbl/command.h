/* SPDX-License-Identifier: MIT */
/* Signed payloads: SHAPE(name, prose, fields), as in wire/tbl/frames.h. */
/* clang-format off */

SHAPE(command, "what a signed command says",
	F(cid, STRING, NEED, "ULID made by the submitter; a retry carries the same")
	E(kind, "recipe|script|boot|decommission|shutdown", NEED, "what is to be done")
	F(name, STRING, MAY, "recipe or script of the receiver's bundle")
	F(attributes, OBJECT, MAY, "merged into the node's attributes")
	F(parameters, OBJECT, MAY, "inputs of a script: name to string")
	F(ids, STRINGS, MAY, "these instances; this or tags")
	F(tags, STRINGS, MAY, "instances that carry these tags")
	E(match, "any|all", MAY, "one tag is enough, or all are needed (default)")
	E(selector, "all|any", MAY, "all of them (default) or any one")
	F(deployment, STRING, MAY, "only in this deployment")
	F(online_only, BOOL, MAY, "leave out instances that are not online")
	F(require_match, BOOL, MAY, "refuse when nobody matches")
	F(thread, STRING, MAY, "queue on the receiver: [a-z][a-z0-9_]*, else default")
	F(timeout_ms, INT, MAY, "time limit of the run; else the bundle's")
	F(why_run, BOOL, MAY, "say what would be done, change nothing")
	E(on_interrupt, "report|rerun", MAY, "a run that was cut short is reported (default) or run again")
	F(attempts, INT, MAY, "rerun: at most so many executions, 1 to 10, else 3")
	E(shutdown, "reboot|stop|terminate", MAY, "kind shutdown, and after decommission")
	F(hops, INT, MAY, "requests that led to this one, at most 8")
	F(issued_at, INT, NEED, "ms since 1970")
	F(not_after, INT, NEED, "not granted after this; at most 30 days ahead"))

SHAPE(manifest, "what a signed bundle says",
	F(name, STRING, NEED, "name of the bundle")
	F(version, STRING, MAY, "its version, for people")
	F(serial, INT, NEED, "must rise; ms since 1970 at the signing serves well")
	F(sha256, STRING, NEED, "digest of the archive")
	F(bytes, INT, NEED, "size of the archive")
	F(files, INT, NEED, "entries of the archive")
	F(issued_at, INT, NEED, "ms since 1970"))

SHAPE(trust_operator, "an operator's key",
	F(kid, STRING, NEED, "id of the key")
	F(name, STRING, NEED, "who it is; at most 127 bytes")
	F(public_key, STRING, NEED, "32 bytes in base64")
	F(scopes, STRINGS, NEED, "what it may sign: run, bundle")
	F(not_after, INT, NEED, "ms since 1970"))
SHAPE(trust, "what a trust bundle says",
	F(version, INT, NEED, "rises with each change, from 1")
	F(issued_at, INT, NEED, "ms since 1970")
	F(root, STRING, NEED, "the root's public key, which signs this")
	F(authority, STRING, NEED, "the key that certifies instances")
	L(operators, trust_operator, NEED, "keys of operators")
	F(revoked, STRINGS, NEED, "ids of keys that are not believed any more"))
