-- Which coordinator's book a job is in: what one of them says to have paid for is never held against another's. What was
-- written before there were names is in the book without one.
ALTER TABLE job ADD COLUMN book TEXT NOT NULL DEFAULT '';
ALTER TABLE job ADD COLUMN kind TEXT NOT NULL DEFAULT 'text';
ALTER TABLE job ADD COLUMN engine TEXT;
ALTER TABLE job ADD COLUMN first_token_at INTEGER;  -- milliseconds since 1970 UTC

-- Two coordinators may give the same id. Within one book a job is still credited once.
DROP INDEX job_credited_once;
CREATE UNIQUE INDEX job_credited_once ON job (book, job_id) WHERE den_hundredths > 0;
DROP INDEX job_by_id;
CREATE INDEX job_by_id ON job (book, job_id, attempt);
CREATE INDEX job_by_end ON job (book, ended_at);

-- Who sent what paid a row. No endpoint of the Grid confirms its treasury's address, so this is for showing.
ALTER TABLE payout ADD COLUMN sender TEXT;

-- What a coordinator stated at some moment, to be held against our own rows from then on.
CREATE TABLE stated (
    id             INTEGER PRIMARY KEY,
    book           TEXT    NOT NULL,
    subject        TEXT    NOT NULL,            -- a worker's name or a wallet
    at             INTEGER NOT NULL,            -- milliseconds since 1970 UTC
    jobs           INTEGER NOT NULL,
    den_hundredths INTEGER NOT NULL,
    is_baseline    INTEGER NOT NULL             -- 1 if the count begins here
) STRICT;

CREATE INDEX stated_by_subject ON stated (book, subject, id);
