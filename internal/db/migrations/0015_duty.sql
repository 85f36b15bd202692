-- +goose Up
-- duty_duty: what a department owes of a kind from a day until another: source (catalogue id), cycle with its term, and the terms
-- of sharing with purpose and approval number.
CREATE TABLE duty_duty (
    department TEXT NOT NULL,
    kind TEXT NOT NULL,
    valid_from DATE NOT NULL,
    valid_until DATE,
    source TEXT NOT NULL,
    cycle TEXT NOT NULL,
    days BIGINT NOT NULL,
    sharing TEXT NOT NULL,
    purpose TEXT NOT NULL,
    approval TEXT NOT NULL,
    PRIMARY KEY (department, kind, valid_from)
);
-- duty_nil: on a day a department said that it has nothing of a kind to deliver.
CREATE TABLE duty_nil (
    department TEXT NOT NULL,
    kind TEXT NOT NULL,
    day DATE NOT NULL,
    at TIMESTAMPTZ NOT NULL,
    reporter TEXT NOT NULL,
    PRIMARY KEY (department, kind, day)
);
-- duty_finding: what an audit on a day found at a department: how many decisions it looked at, and how many of them had not
-- been reported. A finding that was wrong is struck, never changed.
CREATE TABLE duty_finding (
    id TEXT PRIMARY KEY,
    department TEXT NOT NULL,
    kind TEXT NOT NULL,
    day DATE NOT NULL,
    found BIGINT NOT NULL,
    missing BIGINT NOT NULL,
    note TEXT NOT NULL,
    at TIMESTAMPTZ NOT NULL,
    auditor TEXT NOT NULL,
    struck_at TIMESTAMPTZ
);
CREATE INDEX duty_finding_day ON duty_finding (day);
