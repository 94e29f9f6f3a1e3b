-- Other histories of a chain: a journal was copied, or turned back.  What makes an event unique here
-- is its hash; the one before it is here too, or in `event`.
CREATE TABLE IF NOT EXISTS forked (
    chain       INTEGER NOT NULL REFERENCES chain (id),
    sequence    INTEGER NOT NULL,
    hash        BLOB NOT NULL,
    type        TEXT NOT NULL,
    occurred    INTEGER NOT NULL,
    stored      INTEGER NOT NULL,
    transaction_id TEXT NOT NULL,
    simulated   INTEGER NOT NULL,
    body        BLOB NOT NULL,
    PRIMARY KEY (chain, hash)
) STRICT;
