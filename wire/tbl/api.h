/* SPDX-License-Identifier: MIT */
/*
 * The router's HTTP API, version 1 (one row a route):
 *
 *	ROUTE(name, METHOD, "path", AUTH, "scope", IN, OUT, prose,
 *	    query fields, request fields, reply fields)
 *
 * {x} in a path is one segment, given to the handler. AUTH: NONE; INSTANCE
 * (an access token of route `token`); OPERATOR (an operator's token with the
 * scope); ANY (either of them). IN: NONE, JSON, BYTES. OUT: JSON, BYTES,
 * TEXT, EVENTS (text/event-stream). Query fields are checked as text; INT
 * ones must be decimal. F, E, L, SHAPE as in wire/tbl/frames.h.
 *
 * Failures of every route are {"error":{"code","message","hint"?}} with the
 * status; times are ms since 1970; ids are ULIDs. Every call that changes
 * something carries its own id and may be repeated. No 2xx before the commit.
 */
/* clang-format off */

SHAPE(api_signature, "one signature of an envelope",
	F(kid, STRING, NEED, "key id: first 32 hex digits of the SHA-256 of the public key")
	F(alg, STRING, NEED, "ed25519")
	F(sig, STRING, NEED, "64 bytes in base64")
	F(certificate, STRING, MAY, "JWS of the router's authority that vouches for an instance's key"))
SHAPE(api_offer, "a command that waits for this instance",
	F(cid, STRING, NEED, "command id")
	F(seq, INT, NEED, "order of acceptance")
	F(envelope, OBJECT, NEED, "signed command: payload, sigs"))
SHAPE(api_drop, "a command that this instance must forget",
	F(cid, STRING, NEED, "command id")
	F(state, STRING, NEED, "its terminal state here, or unknown")
	F(reason, STRING, MAY, "one line"))
SHAPE(api_state, "a granted command that has begun",
	F(cid, STRING, NEED, "command id")
	E(state, "running", NEED, "the state")
	F(run_id, STRING, MAY, "the run's ULID, also the audit's"))
SHAPE(api_result, "how a command ended on this instance",
	F(cid, STRING, NEED, "command id")
	E(state, "ok|failed|interrupted|rejected", NEED, "terminal state")
	F(run_id, STRING, MAY, "the run's ULID")
	F(reason, STRING, MAY, "what failed, one line")
	F(updated, INT, MAY, "resources that changed the machine")
	F(elapsed_ms, INT, MAY, "wall clock of the run")
	F(exit_status, INT, MAY, "as the command line would have ended"))
SHAPE(api_live_request, "a short question to an instance that is online, not stored",
	F(rid, STRING, NEED, "request id")
	E(type, "ping|state|log_level|tags", NEED, "what is asked")
	F(body, OBJECT, MAY, "members of the type"))
SHAPE(api_live_reply, "its answer",
	F(rid, STRING, NEED, "request id")
	F(body, OBJECT, NEED, "the answer"))
SHAPE(api_delivery, "one command on one instance",
	F(id, STRING, NEED, "instance id")
	F(name, STRING, NEED, "instance name")
	F(state, STRING, NEED, "wire/tbl/deliveries.h")
	F(seq, INT, NEED, "order on the instance")
	F(run_id, STRING, MAY, "the run, also the audit")
	F(reason, STRING, MAY, "what failed, one line")
	F(updated, INT, MAY, "resources that changed the machine")
	F(elapsed_ms, INT, MAY, "duration of the run")
	F(exit_status, INT, MAY, "as the command line would have ended")
	F(ended_at, INT, MAY, "when it became terminal"))
