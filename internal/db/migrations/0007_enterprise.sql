-- +goose Up
-- enterprise_subject: a subject as the latest accepted registration record shows it. The records are the truth, this is the
-- projection that is searched and matched.
CREATE TABLE enterprise_subject (
    id TEXT PRIMARY KEY,
    uscc TEXT NOT NULL,
    name TEXT NOT NULL,
    norm TEXT NOT NULL,
    kind TEXT NOT NULL,
    division TEXT NOT NULL,
    station TEXT NOT NULL,
    authority TEXT NOT NULL,
    state TEXT NOT NULL,
    registered DATE,
    ended DATE,
    legal_rep TEXT NOT NULL,
    address TEXT NOT NULL,
    industry TEXT NOT NULL,
    scope TEXT NOT NULL,
    capital BIGINT NOT NULL,
    approved DATE,
    named DATE,
    parent TEXT NOT NULL,
    stated TEXT NOT NULL -- the station that a registration stated last; an act may have given it another
);
CREATE INDEX enterprise_subject_uscc ON enterprise_subject (uscc);
CREATE INDEX enterprise_subject_kind ON enterprise_subject (kind);
CREATE INDEX enterprise_subject_parent ON enterprise_subject (parent, id) WHERE parent <> '';
-- All that a search needs to rank: the rows themselves are wide, and everybody may search.
CREATE INDEX enterprise_subject_norm ON enterprise_subject (norm, id, division);

-- enterprise_identifier: one number by which a subject is or was known: uscc, regno (15 digits), orgcode (9 characters) or taxno
-- (15 characters, of before 2015), from a day until another as far as they are known.
CREATE TABLE enterprise_identifier (
    scheme TEXT NOT NULL,
    value TEXT NOT NULL,
    enterprise_id TEXT NOT NULL,
    valid_from DATE,
    valid_until DATE,
    PRIMARY KEY (scheme, value, enterprise_id)
);
CREATE INDEX enterprise_identifier_of ON enterprise_identifier (enterprise_id);

-- enterprise_name: a name that a subject had before, also in the form that is compared, from a day until another as far as they
-- are known. place orders the names of one subject.
CREATE TABLE enterprise_name (
    enterprise_id TEXT NOT NULL,
    place BIGINT NOT NULL,
    norm TEXT NOT NULL,
    name TEXT NOT NULL,
    valid_from DATE,
    valid_until DATE,
    PRIMARY KEY (enterprise_id, place)
);
CREATE INDEX enterprise_name_norm ON enterprise_name (norm, enterprise_id);

-- enterprise_change: what a registration changed of a subject, in the order in which registrations were stated. Who reads it asks
-- for one subject, or for those whom a leaf of the log names.
CREATE TABLE enterprise_change (
    enterprise_id TEXT NOT NULL,
    place BIGINT NOT NULL,
    at TIMESTAMPTZ,
    day DATE,
    kind TEXT NOT NULL,
    was TEXT NOT NULL,
    now TEXT NOT NULL,
    PRIMARY KEY (enterprise_id, place)
);

-- enterprise_reassignment: an act that gave many subjects another station, or the plan of one.
CREATE TABLE enterprise_reassignment (
    id TEXT PRIMARY KEY,
    state TEXT NOT NULL,
    person TEXT NOT NULL,
    department TEXT NOT NULL,
    at TIMESTAMPTZ NOT NULL,
    what TEXT NOT NULL,
    missing TEXT NOT NULL,
    station TEXT NOT NULL,
    reason TEXT NOT NULL,
    count BIGINT NOT NULL,
    undoes TEXT NOT NULL
);

-- enterprise_assigned: a subject of a reassignment, with the station before and after; without an instant it is only planned.
CREATE TABLE enterprise_assigned (
    enterprise_id TEXT NOT NULL,
    act TEXT NOT NULL,
    was TEXT NOT NULL DEFAULT '',
    station TEXT NOT NULL DEFAULT '',
    at TIMESTAMPTZ,
    PRIMARY KEY (enterprise_id, act)
);
CREATE INDEX enterprise_assigned_act ON enterprise_assigned (act, enterprise_id);

-- enterprise_gone: a subject none of whose registrations holds any more. Nobody finds it but officers who ask for its past. merged_into
-- is the subject that it turned out to be, to which its registrations moved.
CREATE TABLE enterprise_gone (
    id TEXT PRIMARY KEY,
    uscc TEXT NOT NULL,
    name TEXT NOT NULL,
    kind TEXT NOT NULL,
    division TEXT NOT NULL,
    authority TEXT NOT NULL,
    merged_into TEXT NOT NULL DEFAULT '' -- the subject that turned out to be the same
);
CREATE INDEX enterprise_gone_into ON enterprise_gone (merged_into) WHERE merged_into <> '';
CREATE INDEX enterprise_gone_uscc ON enterprise_gone (uscc);
