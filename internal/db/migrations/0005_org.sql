-- +goose Up
-- org_department: a department, bureau or station that acts here, under the code that never changes.
CREATE TABLE org_department (
    code TEXT PRIMARY KEY,
    level TEXT NOT NULL,
    uscc TEXT NOT NULL,
    division TEXT NOT NULL,
    parent TEXT NOT NULL,
    successor TEXT NOT NULL
);
-- org_department_name: what a department was called from a day until another, and what its papers said then.
CREATE TABLE org_department_name (
    department TEXT NOT NULL REFERENCES org_department (code),
    valid_from DATE NOT NULL,
    valid_until DATE,
    name TEXT NOT NULL,
    short TEXT NOT NULL,
    prefix TEXT NOT NULL,
    reconsideration TEXT NOT NULL,
    court TEXT NOT NULL,
    PRIMARY KEY (department, valid_from)
);
-- org_post: a post in a department, from a day until another; who holds it stands in org_holder.
CREATE TABLE org_post (
    id TEXT PRIMARY KEY,
    department TEXT NOT NULL REFERENCES org_department (code),
    role TEXT NOT NULL,
    title TEXT NOT NULL,
    division TEXT NOT NULL,
    valid_from DATE NOT NULL,
    valid_until DATE
);
-- org_user: a person who can log in. password is an argon2id hash with its parameters.
CREATE TABLE org_user (
    id TEXT PRIMARY KEY,
    login TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    password TEXT NOT NULL,
    must_change BOOLEAN NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    disabled_at TIMESTAMPTZ
);
-- org_holder: a person holds a post from a day until another.
CREATE TABLE org_holder (
    user_id TEXT NOT NULL REFERENCES org_user (id),
    post_id TEXT NOT NULL REFERENCES org_post (id),
    valid_from DATE NOT NULL,
    valid_until DATE,
    PRIMARY KEY (user_id, post_id, valid_from)
);
-- org_attempt: how often logging in failed of late, per login and per remote address; who is the hash of either.
CREATE TABLE org_attempt (
    who TEXT PRIMARY KEY,
    failures BIGINT NOT NULL,
    last_at TIMESTAMPTZ NOT NULL
);
-- org_session: a browser that is logged in, under the hash of its token. A revoked row stays until it expires, so that a
-- request under way cannot write the session anew.
CREATE TABLE org_session (
    id TEXT PRIMARY KEY,
    user_id TEXT NOT NULL,
    data BYTEA NOT NULL,
    expires_at TIMESTAMPTZ NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    seen_at TIMESTAMPTZ NOT NULL,
    remote TEXT NOT NULL,
    agent TEXT NOT NULL,
    revoked_at TIMESTAMPTZ
);
CREATE INDEX org_session_user ON org_session (user_id);
CREATE INDEX org_session_expires ON org_session (expires_at);
-- org_key: a key with which a department's system acts. Only the hash of its secret is kept. kinds are the kinds of record that it
-- may send, with blanks between them; none is all.
CREATE TABLE org_key (
    id TEXT PRIMARY KEY,
    department TEXT NOT NULL REFERENCES org_department (code),
    label TEXT NOT NULL,
    acts TEXT NOT NULL,
    kinds TEXT NOT NULL,
    secret TEXT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    created_by TEXT NOT NULL,
    revoked_at TIMESTAMPTZ,
    used_at TIMESTAMPTZ
);