SHAPE(api_instance, "a node",
	F(id, STRING, NEED, "instance id")
	F(name, STRING, NEED, "name, for people")
	F(deployment, STRING, NEED, "deployment")
	F(state, STRING, NEED, "pending, booting, operational, stranded, decommissioning, decommissioned")
	E(presence, "online|stale|offline", NEED, "proved by its polls")
	F(bundle, STRING, MAY, "name of its bundle")
	F(version, STRING, MAY, "version of the agent")
	F(tags, STRINGS, MAY, "its tags, sorted")
	F(facts, OBJECT, MAY, "host facts given at enrolment")
	F(created, INT, NEED, "when it was enrolled")
	F(last_seen, INT, NEED, "newest proof of life")
	F(pending, INT, MAY, "deliveries that are not terminal")
	F(revoked, BOOL, MAY, "its key is refused")
	F(cloned, BOOL, MAY, "two machines used its key at once; nothing is delivered"))
SHAPE(api_audit, "record of one run",
	F(aid, STRING, NEED, "the run's ULID")
	F(id, STRING, NEED, "instance id")
	F(name, STRING, NEED, "instance name")
	F(cid, STRING, MAY, "the command that asked for it")
	F(kind, STRING, NEED, "boot, operational, remote, schedule or decommission")
	F(summary, STRING, NEED, "what was run; at most 255 bytes")
	F(status, STRING, NEED, "running, completed, failed or crashed")
	F(reason, STRING, MAY, "what failed, one line")
	F(started_at, INT, NEED, "when the run began")
	F(ended_at, INT, MAY, "when it ended")
	F(updated, INT, MAY, "resources that changed the machine")
	F(text_bytes, INT, NEED, "length of the readable part so far")
	F(events_bytes, INT, NEED, "length of the events part so far")
	F(closed, BOOL, NEED, "nothing more will come"))
SHAPE(api_command, "a command",
	F(cid, STRING, NEED, "command id")
	F(kind, STRING, NEED, "recipe, script, boot, decommission or shutdown")
	F(name, STRING, MAY, "recipe or script")
	F(issuer, STRING, NEED, "key id of the signer, or instance id")
	F(created, INT, NEED, "when it was accepted")
	F(not_after, INT, NEED, "undelivered after this it expires")
	F(matched, INT, NEED, "deliveries")
	F(counts, OBJECT, NEED, "state to number of deliveries")
	F(done, BOOL, NEED, "every delivery is terminal and none is to come"))
SHAPE(api_bundle, "a bundle as it was pushed",
	F(name, STRING, NEED, "its name")
	F(version, STRING, MAY, "its version, for people")
	F(serial, INT, NEED, "rises with each push; agents refuse to go back")
	F(sha256, STRING, NEED, "digest of the archive")
	F(bytes, INT, NEED, "size of the archive")
	F(pushed_at, INT, NEED, "when it was accepted"))
SHAPE(api_enroll_token, "a token that lets machines join",
	F(id, STRING, NEED, "names it")
	F(deployment, STRING, NEED, "where they join")
	F(bundle, STRING, MAY, "the bundle they get")
	F(uses_left, INT, NEED, "how many may still join")
	F(expires_at, INT, NEED, "when it ends"))

ROUTE(healthz, GET, "/healthz", NONE, "", NONE, TEXT, "is the process alive", , , )
ROUTE(readyz, GET, "/readyz", NONE, "", NONE, TEXT, "can it take work: 503 while it drains, has no disk space or no store", , , )
ROUTE(metrics, GET, "/metrics", NONE, "", NONE, TEXT, "Prometheus text; loopback, or an operator's token with scope read", , , )
ROUTE(openapi, GET, "/v1/openapi.json", NONE, "", NONE, JSON, "this table as an OpenAPI document", , , )

ROUTE(trust, GET, "/v1/trust", NONE, "", NONE, JSON, "certificate authority and signed trust bundle; a joining machine checks both against its token", ,
	,
	F(ca, STRING, NEED, "PEM of the CA that signed the router's certificate")
	F(version, INT, NEED, "of the trust bundle")
	F(trust, OBJECT, NEED, "envelope of the trust bundle, signed by the root"))
