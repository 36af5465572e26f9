-- Calls and what they leave behind.

CREATE TABLE cdrs (
    id                INTEGER PRIMARY KEY,
    call              TEXT NOT NULL UNIQUE,
    sip_call_id       TEXT NOT NULL,
    direction         TEXT NOT NULL,
    origin            TEXT NOT NULL,
    caller_id_name    TEXT NOT NULL,
    caller_id_num     TEXT NOT NULL,
    callee            TEXT NOT NULL,
    flow              TEXT NOT NULL,
    program_hash      TEXT NOT NULL,
    start_ms          INTEGER NOT NULL,
    answer_ms         INTEGER,
    end_ms            INTEGER,
    disposition       TEXT,
    hangup_cause      TEXT NOT NULL,
    keys              TEXT NOT NULL,
    flow_path         TEXT NOT NULL,
    legs              TEXT NOT NULL,
    media             TEXT NOT NULL,
    trace             BLOB NOT NULL,
    CHECK ((end_ms IS NULL) = (disposition IS NULL))
) STRICT;

CREATE INDEX cdrs_by_start ON cdrs (start_ms);
CREATE INDEX cdrs_open ON cdrs (id) WHERE end_ms IS NULL;

CREATE TABLE voicemail_messages (
    id             INTEGER PRIMARY KEY,
    mailbox_id     INTEGER NOT NULL REFERENCES voicemail_boxes (id),
    call           TEXT NOT NULL,
    caller_id_name TEXT NOT NULL,
    caller_id_num  TEXT NOT NULL,
    at_ms          INTEGER NOT NULL,
    duration_ms    INTEGER NOT NULL,
    file           TEXT NOT NULL UNIQUE,
    read_ms        INTEGER,
    created_ms     INTEGER NOT NULL
) STRICT;

CREATE INDEX voicemail_messages_by_box ON voicemail_messages (mailbox_id, at_ms);

-- Recordings that have begun: tells whose a file is that a crash left behind.
CREATE TABLE voicemail_pending (
    call       TEXT PRIMARY KEY,
    mailbox_id INTEGER NOT NULL REFERENCES voicemail_boxes (id),
    at_ms      INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE registrations (
    id            INTEGER PRIMARY KEY,
    username      TEXT NOT NULL,
    contact       TEXT NOT NULL,
    transport     TEXT NOT NULL CHECK (transport IN ('udp', 'tcp')),
    source        TEXT NOT NULL,
    user_agent    TEXT NOT NULL,
    sip_call_id   TEXT NOT NULL,
    cseq          INTEGER NOT NULL,
    registered_ms INTEGER NOT NULL,
    expires_ms    INTEGER NOT NULL,
    UNIQUE (username, contact)
) STRICT;
