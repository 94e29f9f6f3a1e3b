-- Other histories of a chain: a journal was copied, or turned back.  What makes an event unique here
-- is its hash; the one before it is here too, or in `event`.
CREATE TABLE IF NOT EXISTS forked (
    chain       bigint NOT NULL REFERENCES chain (id),
    sequence    bigint NOT NULL,
    hash        bytea NOT NULL,
    type        text NOT NULL,
    occurred    timestamptz NOT NULL,
    stored      timestamptz NOT NULL,
    transaction_id text NOT NULL,
    simulated   boolean NOT NULL,
    body        bytea NOT NULL,
    PRIMARY KEY (chain, hash)
);