ROUTE(enroll_nonce, GET, "/v1/enroll/nonce", NONE, "", NONE, JSON, "a nonce for one enrolment", , ,
	F(nonce, STRING, NEED, "valid for 5 minutes, once"))
ROUTE(enroll, POST, "/v1/enroll", NONE, "", JSON, JSON, "join: 201 new, 200 the same key again, 401 bad token or signature, 409 key bound elsewhere, 410 token spent or expired, 429", ,
	F(token, STRING, NEED, "secret part of the enrolment token")
	F(public_key, STRING, NEED, "32 bytes in base64")
	F(nonce, STRING, NEED, "of enroll_nonce")
	F(signature, STRING, NEED, "64 bytes in base64, over nonce, NUL and token")
	F(name, STRING, MAY, "name, for people; else the id")
	F(tags, STRINGS, MAY, "tags to start with")
	F(facts, OBJECT, MAY, "host facts, at most 16 KiB"),
	F(id, STRING, NEED, "instance id")
	F(account, STRING, NEED, "account")
	F(deployment, STRING, NEED, "deployment")
	F(bundle, STRING, MAY, "name of its bundle")
	F(certificate, STRING, NEED, "JWS by the router's authority for the key"))
ROUTE(token, POST, "/v1/oauth2/token", NONE, "", JSON, JSON, "access token for a signed assertion (client credentials): 401, 403 revoked", ,
	E(grant_type, "client_credentials", NEED, "the only grant")
	F(client_assertion, STRING, NEED, "JWS by the instance's key: iss, aud (host:port of the router), exp at most 60 s ahead, jti"),
	F(access_token, STRING, NEED, "for Authorization: Bearer")
	E(token_type, "Bearer", NEED, "how to use it")
	F(expires_in, INT, NEED, "seconds; renew at half")
	F(router_url, STRING, NEED, "where to poll")
	F(api_url, STRING, NEED, "the same, RightLink 6's name")
	F(shard_id, INT, NEED, "0")
	F(mode, STRING, NEED, "http"))

ROUTE(poll, POST, "/v1/poll", INSTANCE, "", JSON, JSON, "the one channel of an agent: acks and results go up, offers and grants come down; waits up to hold_ms when there is nothing to say. 409: another session of this key is newer", ,
	F(boot_id, STRING, NEED, "kernel boot id")
	F(session, STRING, NEED, "ULID made when the agent started")
	F(hold_ms, INT, MAY, "how long to wait, 0 to 55000; else the router's choice")
	F(received, STRINGS, MAY, "journaled offers: a grant is asked for")
	L(states, api_state, MAY, "granted commands that began")
	L(results, api_result, MAY, "ended commands, until acked")
	F(unknown, STRINGS, MAY, "granted or dropped cids that the journal does not have")
	L(replies, api_live_reply, MAY, "answers to requests")
	F(state, STRING, MAY, "state of the instance, when it changed or at the first poll")
	F(version, STRING, MAY, "version of the agent, at the first poll")
	F(tag_version, INT, MAY, "of the tags the agent knows")
	F(trust_version, INT, MAY, "of the trust bundle the agent has")
	F(bundle_serial, INT, MAY, "of the bundle the agent has"),
	L(offers, api_offer, MAY, "new commands, in order; at most 100")
	F(grants, STRINGS, MAY, "cids that may run now, on this instance alone")
	L(drops, api_drop, MAY, "cids that will never be granted")
	F(acks, STRINGS, MAY, "results that are stored: forget them")
	F(cancels, STRINGS, MAY, "granted cids that an operator wants stopped")
	L(requests, api_live_request, MAY, "questions")
	F(hold_ms, INT, NEED, "how long to ask for next time")
	F(tag_version, INT, MAY, "when the agent's is another: fetch tags_self")
	F(trust_version, INT, MAY, "when the agent's is older: fetch trust")
	F(bundle_serial, INT, MAY, "when the agent's is another: fetch bundle_self")
	F(superseded, BOOL, MAY, "a newer poll of the same session took over")
	F(drain, BOOL, MAY, "the router is about to stop: come back after retry_ms")
	F(retry_ms, INT, MAY, "wait before the next poll")
	F(time_ms, INT, NEED, "the router's clock"))

