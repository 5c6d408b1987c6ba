/* SPDX-License-Identifier: MIT */
/*
 * The tables of core.db and audit.db, as steps that are only ever added to.
 * docs/router.md explains them.
 */
#include "router/store_priv.h"

/* Times are ms since 1970, ids text, states the numbers of
 * wire/tbl/deliveries.h. seq and rev come from one counter, meta.tick. */
static const char *const core_steps[] = {
	"CREATE TABLE meta (key TEXT PRIMARY KEY, value INTEGER NOT NULL)"
	" WITHOUT ROWID;"
	"INSERT INTO meta VALUES ('tick', 0);"

	"CREATE TABLE instance (id TEXT PRIMARY KEY, name TEXT NOT NULL,"
	" deployment TEXT NOT NULL, public_key TEXT NOT NULL UNIQUE,"
	" state TEXT NOT NULL, bundle TEXT, version TEXT,"
	" created INTEGER NOT NULL, last_seen INTEGER NOT NULL,"
	" revoked_at INTEGER NOT NULL DEFAULT 0,"
	" cloned_at INTEGER NOT NULL DEFAULT 0,"
	" tag_version INTEGER NOT NULL DEFAULT 0, facts TEXT) WITHOUT ROWID;"
	"CREATE INDEX instance_name ON instance (name, id);"

	"CREATE TABLE enroll_token (id TEXT PRIMARY KEY,"
	" sha256 TEXT NOT NULL UNIQUE, deployment TEXT NOT NULL, bundle TEXT,"
	" uses_left INTEGER NOT NULL, expires_at INTEGER NOT NULL,"
	" created INTEGER NOT NULL) WITHOUT ROWID;"

	"CREATE TABLE operator (name TEXT PRIMARY KEY,"
	" sha256 TEXT NOT NULL UNIQUE, scopes TEXT NOT NULL,"
	" created INTEGER NOT NULL, expires_at INTEGER NOT NULL)"
	" WITHOUT ROWID;"

	/* A raw tag has ns and pred empty. ttl: its lease, or NULL. */
	"CREATE TABLE tag (ns TEXT NOT NULL, pred TEXT NOT NULL,"
	" val TEXT NOT NULL, id TEXT NOT NULL, ttl INTEGER,"
	" PRIMARY KEY (ns, pred, val, id)) WITHOUT ROWID;"
	"CREATE INDEX tag_by_id ON tag (id, ns, pred, val);"
	"CREATE INDEX tag_leased ON tag (id, ttl) WHERE ttl IS NOT NULL;"

	/* open: deliveries that are not terminal, and one more while it waits
	 * for a match. due: not_after until the sweep was here. deployment: of
	 * the issuer, NULL for operators. */
	"CREATE TABLE command (cid TEXT PRIMARY KEY, seq INTEGER NOT NULL,"
	" kind TEXT NOT NULL, name TEXT, issuer TEXT NOT NULL,"
	" deployment TEXT, payload_sha256 TEXT NOT NULL,"
	" created INTEGER NOT NULL, not_after INTEGER NOT NULL, due INTEGER,"
	" cancelled_at INTEGER NOT NULL DEFAULT 0, rev INTEGER NOT NULL,"
	" open INTEGER NOT NULL, ended_at INTEGER NOT NULL DEFAULT 0)"
	" WITHOUT ROWID;"
	"CREATE UNIQUE INDEX command_seq ON command (seq);"
	"CREATE INDEX command_due ON command (due) WHERE due IS NOT NULL;"
	"CREATE INDEX command_open ON command (cid) WHERE open > 0;"
	"CREATE INDEX command_ended ON command (ended_at) WHERE open = 0;"
	/* Apart, so that a change of the row above is a small one. */
	"CREATE TABLE envelope (seq INTEGER PRIMARY KEY, text TEXT NOT NULL);"

	"CREATE TABLE delivery (cid TEXT NOT NULL, id TEXT NOT NULL,"
	" seq INTEGER NOT NULL, state INTEGER NOT NULL,"
	" stop INTEGER NOT NULL DEFAULT 0, ended_at INTEGER NOT NULL DEFAULT 0,"
	" run_id TEXT, reason TEXT, updated INTEGER, elapsed_ms INTEGER,"
	" exit_status INTEGER, PRIMARY KEY (cid, id)) WITHOUT ROWID;"
	"CREATE INDEX delivery_open ON delivery (id, seq) WHERE state < 10;"

	/* Commands for any one instance that nobody was granted yet; id: who
	 * has it, NULL: nobody matches. */
	"CREATE TABLE binding (cid TEXT PRIMARY KEY, id TEXT,"
	" at INTEGER NOT NULL) WITHOUT ROWID;"
	"CREATE INDEX binding_at ON binding (at);"

	"CREATE TABLE bundle (name TEXT NOT NULL, serial INTEGER NOT NULL,"
	" version TEXT, sha256 TEXT NOT NULL, bytes INTEGER NOT NULL,"
	" envelope TEXT NOT NULL, pushed_at INTEGER NOT NULL,"
	" PRIMARY KEY (name, serial)) WITHOUT ROWID;"
	"CREATE TABLE artefact (sha256 TEXT PRIMARY KEY,"
	" bytes INTEGER NOT NULL, at INTEGER NOT NULL) WITHOUT ROWID;"

	"CREATE TABLE event (seq INTEGER PRIMARY KEY, at INTEGER NOT NULL,"
	" kind TEXT NOT NULL, ref TEXT NOT NULL, what TEXT NOT NULL);",
};
const struct db_schema store_core_schema = { core_steps,
	ARRAY_LEN(core_steps) };

/* part: enum store_part. */
static const char *const audit_steps[] = {
	"CREATE TABLE audit (aid TEXT PRIMARY KEY, id TEXT NOT NULL, cid TEXT,"
	" kind TEXT NOT NULL, summary TEXT NOT NULL, status TEXT NOT NULL,"
	" reason TEXT, started_at INTEGER NOT NULL,"
	" ended_at INTEGER NOT NULL, updated INTEGER,"
	" text_bytes INTEGER NOT NULL DEFAULT 0,"
	" events_bytes INTEGER NOT NULL DEFAULT 0,"
	" closed INTEGER NOT NULL DEFAULT 0) WITHOUT ROWID;"
	"CREATE INDEX audit_started ON audit (started_at, aid);"
	"CREATE INDEX audit_id ON audit (id, started_at, aid);"
	"CREATE INDEX audit_cid ON audit (cid, started_at, aid)"
	" WHERE cid IS NOT NULL;"
	"CREATE TABLE chunk (aid TEXT NOT NULL, part INTEGER NOT NULL,"
	" offset INTEGER NOT NULL, bytes BLOB NOT NULL);"
	"CREATE UNIQUE INDEX chunk_at ON chunk (aid, part, offset);",
};
const struct db_schema store_audit_schema = { audit_steps,
	ARRAY_LEN(audit_steps) };
