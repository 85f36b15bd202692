-- +goose Up
-- A row of lists_entry is one standing of one enterprise on one list for one ground and detail (the report year). It is
-- never changed: what happens to it stands in lists_event.
CREATE TABLE lists_entry (
    enterprise_id TEXT NOT NULL,
    id TEXT NOT NULL,
    list TEXT NOT NULL,
    ground TEXT NOT NULL,
    detail TEXT NOT NULL,
    authority TEXT NOT NULL,
    PRIMARY KEY (enterprise_id, id)
);
CREATE INDEX lists_entry_once ON lists_entry (enterprise_id, list, ground, detail);

-- lists_moved: until which leaf an entry was taken to be about another enterprise.
CREATE TABLE lists_moved (
    entry_id TEXT NOT NULL,
    leaf TEXT NOT NULL,
    was TEXT NOT NULL, -- the enterprise that it was taken to be about until then
    PRIMARY KEY (entry_id, leaf)
);
CREATE INDEX lists_moved_was ON lists_moved (was);

-- A row of lists_event is one thing that happened to an entry: listed, removed, rescinded or ended, each at most
-- once. What ended with its subject has no case and no paper. effect is
-- the day from which it holds; leaf tells when it became known. records is a JSON array of the ids that fulfil the ground.
CREATE TABLE lists_event (
    enterprise_id TEXT NOT NULL,
    entry_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    effect DATE NOT NULL,
    at TIMESTAMPTZ NOT NULL,
    case_id TEXT NOT NULL,
    paper TEXT NOT NULL,
    paper_no TEXT NOT NULL,
    policy_key TEXT NOT NULL,
    policy_version BIGINT NOT NULL,
    records TEXT NOT NULL,
    absent TEXT NOT NULL,
    leaf TEXT NOT NULL,
    PRIMARY KEY (enterprise_id, entry_id, kind),
    FOREIGN KEY (enterprise_id, entry_id) REFERENCES lists_entry (enterprise_id, id) ON UPDATE CASCADE
);
CREATE INDEX lists_event_page ON lists_event (kind, effect, entry_id);
