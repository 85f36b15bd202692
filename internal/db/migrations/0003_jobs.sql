-- +goose Up
-- jobs_job: one piece of work that is to be done, or that was given up (dead) with its last error. What is done is deleted.
-- again says that the work was asked for once more while a worker had already begun it.
CREATE TABLE jobs_job (
    id TEXT PRIMARY KEY,
    kind TEXT NOT NULL,
    arg TEXT NOT NULL,
    run_at TIMESTAMPTZ NOT NULL,
    attempts BIGINT NOT NULL,
    holder TEXT NOT NULL,
    until TIMESTAMPTZ,
    again BOOLEAN NOT NULL,
    dead BOOLEAN NOT NULL,
    error TEXT NOT NULL
);
CREATE UNIQUE INDEX jobs_job_open ON jobs_job (kind, arg) WHERE NOT dead;
CREATE INDEX jobs_job_due ON jobs_job (run_at, id) WHERE NOT dead;
