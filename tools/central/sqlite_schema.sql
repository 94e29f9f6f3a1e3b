CREATE TABLE device (
    source   TEXT PRIMARY KEY,
    enrolled INTEGER NOT NULL,
    how      TEXT NOT NULL,
    flow     TEXT NOT NULL DEFAULT '',
    journal  TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE TABLE device_key (
    source  TEXT NOT NULL REFERENCES device (source),
    kid     TEXT NOT NULL,
    jwk     TEXT NOT NULL,
    since   INTEGER NOT NULL,
    revoked INTEGER,
    PRIMARY KEY (source, kid)
) STRICT;
CREATE TABLE chain (
    id      INTEGER PRIMARY KEY,
    source  TEXT NOT NULL,
    journal TEXT NOT NULL,
    head    INTEGER NOT NULL DEFAULT 0,
    hash    TEXT NOT NULL DEFAULT '0000000000000000000000000000000000000000000000000000000000000000',
    waiting INTEGER NOT NULL DEFAULT 0,
    asked   INTEGER,
    asks    INTEGER NOT NULL DEFAULT 0,
    UNIQUE (source, journal)
) STRICT;
CREATE INDEX chain_waiting ON chain (id) WHERE waiting > 0;
CREATE TABLE event (
    chain       INTEGER NOT NULL REFERENCES chain (id),
    sequence    INTEGER NOT NULL,
    hash        BLOB NOT NULL,
    type        TEXT NOT NULL,
    occurred    INTEGER NOT NULL,
    stored      INTEGER NOT NULL,
    transaction_id TEXT NOT NULL,
    simulated   INTEGER NOT NULL,
    body        BLOB NOT NULL,
    UNIQUE (chain, sequence)
) STRICT;
CREATE INDEX event_occurred ON event (occurred);
CREATE TABLE waiting (
    chain       INTEGER NOT NULL REFERENCES chain (id),
    sequence    INTEGER NOT NULL,
    previous    TEXT NOT NULL,
    hash        BLOB NOT NULL,
    type        TEXT NOT NULL,
    occurred    INTEGER NOT NULL,
    stored      INTEGER NOT NULL,
    transaction_id TEXT NOT NULL,
    simulated   INTEGER NOT NULL,
    body        BLOB NOT NULL,
    PRIMARY KEY (chain, sequence)
) STRICT;
CREATE TABLE gap (
    chain    INTEGER NOT NULL REFERENCES chain (id),
    first    INTEGER NOT NULL,
    last     INTEGER NOT NULL,
    accepted INTEGER NOT NULL,
    why      TEXT NOT NULL
) STRICT;
CREATE TABLE refusal (
    source   TEXT NOT NULL,
    reason   TEXT NOT NULL,
    count    INTEGER NOT NULL,
    first    INTEGER NOT NULL,
    last     INTEGER NOT NULL,
    PRIMARY KEY (source, reason)
) STRICT;
CREATE TABLE quarantine (
    id       INTEGER PRIMARY KEY,
    arrived  INTEGER NOT NULL,
    source   TEXT NOT NULL,
    reason   TEXT NOT NULL,
    detail   TEXT NOT NULL,
    topic    TEXT NOT NULL,
    sequence INTEGER,
    size     INTEGER NOT NULL,
    body     BLOB NOT NULL
) STRICT;
CREATE INDEX quarantine_reason ON quarantine (source, reason);
