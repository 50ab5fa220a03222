-- What seals the secrets of endpoints in Kafka.
CREATE TABLE shop.seal_keys (
	id     text  PRIMARY KEY,
	secret bytea NOT NULL
);

-- The receiver's side: the secrets that it verifies by, and the events that it has handled, each once.
CREATE TABLE shop.receiver_secrets (
	endpoint text PRIMARY KEY,
	secret   text NOT NULL
);

CREATE TABLE shop.received (
	id          text PRIMARY KEY,
	type        text        NOT NULL,
	refused     integer     NOT NULL, -- on purpose, before it was taken
	taken       integer     NOT NULL, -- once, and each time that it came again
	received_at timestamptz NOT NULL DEFAULT now()
);

-- What the page shows of deliveries, as their attempts are told.
CREATE TABLE shop.deliveries (
	endpoint text             NOT NULL,
	event    text             NOT NULL,
	type     text             NOT NULL,
	attempt  integer          NOT NULL,
	status   integer          NOT NULL,
	failed   text             NOT NULL,
	outcome  text             NOT NULL,
	at       timestamptz      NOT NULL,
	took_ms  double precision NOT NULL,
	next     timestamptz,
	PRIMARY KEY (endpoint, event)
);
CREATE INDEX ON shop.deliveries (at);
