/* SPDX-License-Identifier: MIT */
/* Statements of the store: SQL(name, "text"); tables in store_schema.c. */
/* clang-format off */

/* memory of the writer */
SQL(tick_get, "SELECT value FROM meta WHERE key = 'tick'")
SQL(tick_set, "UPDATE meta SET value = ?1 WHERE key = 'tick'")
SQL(event_last, "SELECT max(seq) FROM event")
SQL(unbound_count, "SELECT count(*) FROM binding WHERE id IS NULL")
SQL(leased_any, "SELECT 1 FROM tag WHERE ttl IS NOT NULL LIMIT 1")
SQL(count_instances, "SELECT count(*) FROM instance")
SQL(count_commands_open, "SELECT count(*) FROM command WHERE open > 0")
SQL(count_deliveries_open, "SELECT count(*) FROM delivery WHERE state < 10")
SQL(count_audits, "SELECT count(*) FROM audit")

/* instances */
#define INSTANCE_COLUMNS "i.id, i.name, i.deployment, i.state, i.public_key, i.bundle, i.version, i.facts, i.created, i.last_seen, i.revoked_at, i.cloned_at, i.tag_version, (SELECT count(*) FROM delivery d WHERE d.id = i.id AND d.state < 10)"
SQL(instance_get, "SELECT " INSTANCE_COLUMNS " FROM instance i WHERE i.id = ?1")
SQL(instance_by_key, "SELECT " INSTANCE_COLUMNS " FROM instance i WHERE i.public_key = ?1")
SQL(instance_by_name, "SELECT " INSTANCE_COLUMNS " FROM instance i WHERE i.name = ?1 ORDER BY i.id LIMIT 2")
SQL(instance_page, "SELECT " INSTANCE_COLUMNS " FROM instance i WHERE (i.name, i.id) > (?1, ?2) ORDER BY i.name, i.id")
SQL(instance_brief, "SELECT name, deployment, revoked_at, cloned_at FROM instance WHERE id = ?1")
SQL(instance_poll, "SELECT state, version FROM instance WHERE id = ?1")
SQL(instance_status, "SELECT tag_version, bundle, revoked_at, cloned_at FROM instance WHERE id = ?1")
SQL(instance_scan, "SELECT id FROM instance WHERE id > ?1 ORDER BY id LIMIT ?2")
SQL(instance_add, "INSERT INTO instance (id, name, deployment, public_key, state, bundle, facts, created, last_seen) VALUES (?1, ?2, ?3, ?4, 'pending', ?5, ?6, ?7, ?7)")
SQL(instance_set, "UPDATE instance SET name = coalesce(?2, name), bundle = coalesce(?3, bundle) WHERE id = ?1")
SQL(instance_set_revoked, "UPDATE instance SET revoked_at = ?2, cloned_at = 0 WHERE id = ?1")
SQL(instance_set_cloned, "UPDATE instance SET cloned_at = ?2 WHERE id = ?1")
SQL(instance_set_seen, "UPDATE instance SET last_seen = ?2 WHERE id = ?1 AND last_seen < ?2")
SQL(instance_set_state, "UPDATE instance SET state = coalesce(?2, state), version = coalesce(?3, version) WHERE id = ?1")
SQL(instance_delete, "DELETE FROM instance WHERE id = ?1")
SQL(instance_recent, "SELECT id, last_seen FROM instance WHERE last_seen >= (SELECT max(last_seen) FROM instance) - ?1")
SQL(instance_of_bundle, "SELECT id FROM instance WHERE bundle = ?1")

/* tokens */
#define TOKEN_COLUMNS "id, deployment, bundle, uses_left, expires_at, created"
SQL(token_get, "SELECT " TOKEN_COLUMNS " FROM enroll_token WHERE sha256 = ?1")
SQL(token_list, "SELECT " TOKEN_COLUMNS " FROM enroll_token WHERE expires_at > ?1 AND uses_left > 0 ORDER BY created DESC, id DESC")
SQL(token_add, "INSERT INTO enroll_token (id, sha256, deployment, bundle, uses_left, expires_at, created) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)")
SQL(token_use, "UPDATE enroll_token SET uses_left = uses_left - 1 WHERE id = ?1")
SQL(token_drop, "DELETE FROM enroll_token WHERE id = ?1")
SQL(token_purge, "DELETE FROM enroll_token WHERE expires_at < ?1")

