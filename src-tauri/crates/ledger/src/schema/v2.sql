-- Everything about money belongs to one chain, by its whole name: a practice chain that was started anew is another one.

-- What the owner agreed to, word for word.
CREATE TABLE plan (
    chain        TEXT    NOT NULL,
    id           TEXT    NOT NULL,
    wallet       TEXT    NOT NULL,
    text         TEXT    NOT NULL,
    confirmation TEXT    NOT NULL CHECK (confirmation IN ('native', 'scripted')),
    state        TEXT    NOT NULL CHECK (state IN ('open', 'done', 'failed', 'stopped')),
    agreed_at    INTEGER NOT NULL,              -- milliseconds since 1970 UTC
    ended_at     INTEGER,
    PRIMARY KEY (chain, id)
) STRICT;

-- One thing at a time: two clicks are one plan.
CREATE UNIQUE INDEX plan_open_once ON plan (chain, wallet) WHERE state = 'open';

-- A row is written before a signature is made, and the signed bytes before they are sent.
CREATE TABLE money_transaction (
    id           INTEGER PRIMARY KEY,
    chain        TEXT    NOT NULL,
    plan         TEXT    NOT NULL,
    step         INTEGER NOT NULL,
    wallet       TEXT    NOT NULL,
    intent       TEXT    NOT NULL,
    nonce        INTEGER NOT NULL,
    gas_limit    INTEGER NOT NULL,
    max_fee      TEXT    NOT NULL,              -- wei per gas
    tip          TEXT    NOT NULL,              -- wei per gas
    data_fee     TEXT    NOT NULL,              -- wei for the data on L1, as agreed for this transaction
    state        TEXT    NOT NULL CHECK (state IN ('prepared', 'signed', 'mined', 'reverted', 'void')),
    hash         TEXT,
    raw          BLOB,
    block        INTEGER,
    stage        TEXT    CHECK (stage IN ('seen', 'safe', 'final')),
    prepared_at  INTEGER NOT NULL,
    FOREIGN KEY (chain, plan) REFERENCES plan (chain, id),
    CHECK ((state IN ('prepared', 'void') AND raw IS NULL) OR (raw IS NOT NULL AND hash IS NOT NULL))
) STRICT;

-- One step of a plan is done by one transaction, and one place in the wallet's row is used once.
CREATE UNIQUE INDEX money_transaction_once ON money_transaction (chain, plan, step)
    WHERE state NOT IN ('void', 'reverted');
CREATE UNIQUE INDEX money_transaction_nonce ON money_transaction (chain, wallet, nonce) WHERE state <> 'void';

-- What the Grid says it pays. Kept for good, because the Grid shows the newest 200 rows only.
CREATE TABLE payout (
    id             INTEGER PRIMARY KEY,         -- in the order in which the rows were first seen
    chain          TEXT    NOT NULL,
    period         TEXT    NOT NULL,
    amount         TEXT    NOT NULL,            -- base units of AIPG
    nth            INTEGER NOT NULL,            -- counted from 1: merged accounts have equal rows
    den_hundredths INTEGER NOT NULL,
    status         TEXT    NOT NULL,
    address        TEXT,
    tx_hash        TEXT,
    seen_at        INTEGER NOT NULL,
    proven_block   INTEGER                      -- where the transfer was found on the chain
) STRICT;

CREATE UNIQUE INDEX payout_once ON payout (chain, period, amount, nth);

-- One transfer pays one row.
CREATE UNIQUE INDEX payout_proven_once ON payout (chain, tx_hash) WHERE proven_block IS NOT NULL;
