-- +goose Up
-- sanction_rule: the words of one dated policy row as they stood when measures were drawn from it. The id follows from them.
CREATE TABLE sanction_rule (
    id TEXT PRIMARY KEY,
    body TEXT NOT NULL
);

-- sanction_measure: one effect on one subject at one counter. Rows are never deleted: a measure whose source has gone is
-- ended, and where the source comes back it gets another round.
CREATE TABLE sanction_measure (
    enterprise_id TEXT NOT NULL,
    id TEXT NOT NULL,
    round BIGINT NOT NULL,
    rule TEXT NOT NULL REFERENCES sanction_rule (id),
    verdict TEXT NOT NULL,
    authority TEXT NOT NULL,
    document_no TEXT NOT NULL,
    source_kind TEXT NOT NULL,
    source_id TEXT NOT NULL,
    since DATE NOT NULL,
    until DATE,
    leaf TEXT NOT NULL,
    at TIMESTAMPTZ NOT NULL,
    ended_leaf TEXT,
    ended_at TIMESTAMPTZ,
    PRIMARY KEY (enterprise_id, id, round)
);

CREATE UNIQUE INDEX sanction_measure_standing ON sanction_measure (enterprise_id, id) WHERE ended_leaf IS NULL;