SQL(operator_get, "SELECT name, scopes, created, expires_at FROM operator WHERE sha256 = ?1")
SQL(operator_list, "SELECT name, scopes, created, expires_at FROM operator ORDER BY name")
SQL(operator_put, "INSERT INTO operator (name, sha256, scopes, created, expires_at) VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT (name) DO UPDATE SET sha256 = ?2, scopes = ?3, created = ?4, expires_at = ?5")
SQL(operator_drop, "DELETE FROM operator WHERE name = ?1")

/* tags */
SQL(tags_of, "SELECT ns, pred, val FROM tag WHERE id = ?1")
SQL(tags_version, "SELECT tag_version FROM instance WHERE id = ?1")
SQL(tag_put, "INSERT INTO tag (ns, pred, val, id, ttl) VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT DO UPDATE SET ttl = ?5 WHERE ttl IS NOT ?5")
SQL(tag_drop, "DELETE FROM tag WHERE ns = ?1 AND pred = ?2 AND val = ?3 AND id = ?4")
SQL(tags_drop, "DELETE FROM tag WHERE id = ?1")
SQL(tags_changed, "UPDATE instance SET tag_version = tag_version + 1 WHERE id = ?1")
SQL(tags_leased, "SELECT t.id, t.ns, t.pred, t.val, t.ttl, i.last_seen FROM tag t JOIN instance i ON i.id = t.id WHERE t.ttl IS NOT NULL ORDER BY t.id")
SQL(tag_has, "SELECT 1 FROM tag WHERE ns = ?1 AND pred = ?2 AND val = ?3 AND id = ?4")
SQL(tag_has_key, "SELECT 1 FROM tag INDEXED BY tag_by_id WHERE id = ?1 AND ns = ?2 AND pred = ?3")
SQL(tag_ids, "SELECT id FROM tag WHERE ns = ?1 AND pred = ?2 AND val = ?3 AND id > ?4 ORDER BY id LIMIT ?5")
SQL(tag_key_ids, "SELECT DISTINCT id FROM tag WHERE ns = ?1 AND pred = ?2 AND id > ?3 ORDER BY id LIMIT ?4")
SQL(tag_count, "SELECT count(*) FROM (SELECT 1 FROM tag WHERE ns = ?1 AND pred = ?2 AND val = ?3 LIMIT ?4)")
SQL(tag_key_count, "SELECT count(*) FROM (SELECT 1 FROM tag WHERE ns = ?1 AND pred = ?2 LIMIT ?3)")

