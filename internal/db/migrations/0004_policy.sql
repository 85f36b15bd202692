-- +goose Up
-- policy_version: one set of changes to the dated rules, proposed by one person and decided by another. content is the
-- canonical bytes that hash is of; it is what is read back.
CREATE TABLE policy_version (
    version BIGINT PRIMARY KEY,
    base BIGINT NOT NULL,
    title TEXT NOT NULL,
    state TEXT NOT NULL,
    content BYTEA NOT NULL,
    hash TEXT NOT NULL,
    proposed_by TEXT NOT NULL,
    proposed_at TIMESTAMPTZ NOT NULL,
    proposed_leaf TEXT NOT NULL,
    decided_by TEXT NOT NULL,
    decided_at TIMESTAMPTZ,
    decided_leaf TEXT NOT NULL,
    reason TEXT NOT NULL
);
-- policy_row: one row of a version, laid out so that measures and list entries can be joined to the rule they rest on.
CREATE TABLE policy_row (
    version BIGINT NOT NULL REFERENCES policy_version (version),
    table_name TEXT NOT NULL,
    row_key TEXT NOT NULL,
    valid_from DATE NOT NULL,
    valid_until DATE,
    basis TEXT NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (version, table_name, row_key, valid_from)
);
