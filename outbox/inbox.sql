CREATE TABLE {{inbox}} (
    consumer text NOT NULL,
    event    text NOT NULL,
    at       timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (consumer, event)
);
CREATE INDEX ON {{inbox}} (at);