ROUTE(tags_self, GET, "/v1/tags/self", INSTANCE, "", NONE, JSON, "own tags", , ,
	F(version, INT, NEED, "rises with each change")
	F(tags, STRINGS, NEED, "sorted"))
ROUTE(tags_change, PUT, "/v1/tags/self", INSTANCE, "", JSON, JSON, "change own tags; may be repeated. 422 malformed tag", ,
	F(add, STRINGS, MAY, "tags to put on")
	F(remove, STRINGS, MAY, "tags to take off; ns:predicate=* takes all values; done before add")
	F(ttl_ms, INT, MAY, "lease of the added tags: they end so long after the node's last proof of life"),
	F(version, INT, NEED, "rises with each change")
	F(changed, BOOL, NEED, "the set is another one now")
	F(tags, STRINGS, NEED, "sorted"))
ROUTE(tags_query, POST, "/v1/tags/query", ANY, "read", JSON, JSON, "instances that carry tags, of the asker's deployment (an operator: of all); 422 bad wildcard", ,
	F(tags, STRINGS, NEED, "tags; ns:predicate=* matches any value")
	E(match, "any|all", MAY, "one is enough (any, the default) or all are needed")
	F(ids, STRINGS, MAY, "only these instances; with empty tags: their tags")
	F(online_only, BOOL, MAY, "leave out those that are not online")
	F(limit, INT, MAY, "1 to 10000, else 1000")
	F(cursor, STRING, MAY, "next of the answer before"),
	F(instances, OBJECT, NEED, "{id: {\"tags\": [...], \"name\": ...}}")
	F(next, STRING, MAY, "more is there: cursor of the next call"))

ROUTE(command_submit, POST, "/v1/commands", ANY, "run", JSON, JSON, "accept a signed command; its cid makes it repeatable: 201 new, 200 repeat, 409 same cid with another body, 403 policy, 404 no match when required, 422, 507 disk full", ,
	F(payload, STRING, NEED, "the command (wire/command.h) in base64")
	L(sigs, api_signature, NEED, "signatures over it"),
	F(cid, STRING, NEED, "the command's id")
	F(matched, INT, NEED, "deliveries made")
	F(ids, STRINGS, NEED, "their instances; at most 1000 are named")
	F(waiting, BOOL, NEED, "any: no instance matches yet; it is bound to the first that does"))
ROUTE(command_list, GET, "/v1/commands", OPERATOR, "read", NONE, JSON, "newest commands first",
	F(limit, INT, MAY, "1 to 1000, else 100")
	F(cursor, STRING, MAY, "next of the answer before"), ,
	L(commands, api_command, NEED, "newest first")
	F(next, STRING, MAY, "cursor of the next call"))
ROUTE(command_get, GET, "/v1/commands/{cid}", ANY, "read", NONE, JSON, "one command; an instance sees its own", , ,
	F(command, OBJECT, NEED, "shape api_command"))
ROUTE(delivery_list, GET, "/v1/commands/{cid}/deliveries", ANY, "read", NONE, JSON, "where a command stands on each instance; with wait_ms it answers at the next change or when all is done",
	F(limit, INT, MAY, "1 to 10000, else 1000")
	F(cursor, STRING, MAY, "next of the answer before")
	F(after, INT, MAY, "rev of the answer before: wait for a newer one")
	F(wait_ms, INT, MAY, "0 to 55000"), ,
	L(deliveries, api_delivery, NEED, "by instance")
	F(done, BOOL, NEED, "every one is terminal and none is to come")
	F(rev, INT, NEED, "rises with each change of the command")
	F(next, STRING, MAY, "cursor of the next call"))
