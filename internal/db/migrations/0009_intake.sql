-- +goose Up
-- intake_batch: one file that a department handed in. cursor counts the rows of the file that were dealt with; it, the counts
-- and what became of those rows change in one transaction. place orders batches by the time they came. code and args are the
-- fault that stopped a failed batch; total is -1 until the rows were counted; standard is the version of an added kind by which it
-- is read, 0 for a shipped one. takeover is the old system from which it comes as past facts, and past the last day for which that
-- answers; both are empty for what is sent as it happens.
CREATE TABLE intake_batch (
    id TEXT PRIMARY KEY,
    place TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL,
    standard BIGINT NOT NULL,
    department TEXT NOT NULL,
    name TEXT NOT NULL,
    sender TEXT NOT NULL,
    sender_key TEXT NOT NULL,
    hash TEXT NOT NULL,
    size BIGINT NOT NULL,
    received_at TIMESTAMPTZ NOT NULL,
    started_at TIMESTAMPTZ,
    finished_at TIMESTAMPTZ,
    state TEXT NOT NULL,
    total BIGINT NOT NULL,
    cursor BIGINT NOT NULL,
    accepted BIGINT NOT NULL,
    duplicate BIGINT NOT NULL,
    superseded BIGINT NOT NULL,
    rejected BIGINT NOT NULL,
    unmatched BIGINT NOT NULL,
    warned BIGINT NOT NULL,
    listed BIGINT NOT NULL,
    unlisted BIGINT NOT NULL,
    header TEXT NOT NULL,
    notes TEXT NOT NULL,
    code TEXT NOT NULL,
    args TEXT NOT NULL,
    takeover TEXT NOT NULL,
    past DATE
);
CREATE INDEX intake_batch_takeover ON intake_batch (takeover, place) WHERE takeover <> '';
CREATE UNIQUE INDEX intake_batch_key ON intake_batch (department, sender_key) WHERE sender_key <> '';
CREATE UNIQUE INDEX intake_batch_page ON intake_batch (department, place);
CREATE INDEX intake_batch_content ON intake_batch (department, kind, hash, place);
CREATE INDEX intake_batch_heard ON intake_batch (department, kind, received_at);
CREATE INDEX intake_batch_received ON intake_batch (received_at);
CREATE INDEX intake_batch_waiting ON intake_batch (department, place) WHERE state = 'read';

-- intake_preview: how the first rows of a batch were read that waits for a person to say that this is right; body is JSON. It is gone
-- once that is said.
CREATE TABLE intake_preview (
    batch TEXT PRIMARY KEY,
    body TEXT NOT NULL
);

-- intake_legacy: an old system whose past a department hands over. Files are taken in for it while it is open.
CREATE TABLE intake_legacy (
    id TEXT PRIMARY KEY,
    system TEXT NOT NULL,
    department TEXT NOT NULL,
    day DATE NOT NULL,
    open BOOLEAN NOT NULL
);

-- intake_tally: what became of the rows of a past batch, by the year of their legal day (0 where none can be read), with their
-- fines in fen.
CREATE TABLE intake_tally (
    batch TEXT NOT NULL,
    year BIGINT NOT NULL,
    fate TEXT NOT NULL,
    count BIGINT NOT NULL,
    fines BIGINT NOT NULL,
    PRIMARY KEY (batch, year, fate)
);

-- intake_problem: one row of a file about which the sender is told something. problems and cells (the row as it came) are JSON.
CREATE TABLE intake_problem (
    batch TEXT NOT NULL,
    row_no BIGINT NOT NULL,
    fate TEXT NOT NULL,
    problems TEXT NOT NULL,
    cells TEXT NOT NULL,
    PRIMARY KEY (batch, row_no)
);

