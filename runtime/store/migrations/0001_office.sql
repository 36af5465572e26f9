-- The entities of the office.
-- Times are milliseconds UTC, `…_s` are seconds. Keys never change; labels do. Lists are JSON.

CREATE TABLE system_config (
    key        TEXT PRIMARY KEY,
    value      TEXT NOT NULL,
    updated_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE prompts (
    id          INTEGER PRIMARY KEY,
    key         TEXT NOT NULL UNIQUE,
    label       TEXT NOT NULL,
    file        TEXT NOT NULL,
    hash        TEXT NOT NULL,
    duration_ms INTEGER NOT NULL,
    text        TEXT,
    system      INTEGER NOT NULL,
    created_ms  INTEGER NOT NULL,
    updated_ms  INTEGER NOT NULL
) STRICT;

CREATE TABLE extensions (
    id                INTEGER PRIMARY KEY,
    key               TEXT NOT NULL UNIQUE,
    label             TEXT NOT NULL,
    sip_username      TEXT NOT NULL UNIQUE,
    sip_secret        BLOB,
    ring_timeout_s    INTEGER NOT NULL,
    dnd               INTEGER NOT NULL,
    max_registrations INTEGER NOT NULL,
    created_ms        INTEGER NOT NULL,
    updated_ms        INTEGER NOT NULL
) STRICT;

CREATE TABLE trunks (
    id           INTEGER PRIMARY KEY,
    key          TEXT NOT NULL UNIQUE,
    label        TEXT NOT NULL,
    kind         TEXT NOT NULL CHECK (kind IN ('ip')),
    enabled      INTEGER NOT NULL,
    remote_hosts TEXT NOT NULL,
    max_channels INTEGER NOT NULL,
    created_ms   INTEGER NOT NULL,
    updated_ms   INTEGER NOT NULL
) STRICT;

CREATE TABLE ring_groups (
    id             INTEGER PRIMARY KEY,
    key            TEXT NOT NULL UNIQUE,
    label          TEXT NOT NULL,
    strategy       TEXT NOT NULL CHECK (strategy IN ('ring_all')),
    ring_timeout_s INTEGER NOT NULL,
    members        TEXT NOT NULL,
    created_ms     INTEGER NOT NULL,
    updated_ms     INTEGER NOT NULL
) STRICT;

CREATE TABLE voicemail_boxes (
    id                     INTEGER PRIMARY KEY,
    key                    TEXT NOT NULL UNIQUE,
    label                  TEXT NOT NULL,
    greeting               TEXT,
    max_message_duration_s INTEGER NOT NULL,
    max_messages           INTEGER NOT NULL,
    retention_days         INTEGER NOT NULL,
    notify_extension       TEXT,
    created_ms             INTEGER NOT NULL,
    updated_ms             INTEGER NOT NULL
) STRICT;

CREATE TABLE ivr_menus (
    id         INTEGER PRIMARY KEY,
    key        TEXT NOT NULL UNIQUE,
    label      TEXT NOT NULL,
    greeting   TEXT NOT NULL,
    timeout_s  INTEGER NOT NULL,
    retries    INTEGER NOT NULL,
    options    TEXT NOT NULL,
    created_ms INTEGER NOT NULL,
    updated_ms INTEGER NOT NULL
) STRICT;

CREATE TABLE time_switches (
    id         INTEGER PRIMARY KEY,
    key        TEXT NOT NULL UNIQUE,
    label      TEXT NOT NULL,
    timezone   TEXT NOT NULL,
    rules      TEXT NOT NULL,
    exceptions TEXT NOT NULL,
    created_ms INTEGER NOT NULL,
    updated_ms INTEGER NOT NULL
) STRICT;

-- A key is immutable: texts, programs and records carry it.
CREATE TRIGGER prompts_keep_their_key BEFORE UPDATE OF key ON prompts
BEGIN SELECT RAISE(ABORT, 'a key is immutable'); END;
CREATE TRIGGER extensions_keep_their_key BEFORE UPDATE OF key ON extensions
BEGIN SELECT RAISE(ABORT, 'a key is immutable'); END;
CREATE TRIGGER trunks_keep_their_key BEFORE UPDATE OF key ON trunks
BEGIN SELECT RAISE(ABORT, 'a key is immutable'); END;
CREATE TRIGGER ring_groups_keep_their_key BEFORE UPDATE OF key ON ring_groups
BEGIN SELECT RAISE(ABORT, 'a key is immutable'); END;
CREATE TRIGGER voicemail_boxes_keep_their_key BEFORE UPDATE OF key ON voicemail_boxes
BEGIN SELECT RAISE(ABORT, 'a key is immutable'); END;
CREATE TRIGGER ivr_menus_keep_their_key BEFORE UPDATE OF key ON ivr_menus
BEGIN SELECT RAISE(ABORT, 'a key is immutable'); END;
CREATE TRIGGER time_switches_keep_their_key BEFORE UPDATE OF key ON time_switches
BEGIN SELECT RAISE(ABORT, 'a key is immutable'); END;
