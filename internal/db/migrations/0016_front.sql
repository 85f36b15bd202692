-- +goose Up
-- front_row: the front-end table. A department's system writes id, batch_no, department, kind, op (I, U, D), source_key (by which
-- it knows the record), body (JSON: an object of the standard's fields, or {"reason": …} with D) and created_at; state, code,
-- message and feedback_at are the answer. take names the rows that became one batch; batch and row_no are where they stand in it.
CREATE TABLE front_row (
    department TEXT NOT NULL,
    id TEXT NOT NULL,
    batch_no TEXT NOT NULL,
    kind TEXT NOT NULL,
    op TEXT NOT NULL,
    source_key TEXT NOT NULL,
    body TEXT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    state TEXT NOT NULL DEFAULT 'new',
    code TEXT NOT NULL DEFAULT '',
    message TEXT NOT NULL DEFAULT '',
    feedback_at TIMESTAMPTZ,
    take TEXT NOT NULL DEFAULT '',
    batch TEXT NOT NULL DEFAULT '',
    row_no BIGINT NOT NULL DEFAULT 0,
    PRIMARY KEY (department, id)
);
CREATE INDEX front_row_open ON front_row (state, department, kind, row_no, created_at, id) WHERE state IN ('new', 'taken');
CREATE INDEX front_row_source ON front_row (department, kind, source_key, take);
