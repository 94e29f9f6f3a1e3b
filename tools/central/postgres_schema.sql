CREATE TABLE device (
    source   text PRIMARY KEY,
    enrolled timestamptz NOT NULL,
    how      text NOT NULL,
    flow     text NOT NULL DEFAULT '',
    journal  text NOT NULL DEFAULT ''
);
CREATE TABLE device_key (
    source  text NOT NULL REFERENCES device (source),
    kid     text NOT NULL,
    jwk     text NOT NULL,
    since   timestamptz NOT NULL,
    revoked timestamptz,
    PRIMARY KEY (source, kid)
);
-- Heads move with every batch: room for updates within the page keeps the indexes still.
CREATE TABLE chain (
    id      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    source  text NOT NULL,
    journal text NOT NULL,
    head    bigint NOT NULL DEFAULT 0,
    hash    text NOT NULL DEFAULT repeat('0', 64),
    waiting integer NOT NULL DEFAULT 0,
    asked   timestamptz,
    asks    integer NOT NULL DEFAULT 0,
    UNIQUE (source, journal)
) WITH (fillfactor = 50);
-- Partitioned by when it was stored: that clock is ours, a gate's may be wrong.  What makes an event
-- unique is the locked row of its chain; the key says so within a partition.
CREATE TABLE event (
    chain       bigint NOT NULL,
    sequence    bigint NOT NULL,
    hash        bytea NOT NULL,
    type        text NOT NULL,
    occurred    timestamptz NOT NULL,
    stored      timestamptz NOT NULL,
    transaction_id text NOT NULL,
    simulated   boolean NOT NULL,
    body        bytea NOT NULL,
    UNIQUE (chain, sequence, stored)
) PARTITION BY RANGE (stored);
CREATE INDEX event_occurred ON event USING brin (occurred);
CREATE TABLE waiting (
    chain       bigint NOT NULL REFERENCES chain (id),
    sequence    bigint NOT NULL,
    previous    text NOT NULL,
    hash        bytea NOT NULL,
    type        text NOT NULL,
    occurred    timestamptz NOT NULL,
    stored      timestamptz NOT NULL,
    transaction_id text NOT NULL,
    simulated   boolean NOT NULL,
    body        bytea NOT NULL,
    PRIMARY KEY (chain, sequence)
);
CREATE TABLE gap (
    chain    bigint NOT NULL REFERENCES chain (id),
    first    bigint NOT NULL,
    last     bigint NOT NULL,
    accepted timestamptz NOT NULL,
    why      text NOT NULL
);
CREATE TABLE refusal (
    source   text NOT NULL,
    reason   text NOT NULL,
    count    bigint NOT NULL,
    first    timestamptz NOT NULL,
    last     timestamptz NOT NULL,
    PRIMARY KEY (source, reason)
);
CREATE TABLE quarantine (
    id       bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    arrived  timestamptz NOT NULL,
    source   text NOT NULL,
    reason   text NOT NULL,
    detail   text NOT NULL,
    topic    text NOT NULL,
    sequence bigint,
    size     integer NOT NULL,
    body     bytea NOT NULL
);
CREATE INDEX quarantine_reason ON quarantine (source, reason);