ROUTE(command_cancel, DELETE, "/v1/commands/{cid}", ANY, "run", NONE, JSON, "cancel: what is not granted never runs; what runs is asked to stop", , ,
	F(cancelled, INT, NEED, "deliveries that will never run")
	F(stopping, INT, NEED, "granted or running: their agents are told to stop")
	F(too_late, INT, NEED, "had ended"))

ROUTE(request_live, POST, "/v1/requests", OPERATOR, "run", JSON, JSON, "short question to one online instance, not stored: 409 offline, 504 no answer", ,
	F(id, STRING, NEED, "instance id")
	E(type, "ping|state|log_level|tags", NEED, "what is asked")
	F(body, OBJECT, MAY, "members of the type")
	F(timeout_ms, INT, MAY, "1 to 30000, else 10000"),
	F(body, OBJECT, NEED, "the answer"))

ROUTE(audit_put, PUT, "/v1/audits/{aid}", INSTANCE, "", JSON, JSON, "begin, update or end the record of a run; may be repeated", ,
	F(cid, STRING, MAY, "the command that asked for it")
	F(kind, STRING, NEED, "boot, operational, remote, schedule or decommission")
	F(summary, STRING, NEED, "what was run; at most 255 bytes")
	F(status, STRING, NEED, "running, completed, failed or crashed")
	F(reason, STRING, MAY, "what failed, one line")
	F(started_at, INT, NEED, "when the run began")
	F(ended_at, INT, MAY, "when it ended")
	F(updated, INT, MAY, "resources that changed the machine")
	F(closed, BOOL, MAY, "all parts were sent; refused with 409 when the lengths differ")
	F(text_bytes, INT, MAY, "with closed: length of the readable part")
	F(events_bytes, INT, MAY, "with closed: length of the events part"),
	F(text_bytes, INT, NEED, "what the router has")
	F(events_bytes, INT, NEED, "what the router has"))
ROUTE(audit_append, POST, "/v1/audits/{aid}/{part}", INSTANCE, "", BYTES, JSON, "append to part text or events at offset; at most 64 KiB. 409 {length}: resume there",
	F(offset, INT, NEED, "length of the part before"), ,
	F(length, INT, NEED, "of the part now"))
ROUTE(audit_list, GET, "/v1/audits", OPERATOR, "read", NONE, JSON, "newest runs first",
	F(id, STRING, MAY, "only of this instance")
	F(cid, STRING, MAY, "only of this command")
	F(status, STRING, MAY, "only in this status")
	F(limit, INT, MAY, "1 to 1000, else 100")
	F(cursor, STRING, MAY, "next of the answer before"), ,
	L(audits, api_audit, NEED, "newest first")
	F(next, STRING, MAY, "cursor of the next call"))
ROUTE(audit_get, GET, "/v1/audits/{aid}", ANY, "read", NONE, JSON, "one run; an instance sees its own and those of its commands", , ,
	F(audit, OBJECT, NEED, "shape api_audit"))
ROUTE(audit_read, GET, "/v1/audits/{aid}/{part}", ANY, "read", NONE, BYTES, "bytes of part text or events from offset, at most 1 MiB; headers X-Length and X-Closed. With wait_ms it waits for more",
	F(offset, INT, MAY, "else 0")
	F(wait_ms, INT, MAY, "0 to 55000"), , )

ROUTE(bundle_self, GET, "/v1/bundles/self", INSTANCE, "", NONE, JSON, "the bundle of this instance: 404 none, 304 by ETag", , ,
	F(serial, INT, NEED, "of the push")
	F(envelope, OBJECT, NEED, "signed manifest: payload, sigs"))
ROUTE(bundle_push, PUT, "/v1/bundles/{name}", OPERATOR, "bundle", JSON, JSON, "serve a signed manifest from now on; its archive must be here. 409 the serial does not rise, 422", ,
	F(payload, STRING, NEED, "the manifest (wire/manifest.h) in base64")
	L(sigs, api_signature, NEED, "signatures over it"),
	F(serial, INT, NEED, "of the manifest"))