-- intake_held: one good row whose subject is not known yet, to be matched again when the registry grows, or to be judged. body is
-- JSON; norm is the name that it states, in the form in which names are compared; pattern names all rows that say the same of whom
-- they are about.
CREATE TABLE intake_held (
    batch TEXT NOT NULL,
    row_no BIGINT NOT NULL,
    body TEXT NOT NULL,
    norm TEXT NOT NULL,
    pattern TEXT NOT NULL,
    PRIMARY KEY (batch, row_no)
);
CREATE INDEX intake_held_norm ON intake_held (norm);
CREATE INDEX intake_held_pattern ON intake_held (pattern, batch, row_no);

-- intake_judgement: a person's word on whom the rows of a pattern are about; enterprise_id is empty where it is nobody of the registry.
-- said is what the rows said, as JSON. The latest that was not undone holds, for the rows that were held and for those that come.
CREATE TABLE intake_judgement (
    id TEXT PRIMARY KEY,
    pattern TEXT NOT NULL,
    said TEXT NOT NULL,
    department TEXT NOT NULL,
    enterprise_id TEXT NOT NULL,
    reason TEXT NOT NULL,
    person TEXT NOT NULL,
    at TIMESTAMPTZ NOT NULL,
    undone_by TEXT NOT NULL,
    undone_reason TEXT NOT NULL,
    undone_at TIMESTAMPTZ
);
CREATE INDEX intake_judgement_pattern ON intake_judgement (pattern, at);
CREATE INDEX intake_judgement_of ON intake_judgement (enterprise_id);

-- intake_judged: a row that became a record by a judgement, with what it said (body, JSON), what it became, and whether that
-- was undone.
CREATE TABLE intake_judged (
    judgement TEXT NOT NULL,
    batch TEXT NOT NULL,
    row_no BIGINT NOT NULL,
    body TEXT NOT NULL,
    source_key TEXT NOT NULL,
    outcome TEXT NOT NULL,
    undone BOOLEAN NOT NULL,
    PRIMARY KEY (judgement, batch, row_no)
);

-- intake_extra: what a row that became a record, or is held, says in columns that the data standard does not know. body is JSON. Only
-- the department that sent it sees it; nothing of it is content.
CREATE TABLE intake_extra (
    batch TEXT NOT NULL,
    row_no BIGINT NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (batch, row_no)
);

-- intake_held_code: one number by which the subject of a held row may become known.
CREATE TABLE intake_held_code (
    value TEXT NOT NULL,
    batch TEXT NOT NULL,
    row_no BIGINT NOT NULL,
    PRIMARY KEY (batch, row_no, value)
);
CREATE INDEX intake_held_code_value ON intake_held_code (value);

-- intake_recall: a batch that was taken back: by whom, why, and how far that is (row_no, -1 while held rows are forgotten) with
-- what became of its facts.
CREATE TABLE intake_recall (
    batch TEXT PRIMARY KEY,
    person TEXT NOT NULL,
    reason TEXT NOT NULL,
    at TIMESTAMPTZ NOT NULL,
    finished_at TIMESTAMPTZ,
    row_no BIGINT NOT NULL,
    cleared BIGINT NOT NULL,
    restored BIGINT NOT NULL,
    kept BIGINT NOT NULL,
    gone BIGINT NOT NULL,
    forgotten BIGINT NOT NULL
);

-- intake_withdrawal: a record that its department withdrew: why, in its own words too, when it learnt of the cause, and the last day
-- of the three working days from then, empty while the holidays that it takes to tell it are not loaded.
CREATE TABLE intake_withdrawal (
    enterprise_id TEXT NOT NULL,
    record_id TEXT NOT NULL,
    department TEXT NOT NULL,
    kind TEXT NOT NULL,
    source_key TEXT NOT NULL,
    reason TEXT NOT NULL,
    note TEXT NOT NULL,
    learnt DATE NOT NULL,
    due DATE,
    at TIMESTAMPTZ NOT NULL,
    person TEXT NOT NULL,
    PRIMARY KEY (enterprise_id, record_id)
);
