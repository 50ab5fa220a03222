-- What the steps of a checkout do, under the step's key.
CREATE TABLE shop.stock (
	sku      text    PRIMARY KEY,
	quantity integer NOT NULL CHECK (quantity >= 0)
);
INSERT INTO shop.stock (sku, quantity) VALUES
	('kettle-09', 100000), ('grinder-14', 100000), ('cups-02', 100000), ('filters-100', 100000);

CREATE TABLE shop.reservations (
	key      text    NOT NULL,
	line     integer NOT NULL,
	order_id text    NOT NULL,
	sku      text    NOT NULL,
	quantity integer NOT NULL CHECK (quantity > 0),
	PRIMARY KEY (key, line)
);

CREATE TABLE shop.payments (
	key         text        PRIMARY KEY,
	order_id    text        NOT NULL,
	cents       bigint      NOT NULL CHECK (cents > 0),
	paid_at     timestamptz NOT NULL DEFAULT now(),
	refunded_at timestamptz
);

-- What the page shows of a checkout: where the machine says the order is, and the journal of the saga. Both are told by
-- events, which may come again.
CREATE TABLE shop.progress (
	order_id text   PRIMARY KEY,
	state    text   NOT NULL DEFAULT '',
	version  bigint NOT NULL DEFAULT 0,
	saga     text   NOT NULL DEFAULT '',
	reason   text   NOT NULL DEFAULT ''
);

CREATE TABLE shop.journal (
	order_id text        NOT NULL,
	event_id text        NOT NULL,
	line     integer     NOT NULL,
	at       timestamptz NOT NULL,
	source   text        NOT NULL,
	text     text        NOT NULL,
	outcome  text        NOT NULL,
	seq      bigint GENERATED ALWAYS AS IDENTITY,
	PRIMARY KEY (order_id, event_id, line)
);
