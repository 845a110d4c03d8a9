-- When the Grid says that it paid a row: the day on which it is counted. Milliseconds since 1970.
ALTER TABLE payout ADD COLUMN paid_at INTEGER;
