ALTER TABLE shop.orders ADD COLUMN email text NOT NULL DEFAULT '';

-- Mails that went out. No constraint keeps a mail from being here twice: that its job is done in the transaction that writes it does.
CREATE TABLE shop.mails (
	id        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	job_id    text        NOT NULL,
	attempt   integer     NOT NULL,
	order_id  text        NOT NULL,
	recipient text        NOT NULL,
	subject   text        NOT NULL,
	body      text        NOT NULL,
	kept_at   timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX ON shop.mails (job_id);

-- What the page shows of the queue, as its events tell it. An event of a lower offset is older, and has been seen.
CREATE TABLE shop.mail_jobs (
	id      text PRIMARY KEY,
	state   text        NOT NULL,
	attempt integer     NOT NULL,
	due     timestamptz,
	reason  text        NOT NULL,
	at      timestamptz NOT NULL,
	told    bigint      NOT NULL
);
CREATE INDEX ON shop.mail_jobs (at);
CREATE INDEX ON shop.mail_jobs (state);
