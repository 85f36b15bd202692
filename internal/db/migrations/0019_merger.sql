-- +goose Up
-- A row of merger_act says that two subjects of the registry are one (kind 'merge'), or that records of one are another's ('split').
-- One person proposes it, another confirms it; it is undone by two as well.
CREATE TABLE merger_act (
    id TEXT PRIMARY KEY,
    kind TEXT NOT NULL,
    from_id TEXT NOT NULL,
    into_id TEXT NOT NULL,
    from_code TEXT NOT NULL,
    from_name TEXT NOT NULL,
    into_code TEXT NOT NULL,
    into_name TEXT NOT NULL,
    authority TEXT NOT NULL,
    chosen TEXT NOT NULL,
    reason TEXT NOT NULL,
    state TEXT NOT NULL,
    proposed_by TEXT NOT NULL,
    proposed_at TIMESTAMPTZ NOT NULL,
    decided_by TEXT NOT NULL,
    decided_at TIMESTAMPTZ,
    refused_for TEXT NOT NULL,
    undo_by TEXT NOT NULL,
    undo_at TIMESTAMPTZ,
    undo_reason TEXT NOT NULL,
    undone_by TEXT NOT NULL,
    undone_at TIMESTAMPTZ,
    leaf TEXT NOT NULL
);
CREATE INDEX merger_act_from ON merger_act (from_id);
CREATE INDEX merger_act_into ON merger_act (into_id);

-- merger_fact knows every fact that an act moved: under which key it stood and stands.
CREATE TABLE merger_fact (
    act TEXT NOT NULL REFERENCES merger_act (id),
    department TEXT NOT NULL,
    kind TEXT NOT NULL,
    source_key TEXT NOT NULL,
    to_key TEXT NOT NULL,
    own BIGINT NOT NULL,
    last BIGINT NOT NULL,
    PRIMARY KEY (act, department, kind, source_key)
);

-- merger_other knows what else followed: entries, cases, papers, hides, judgements and former subjects, by their ids.
CREATE TABLE merger_other (
    act TEXT NOT NULL REFERENCES merger_act (id),
    what TEXT NOT NULL,
    id TEXT NOT NULL,
    PRIMARY KEY (act, what, id)
);