/* commands */
#define COMMAND_COLUMNS "c.cid, c.kind, c.name, c.issuer, c.deployment, c.seq, c.created, c.not_after, c.cancelled_at, c.rev, c.open, (SELECT 1 FROM binding b WHERE b.cid = c.cid AND b.id IS NULL)"
SQL(command_get, "SELECT " COMMAND_COLUMNS " FROM command c WHERE c.cid = ?1")
SQL(command_page, "SELECT " COMMAND_COLUMNS " FROM command c WHERE c.seq < ?1 ORDER BY c.seq DESC LIMIT ?2")
SQL(command_counts, "SELECT state, count(*) FROM delivery WHERE cid = ?1 GROUP BY state")
SQL(command_digest, "SELECT payload_sha256 FROM command WHERE cid = ?1")
SQL(command_rev, "SELECT rev, open FROM command WHERE cid = ?1")
SQL(command_issuer, "SELECT issuer = ?2 OR EXISTS (SELECT 1 FROM delivery d WHERE d.cid = c.cid AND d.id = ?2) FROM command c WHERE c.cid = ?1")
SQL(command_add, "INSERT INTO command (cid, seq, kind, name, issuer, deployment, payload_sha256, created, not_after, due, rev, open, ended_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?2, ?11, ?12)")
SQL(command_touch, "UPDATE command SET rev = ?2, open = open + ?3, due = iif(open + ?3 = 0, NULL, due), ended_at = iif(open + ?3 = 0, ?4, ended_at) WHERE cid = ?1")
SQL(command_set_cancelled, "UPDATE command SET cancelled_at = ?2 WHERE cid = ?1 AND cancelled_at = 0")
SQL(command_set_swept, "UPDATE command SET due = NULL WHERE cid = ?1")
SQL(command_due, "SELECT cid FROM command WHERE due <= ?1 ORDER BY due LIMIT ?2")
SQL(command_next_due, "SELECT min(due) FROM command WHERE due IS NOT NULL")
SQL(command_ended, "SELECT cid, seq FROM command WHERE open = 0 AND ended_at < ?1 AND not_after < ?1 ORDER BY ended_at LIMIT ?2")
SQL(command_delete, "DELETE FROM command WHERE cid = ?1")
SQL(envelope_add, "INSERT INTO envelope (seq, text) VALUES (?1, ?2)")
SQL(envelope_of, "SELECT e.text, c.deployment FROM command c JOIN envelope e ON e.seq = c.seq WHERE c.cid = ?1")
SQL(envelope_delete, "DELETE FROM envelope WHERE seq = ?1")

/* deliveries */
SQL(delivery_add, "INSERT INTO delivery (cid, id, seq, state) VALUES (?1, ?2, ?3, 0)")
SQL(delivery_get, "SELECT d.state, d.stop, c.not_after FROM delivery d JOIN command c ON c.cid = d.cid WHERE d.cid = ?1 AND d.id = ?2")
SQL(delivery_has, "SELECT 1 FROM delivery WHERE cid = ?1 AND id = ?2")
SQL(delivery_move, "UPDATE delivery SET state = ?3, ended_at = ?4, run_id = coalesce(?5, run_id), reason = ?6, updated = ?7, elapsed_ms = ?8, exit_status = ?9 WHERE cid = ?1 AND id = ?2")
SQL(delivery_stop, "UPDATE delivery SET stop = 1 WHERE cid = ?1 AND id = ?2")
SQL(delivery_page, "SELECT d.id, i.name, d.run_id, d.reason, d.state, d.stop, d.seq, d.updated, d.elapsed_ms, d.exit_status, d.ended_at FROM delivery d LEFT JOIN instance i ON i.id = d.id WHERE d.cid = ?1 AND d.id > ?2 ORDER BY d.id LIMIT ?3")
SQL(delivery_ids, "SELECT id, state, stop FROM delivery WHERE cid = ?1")
SQL(delivery_of, "SELECT cid, seq, state, stop FROM delivery WHERE id = ?1 AND state < 10 ORDER BY seq")
SQL(delivery_pending, "SELECT count(*) FROM delivery WHERE id = ?1 AND state < 10")
SQL(delivery_delete, "DELETE FROM delivery WHERE cid = ?1")

SQL(binding_put, "INSERT INTO binding (cid, id, at) VALUES (?1, ?2, ?3) ON CONFLICT (cid) DO UPDATE SET id = ?2, at = ?3")
SQL(binding_drop, "DELETE FROM binding WHERE cid = ?1")
SQL(binding_has, "SELECT id IS NULL FROM binding WHERE cid = ?1")
SQL(binding_page, "SELECT cid, id FROM binding WHERE cid > ?1 AND (id IS NULL OR at <= ?2) ORDER BY cid LIMIT ?3")
SQL(binding_next, "SELECT min(at) FROM binding WHERE id IS NOT NULL AND at > ?1")
SQL(binding_silent, "SELECT 1 FROM binding WHERE id IS NOT NULL AND at <= ?1 LIMIT 1")

/* events */
SQL(event_add, "INSERT INTO event (seq, at, kind, ref, what) VALUES (?1, ?2, ?3, ?4, ?5)")
SQL(event_page, "SELECT seq, at, kind, ref, what FROM event WHERE seq > ?1 ORDER BY seq LIMIT ?2")
SQL(event_purge, "DELETE FROM event WHERE seq IN (SELECT seq FROM event ORDER BY seq LIMIT ?2) AND at < ?1")

