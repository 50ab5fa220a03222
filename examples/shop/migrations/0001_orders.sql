CREATE TABLE shop.orders (
	seq         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	id          text        NOT NULL UNIQUE,
	customer    text        NOT NULL,
	total_cents bigint      NOT NULL CHECK (total_cents > 0),
	placed_at   timestamptz NOT NULL
);

CREATE TABLE shop.order_items (
	order_id    text    NOT NULL REFERENCES shop.orders (id) ON DELETE CASCADE,
	line        integer NOT NULL,
	sku         text    NOT NULL,
	quantity    integer NOT NULL CHECK (quantity > 0),
	price_cents bigint  NOT NULL CHECK (price_cents > 0),
	PRIMARY KEY (order_id, line)
);

-- The fulfilment's own state. It refers to no order: it knows only the events, as a service of its own would.
CREATE TABLE shop.fulfilments (
	order_id    text        PRIMARY KEY,
	event_id    text        NOT NULL,
	accepted_at timestamptz NOT NULL
);
