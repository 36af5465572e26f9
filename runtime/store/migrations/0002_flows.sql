-- Flows: a draft to edit, immutable versions, a pointer to the live one.

CREATE TABLE call_flows (
    id              INTEGER PRIMARY KEY,
    key             TEXT NOT NULL UNIQUE,
    label           TEXT NOT NULL,
    draft           TEXT NOT NULL,
    live_version_id INTEGER REFERENCES flow_versions (id),
    published_ms    INTEGER,
    created_ms      INTEGER NOT NULL,
    updated_ms      INTEGER NOT NULL
) STRICT;

CREATE TABLE flow_versions (
    id           INTEGER PRIMARY KEY,
    flow_id      INTEGER NOT NULL REFERENCES call_flows (id),
    number       INTEGER NOT NULL,
    content_key  TEXT NOT NULL,
    source       TEXT NOT NULL,
    source_hash  TEXT NOT NULL,
    facts        TEXT NOT NULL,
    program      BLOB NOT NULL,
    program_hash TEXT NOT NULL,
    note         TEXT NOT NULL,
    actor        TEXT NOT NULL,
    created_ms   INTEGER NOT NULL,
    UNIQUE (flow_id, number),
    UNIQUE (flow_id, content_key)
) STRICT;

CREATE TRIGGER flow_versions_are_immutable BEFORE UPDATE ON flow_versions
BEGIN SELECT RAISE(ABORT, 'a published version is immutable'); END;
CREATE TRIGGER flow_versions_are_kept BEFORE DELETE ON flow_versions
BEGIN SELECT RAISE(ABORT, 'a published version is kept'); END;

-- Which entities a version was compiled with: saving one of them recompiles the flow.
CREATE TABLE flow_uses (
    version_id INTEGER NOT NULL REFERENCES flow_versions (id),
    kind       TEXT NOT NULL,
    key        TEXT NOT NULL,
    PRIMARY KEY (kind, key, version_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE inbound_numbers (
    id              INTEGER PRIMARY KEY,
    key             TEXT NOT NULL UNIQUE,
    label           TEXT NOT NULL,
    trunk           TEXT,
    flow_id         INTEGER REFERENCES call_flows (id),
    flow_entry_node TEXT,
    enabled         INTEGER NOT NULL,
    created_ms      INTEGER NOT NULL,
    updated_ms      INTEGER NOT NULL,
    CHECK ((flow_id IS NULL) = (flow_entry_node IS NULL))
) STRICT;

CREATE INDEX inbound_numbers_by_flow ON inbound_numbers (flow_id);

CREATE TRIGGER inbound_numbers_keep_their_key BEFORE UPDATE OF key ON inbound_numbers
BEGIN SELECT RAISE(ABORT, 'a key is immutable'); END;
CREATE TRIGGER call_flows_keep_their_key BEFORE UPDATE OF key ON call_flows
BEGIN SELECT RAISE(ABORT, 'a key is immutable'); END;

CREATE TABLE audit (
    id     INTEGER PRIMARY KEY,
    at_ms  INTEGER NOT NULL,
    actor  TEXT NOT NULL,
    action TEXT NOT NULL,
    kind   TEXT NOT NULL,
    key    TEXT NOT NULL,
    detail TEXT NOT NULL
) STRICT;

CREATE TRIGGER audit_is_immutable BEFORE UPDATE ON audit
BEGIN SELECT RAISE(ABORT, 'an audit row is immutable'); END;
