-- +goose Up
-- catalog_standard: one version of a data standard that an administrator added. body is the canonical bytes that hash is of.
CREATE TABLE catalog_standard (
    kind TEXT NOT NULL,
    version BIGINT NOT NULL,
    body BYTEA NOT NULL,
    hash TEXT NOT NULL,
    added_by TEXT NOT NULL,
    added_at TIMESTAMPTZ NOT NULL,
    leaf TEXT NOT NULL,
    PRIMARY KEY (kind, version)
);
