-- +goose Up
-- publicity_hide: something that an officer took away from the public at once: a fact of a subject (by who stated it and under which
-- key, so that a corrected version does not bring it back), or the whole page where kind is empty. due is the last day for another
-- person to confirm it, after which it lapses by itself; empty while the holidays that it takes to tell it are not loaded.
CREATE TABLE publicity_hide (
    id TEXT PRIMARY KEY,
    enterprise_id TEXT NOT NULL,
    department TEXT NOT NULL,
    kind TEXT NOT NULL,
    source_key TEXT NOT NULL,
    reason TEXT NOT NULL,
    person TEXT NOT NULL,
    at TIMESTAMPTZ NOT NULL,
    due DATE,
    confirmed_by TEXT NOT NULL,
    confirmed_at TIMESTAMPTZ,
    lifted_by TEXT NOT NULL,
    lifted_at TIMESTAMPTZ
);
CREATE INDEX publicity_hide_open ON publicity_hide (enterprise_id) WHERE lifted_at IS NULL;
