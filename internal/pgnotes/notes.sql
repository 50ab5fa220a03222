CREATE TABLE IF NOT EXISTS {{table}} (
    key    text PRIMARY KEY,
    undone boolean NOT NULL DEFAULT false,
    result json,
    at     timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX IF NOT EXISTS {{index}} ON {{table}} (at);
