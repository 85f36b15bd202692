-- +goose Up
-- record_record: one version of one fact about one subject, as a department stated it. Never edited: it is superseded or
-- withdrawn by a later version. body is the canonical text that the block leaf commits to, with its salt. restates is the leaf of
-- the former statement that holds again because the one after it was taken back, empty for a statement of its own. past is the last day for which
-- the old system answers from which it was taken over, empty for a statement of its own time.
CREATE TABLE record_record (
    enterprise_id TEXT NOT NULL,
    id TEXT NOT NULL,
    kind TEXT NOT NULL,
    department TEXT NOT NULL,
    source_key TEXT NOT NULL,
    version BIGINT NOT NULL,
    withdrawn BOOLEAN NOT NULL,
    day DATE NOT NULL,
    valid_from DATE,
    valid_until DATE,
    body TEXT NOT NULL,
    salt BYTEA NOT NULL,
    leaf TEXT NOT NULL,
    item BIGINT NOT NULL,
    at TIMESTAMPTZ NOT NULL,
    batch TEXT NOT NULL,
    batch_row BIGINT NOT NULL,
    restates TEXT NOT NULL,
    past DATE,
    moved TEXT NOT NULL, -- the act that found out that it is about this subject
    PRIMARY KEY (enterprise_id, id)
);
CREATE INDEX record_record_batch ON record_record (batch, batch_row, version, day);
CREATE INDEX record_record_withdrawn ON record_record (kind, id) WHERE withdrawn;

-- record_head: the latest version of each fact, by which a file that is sent again is recognised. place orders statements by
-- when they were made: that of the last batch that said so.
CREATE TABLE record_head (
    department TEXT NOT NULL,
    kind TEXT NOT NULL,
    source_key TEXT NOT NULL,
    enterprise_id TEXT NOT NULL,
    record_id TEXT NOT NULL,
    version BIGINT NOT NULL,
    content TEXT NOT NULL,
    place TEXT NOT NULL,
    moved TEXT NOT NULL,
    gone TEXT NOT NULL, -- the source key under which the fact stands now, about another subject
    PRIMARY KEY (department, kind, source_key)
);

-- record_disowned: a version about a subject that its row did not mean, taken back alone: it never holds again.
CREATE TABLE record_disowned (
    record_id TEXT PRIMARY KEY,
    at TIMESTAMPTZ NOT NULL
);

-- record_recalled: a batch that was taken back as a whole: what it stated counts for nothing.
CREATE TABLE record_recalled (
    batch TEXT PRIMARY KEY,
    at TIMESTAMPTZ NOT NULL
);
