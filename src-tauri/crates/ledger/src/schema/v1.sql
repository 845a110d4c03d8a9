CREATE TABLE job (
    attempt           INTEGER PRIMARY KEY,
    job_id            TEXT    NOT NULL,
    worker_name       TEXT    NOT NULL,
    model             TEXT    NOT NULL,
    state             TEXT    NOT NULL CHECK (state IN (
        'running', 'delivered', 'settled', 'unconfirmed', 'refused', 'failed', 'abandoned')),
    accepted_at       INTEGER NOT NULL,           -- milliseconds since 1970 UTC
    ended_at          INTEGER,
    finish_reason     TEXT,
    prompt_tokens     INTEGER,
    completion_tokens INTEGER,
    result_hash       TEXT,                       -- SHA-256 of the text, which is not stored
    signed            INTEGER,                    -- 1 if a receipt was sent
    den_hundredths    INTEGER                     -- what the coordinator's ack said
) STRICT;

CREATE INDEX job_by_id ON job (job_id, attempt);

-- One credit for one job, whatever is redelivered, repeated or replayed.
CREATE UNIQUE INDEX job_credited_once ON job (job_id) WHERE den_hundredths > 0;
