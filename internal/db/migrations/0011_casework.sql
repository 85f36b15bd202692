-- +goose Up
-- A row of casework_case is one matter that people have to decide, with its clock. wants_notice and lead are what the
-- policy said of its kind when it was opened. due is 9999-12-31 while the holidays that it takes to tell it are not loaded.
-- notice is the paper that names the case, also while the step that says so is still to come. facts is the canonical JSON of what called for it.
CREATE TABLE casework_case (
    enterprise_id TEXT NOT NULL,
    id TEXT NOT NULL,
    kind TEXT NOT NULL,
    policy_version BIGINT NOT NULL,
    wants_notice BOOLEAN NOT NULL,
    lead TEXT NOT NULL,
    authority TEXT NOT NULL,
    division TEXT NOT NULL,
    station TEXT NOT NULL,
    run TEXT NOT NULL,
    detail TEXT NOT NULL,
    state TEXT NOT NULL,
    opened_at TIMESTAMPTZ NOT NULL,
    due DATE NOT NULL,
    settled_at TIMESTAMPTZ,
    facts TEXT NOT NULL,
    examiner TEXT NOT NULL,
    approver TEXT NOT NULL,
    notice TEXT NOT NULL,
    paper TEXT NOT NULL,
    PRIMARY KEY (enterprise_id, id)
);
CREATE UNIQUE INDEX casework_case_id ON casework_case (id);
CREATE INDEX casework_case_todo ON casework_case (state, authority, due, id);
CREATE INDEX casework_case_run ON casework_case (run, state, id);
CREATE INDEX casework_case_page ON casework_case (due, id);

-- A row of casework_step is one act on a case: who, in which post, when, with what opinion. Steps are only added; their
-- order is that of their leaves, which grow for one enterprise.
CREATE TABLE casework_step (
    enterprise_id TEXT NOT NULL,
    case_id TEXT NOT NULL,
    leaf TEXT NOT NULL,
    kind TEXT NOT NULL,
    at TIMESTAMPTZ NOT NULL,
    person TEXT NOT NULL,
    name TEXT NOT NULL,
    post TEXT NOT NULL,
    department TEXT NOT NULL,
    key_id TEXT NOT NULL,
    duty TEXT NOT NULL,
    on_behalf TEXT NOT NULL,
    opinion TEXT NOT NULL,
    paper TEXT NOT NULL,
    PRIMARY KEY (enterprise_id, case_id, leaf),
    FOREIGN KEY (enterprise_id, case_id) REFERENCES casework_case (enterprise_id, id) ON UPDATE CASCADE
);
