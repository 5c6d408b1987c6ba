/* SPDX-License-Identifier: MIT */
/* The tables of journal.db. A step that was released never changes. */
#include "runner/journal_priv.h"

static const char *const steps[] = {
	"CREATE TABLE command("
	" place INTEGER PRIMARY KEY AUTOINCREMENT,"
	" cid TEXT NOT NULL UNIQUE,"
	" state INTEGER NOT NULL," /* enum journal_state */
	" local INTEGER NOT NULL,"
	" thread TEXT NOT NULL,"
	" payload BLOB,"
	" issuer TEXT NOT NULL,"
	" from_instance INTEGER NOT NULL,"
	" attempts INTEGER NOT NULL DEFAULT 0,"
	" attempts_max INTEGER NOT NULL,"
	" suspends INTEGER NOT NULL DEFAULT 0,"
	" suspended_boot TEXT,"
	" issued_at INTEGER NOT NULL," /* 0: never verified */
	" not_after INTEGER NOT NULL,"
	" created_at INTEGER NOT NULL,"
	" ended_at INTEGER,"
	" run_id TEXT,"
	" result TEXT,"
	" reason TEXT,"
	" updated INTEGER NOT NULL DEFAULT 0,"
	" elapsed_ms INTEGER NOT NULL DEFAULT 0,"
	" exit_status INTEGER NOT NULL DEFAULT 0);"
	"CREATE INDEX command_state ON command(state, place);"
	"CREATE TABLE meta(key TEXT PRIMARY KEY, value TEXT NOT NULL)"
	" WITHOUT ROWID;"
	"CREATE TABLE tag(tag TEXT PRIMARY KEY) WITHOUT ROWID;"
	"CREATE TABLE tag_change("
	" place INTEGER PRIMARY KEY AUTOINCREMENT,"
	" op INTEGER NOT NULL," /* enum journal_tag_op */
	" tag TEXT NOT NULL,"
	" ttl_ms INTEGER NOT NULL);",
};

const struct db_schema journal_schema = {
	.steps = steps,
	.len = ARRAY_LEN(steps),
};
