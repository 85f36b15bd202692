-- +goose Up
-- takeover_takeover: the past of one old system as it is brought over: who opened it, who submitted which sums (canonical JSON), and who
-- signed them off. returned is why they were last sent back; withdrawn_for why it was withdrawn, before anything was sent. The old system itself is in intake_legacy under the same id.
CREATE TABLE takeover_takeover (
    id TEXT PRIMARY KEY,
    department TEXT NOT NULL,
    system TEXT NOT NULL,
    day DATE NOT NULL,
    state TEXT NOT NULL,
    opened_by TEXT NOT NULL,
    opened_at TIMESTAMPTZ NOT NULL,
    reconciled_by TEXT NOT NULL,
    reconciled_at TIMESTAMPTZ,
    signed_by TEXT NOT NULL,
    signed_at TIMESTAMPTZ,
    returned TEXT NOT NULL,
    sums TEXT NOT NULL,
    leaf TEXT NOT NULL,
    withdrawn_by TEXT NOT NULL,
    withdrawn_at TIMESTAMPTZ,
    withdrawn_for TEXT NOT NULL
);
CREATE UNIQUE INDEX takeover_takeover_system ON takeover_takeover (department, system) WHERE state <> 'withdrawn';

-- takeover_stated: what the old system says it holds of a kind and year (0 is all years together): records, and the sum of fines in
-- fen, empty where it does not say.
CREATE TABLE takeover_stated (
    takeover TEXT NOT NULL,
    kind TEXT NOT NULL,
    year BIGINT NOT NULL,
    count BIGINT NOT NULL,
    fines BIGINT,
    PRIMARY KEY (takeover, kind, year)
);

-- takeover_explained: why the records and fines of a line differ from what was stated. It holds for that difference only.
CREATE TABLE takeover_explained (
    takeover TEXT NOT NULL,
    kind TEXT NOT NULL,
    year BIGINT NOT NULL,
    missing BIGINT NOT NULL,
    fines BIGINT NOT NULL,
    words TEXT NOT NULL,
    person TEXT NOT NULL,
    at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (takeover, kind, year)
);
