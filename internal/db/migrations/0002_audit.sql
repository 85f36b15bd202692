-- +goose Up
-- audit_leaf: one act, appended in the act's own transaction. It is never changed afterwards, except that the sequencer
-- gives it its place (seq) once, and that its private part (salt, body) can be erased. head is public and is what the
-- tree hashes; body is the canonical {at, body, by, subject} to which the head commits.
CREATE TABLE audit_leaf (
    id TEXT PRIMARY KEY,
    seq BIGINT UNIQUE,
    kind TEXT NOT NULL,
    subject TEXT NOT NULL,
    at TIMESTAMPTZ NOT NULL,
    head BYTEA NOT NULL,
    salt BYTEA,
    body BYTEA
);
CREATE INDEX audit_leaf_pending ON audit_leaf (id) WHERE seq IS NULL;

-- audit_subject: the last leaf of a subject, so that the next one takes a greater id whatever the clocks say.
CREATE TABLE audit_subject (
    subject TEXT PRIMARY KEY,
    leaf TEXT NOT NULL
);

-- audit_block: what a block leaf stands for: the hashes of its items in order, 32 bytes each, and, where the items are
-- receipts, the signed note about their root.
CREATE TABLE audit_block (
    leaf TEXT PRIMARY KEY,
    n BIGINT NOT NULL,
    note BYTEA,
    hashes BYTEA NOT NULL
);

-- audit_tile: up to 256 hashes of one level of the tree, 32 bytes each (c2sp.org/tlog-tiles, height 8).
CREATE TABLE audit_tile (
    level BIGINT NOT NULL,
    n BIGINT NOT NULL,
    hashes BYTEA NOT NULL,
    PRIMARY KEY (level, n)
);

-- audit_log: one row, the log's length and who numbers its leaves at the moment.
CREATE TABLE audit_log (
    one BIGINT PRIMARY KEY,
    size BIGINT NOT NULL,
    vkey TEXT NOT NULL,
    holder TEXT NOT NULL,
    until TIMESTAMPTZ NOT NULL
);

-- audit_checkpoint: the signed statement of the log's root at one length: the latest, and of those before it the first of
-- each minute.
CREATE TABLE audit_checkpoint (
    size BIGINT PRIMARY KEY,
    at TIMESTAMPTZ NOT NULL,
    note BYTEA NOT NULL
);

-- audit_cursor: how far one follower has carried out the log.
CREATE TABLE audit_cursor (
    name TEXT PRIMARY KEY,
    pos BIGINT NOT NULL
);
