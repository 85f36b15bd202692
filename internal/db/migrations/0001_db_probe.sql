-- +goose Up
-- db_probe holds nothing of the city: the tests of package db write to it, on every engine.
CREATE TABLE db_probe (
    id TEXT PRIMARY KEY,
    n BIGINT NOT NULL,
    flag BOOLEAN,
    at TIMESTAMPTZ,
    day DATE,
    body BYTEA
);