/* bundles and artefacts */
#define BUNDLE_COLUMNS "name, version, sha256, envelope, serial, bytes, pushed_at"
SQL(bundle_get, "SELECT " BUNDLE_COLUMNS " FROM bundle WHERE name = ?1 ORDER BY serial DESC LIMIT 1")
SQL(bundle_serial, "SELECT max(serial) FROM bundle WHERE name = ?1")
SQL(bundle_list, "SELECT " BUNDLE_COLUMNS " FROM bundle b WHERE serial = (SELECT max(serial) FROM bundle x WHERE x.name = b.name) ORDER BY name")
SQL(bundle_add, "INSERT INTO bundle (name, version, sha256, envelope, serial, bytes, pushed_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)")
SQL(bundle_trim, "DELETE FROM bundle WHERE name = ?1 AND serial NOT IN (SELECT serial FROM bundle WHERE name = ?1 ORDER BY serial DESC LIMIT ?2)")
SQL(artefact_get, "SELECT bytes FROM artefact WHERE sha256 = ?1")
SQL(artefact_touch, "UPDATE artefact SET at = ?2 WHERE sha256 = ?1")
SQL(artefact_loose, "SELECT sha256 FROM artefact WHERE at < ?1 AND sha256 NOT IN (SELECT sha256 FROM bundle) LIMIT 100")
SQL(artefact_drop, "DELETE FROM artefact WHERE sha256 = ?1")
SQL(artefact_add, "INSERT INTO artefact (sha256, bytes, at) VALUES (?1, ?2, ?3)")

/* audits (audit.db) */
#define AUDIT_COLUMNS "aid, id, kind, summary, status, cid, reason, started_at, ended_at, updated, text_bytes, events_bytes, closed"
SQL(audit_get, "SELECT " AUDIT_COLUMNS " FROM audit WHERE aid = ?1")
SQL(audit_page, "SELECT " AUDIT_COLUMNS " FROM audit WHERE (started_at, aid) < (?1, ?2) ORDER BY started_at DESC, aid DESC")
SQL(audit_page_id, "SELECT " AUDIT_COLUMNS " FROM audit WHERE id = ?3 AND (started_at, aid) < (?1, ?2) ORDER BY started_at DESC, aid DESC")
SQL(audit_page_cid, "SELECT " AUDIT_COLUMNS " FROM audit WHERE cid = ?3 AND (started_at, aid) < (?1, ?2) ORDER BY started_at DESC, aid DESC")
SQL(audit_put, "INSERT INTO audit (aid, id, cid, kind, summary, status, reason, started_at, ended_at, updated, closed) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11) ON CONFLICT (aid) DO UPDATE SET cid = ?3, kind = ?4, summary = ?5, status = ?6, reason = ?7, started_at = ?8, ended_at = ?9, updated = ?10, closed = ?11")
SQL(audit_set_bytes, "UPDATE audit SET text_bytes = ?2, events_bytes = ?3 WHERE aid = ?1")
SQL(audit_old, "SELECT aid FROM audit WHERE started_at < ?1 ORDER BY started_at LIMIT ?2")
SQL(audit_delete, "DELETE FROM audit WHERE aid = ?1")
SQL(chunk_add, "INSERT INTO chunk (aid, part, offset, bytes) VALUES (?1, ?2, ?3, ?4)")
SQL(chunk_get, "SELECT bytes FROM chunk WHERE aid = ?1 AND part = ?2 AND offset = ?3")
SQL(chunk_from, "SELECT offset, bytes FROM chunk WHERE aid = ?1 AND part = ?2 AND offset >= coalesce((SELECT max(offset) FROM chunk WHERE aid = ?1 AND part = ?2 AND offset <= ?3), 0) ORDER BY offset")
SQL(chunk_delete, "DELETE FROM chunk WHERE aid = ?1")