ROUTE(bundle_list, GET, "/v1/bundles", OPERATOR, "read", NONE, JSON, "the newest of each name", , ,
	L(bundles, api_bundle, NEED, "by name"))
ROUTE(artefact_get, GET, "/v1/artefacts/sha256/{hex}", ANY, "read", NONE, BYTES, "an archive; Range is honoured", , , )
ROUTE(artefact_head, HEAD, "/v1/artefacts/sha256/{hex}", ANY, "read", NONE, BYTES, "is it here", , , )
ROUTE(artefact_put, PUT, "/v1/artefacts/sha256/{hex}", OPERATOR, "bundle", BYTES, JSON, "store an archive, at most 1 GiB: 201, 200 was here, 422 digest differs", , ,
	F(bytes, INT, NEED, "its size"))

ROUTE(instance_list, GET, "/v1/instances", OPERATOR, "read", NONE, JSON, "nodes by name",
	F(deployment, STRING, MAY, "only of this deployment")
	F(presence, STRING, MAY, "only online, stale or offline")
	F(limit, INT, MAY, "1 to 10000, else 1000")
	F(cursor, STRING, MAY, "next of the answer before"), ,
	L(instances, api_instance, NEED, "by name")
	F(next, STRING, MAY, "cursor of the next call"))
ROUTE(instance_get, GET, "/v1/instances/{id}", ANY, "read", NONE, JSON, "one node by id or unique name", , ,
	F(instance, OBJECT, NEED, "shape api_instance"))
ROUTE(instance_put, PUT, "/v1/instances/{id}", OPERATOR, "admin", JSON, JSON, "rename, give another bundle, revoke its key", ,
	F(name, STRING, MAY, "new name")
	F(bundle, STRING, MAY, "name of its bundle from now on")
	F(revoked, BOOL, MAY, "refuse its key (true) or take it again"),
	F(instance, OBJECT, NEED, "shape api_instance"))
ROUTE(instance_delete, DELETE, "/v1/instances/{id}", OPERATOR, "admin", NONE, JSON, "forget a node for good: its open deliveries end as expired or lost", , ,
	F(ended, INT, NEED, "deliveries that ended by this"))
ROUTE(instance_tags, PUT, "/v1/instances/{id}/tags", OPERATOR, "run", JSON, JSON, "change a node's tags", ,
	F(add, STRINGS, MAY, "tags to put on")
	F(remove, STRINGS, MAY, "tags to take off, before add")
	F(ttl_ms, INT, MAY, "lease of the added tags"),
	F(version, INT, NEED, "rises with each change")
	F(changed, BOOL, NEED, "the set is another one now")
	F(tags, STRINGS, NEED, "sorted"))

ROUTE(enroll_token_make, POST, "/v1/enroll-tokens", OPERATOR, "admin", JSON, JSON, "make a token that lets machines join", ,
	F(deployment, STRING, MAY, "else default")
	F(bundle, STRING, MAY, "the bundle they get")
	F(uses, INT, MAY, "1 to 100000, else 1")
	F(ttl_ms, INT, MAY, "else one hour"),
	F(token, STRING, NEED, "the whole token, shown once")
	F(id, STRING, NEED, "names it")
	F(expires_at, INT, NEED, "when it ends"))
ROUTE(enroll_token_list, GET, "/v1/enroll-tokens", OPERATOR, "admin", NONE, JSON, "tokens that still work", , ,
	L(tokens, api_enroll_token, NEED, "newest first"))
ROUTE(enroll_token_drop, DELETE, "/v1/enroll-tokens/{id}", OPERATOR, "admin", NONE, JSON, "end a token", , ,
	F(dropped, BOOL, NEED, "it was there"))

ROUTE(events, GET, "/v1/events", OPERATOR, "read", NONE, EVENTS, "what happens, as it happens: instance, delivery, tag, audit, bundle; Last-Event-ID resumes within 7 days",
	F(kinds, STRING, MAY, "only these, comma-separated"), , )
