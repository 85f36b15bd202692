-- +goose Up
-- A row of document_number is a series of numbers and the last one taken. It is counted up in the transaction that issues
-- the paper, so a series has no gaps. The batch children of a paper are a series of their own, with that paper as word.
CREATE TABLE document_number (
    authority TEXT NOT NULL,
    prefix TEXT NOT NULL,
    word TEXT NOT NULL,
    year BIGINT NOT NULL,
    last BIGINT NOT NULL,
    PRIMARY KEY (authority, prefix, word, year)
);

-- A row of document_paper is one issued paper. body is canonical JSON, its SHA-256 stands in the audit log; nothing of it is
-- ever changed. enterprise_id is empty for a paper that goes to many, such as an announcement.
CREATE TABLE document_paper (
    enterprise_id TEXT NOT NULL,
    id TEXT NOT NULL,
    template TEXT NOT NULL,
    authority TEXT NOT NULL,
    number TEXT NOT NULL,
    title TEXT NOT NULL,
    case_id TEXT NOT NULL,
    day DATE NOT NULL,
    body BYTEA NOT NULL,
    hash TEXT NOT NULL,
    issued_at TIMESTAMPTZ NOT NULL,
    leaf TEXT NOT NULL,
    PRIMARY KEY (enterprise_id, id)
);
CREATE UNIQUE INDEX document_paper_id ON document_paper (id);
CREATE UNIQUE INDEX document_paper_number ON document_paper (number);
CREATE INDEX document_paper_case ON document_paper (case_id);

-- A row of document_event is what happened to a paper after it was issued: published, served, sealed, each once.
CREATE TABLE document_event (
    paper TEXT NOT NULL,
    kind TEXT NOT NULL,
    day DATE NOT NULL,
    note TEXT NOT NULL,
    at TIMESTAMPTZ NOT NULL,
    leaf TEXT NOT NULL,
    PRIMARY KEY (paper, kind),
    FOREIGN KEY (paper) REFERENCES document_paper (id)
);
