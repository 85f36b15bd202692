-- +goose Up
-- blob_blob: one stored content, under the SHA-256 of it. A content is there when its row is: pieces without one belong to
-- a put that is under way or was cut off.
CREATE TABLE blob_blob (
    hash TEXT PRIMARY KEY,
    size BIGINT NOT NULL,
    type TEXT NOT NULL
);

-- blob_chunk: the n-th MiB of a content.
CREATE TABLE blob_chunk (
    hash TEXT NOT NULL,
    n BIGINT NOT NULL,
    data BYTEA NOT NULL,
    PRIMARY KEY (hash, n)
);
