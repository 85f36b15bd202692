-- +goose Up
-- catalog_proposal: a data standard, or its next version, that waits for a second person; one of a kind at a time. body is the
-- canonical bytes that hash is of.
CREATE TABLE catalog_proposal (
    id TEXT PRIMARY KEY,
    kind TEXT NOT NULL,
    version BIGINT NOT NULL,
    body BYTEA NOT NULL,
    hash TEXT NOT NULL,
    proposed_by TEXT NOT NULL,
    proposed_at TIMESTAMPTZ NOT NULL
);
CREATE UNIQUE INDEX catalog_proposal_kind ON catalog_proposal (kind);

-- catalog_standard: one version of a data standard that one person proposed and another put into effect. body is the canonical bytes
-- that hash is of.
CREATE TABLE catalog_standard (
    kind TEXT NOT NULL,
    version BIGINT NOT NULL,
    body BYTEA NOT NULL,
    hash TEXT NOT NULL,
    proposed_by TEXT NOT NULL,
    added_by TEXT NOT NULL,
    added_at TIMESTAMPTZ NOT NULL,
    leaf TEXT NOT NULL,
    PRIMARY KEY (kind, version)
);
