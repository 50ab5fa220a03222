ALTER TABLE {{table}} ADD COLUMN IF NOT EXISTS seq bigint, ADD COLUMN IF NOT EXISTS xact bigint;
CREATE SEQUENCE IF NOT EXISTS {{sequence}} OWNED BY {{table}}.seq;
GRANT USAGE, SELECT ON SEQUENCE {{sequence}} TO PUBLIC;
ALTER TABLE {{table}}
    ALTER COLUMN seq SET DEFAULT txid_current() * 0 + nextval('{{sequence}}'), -- the transaction's id comes first; see pollFloor
    ALTER COLUMN xact SET DEFAULT txid_current(),
    SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000, autovacuum_vacuum_cost_delay = 0);
CREATE UNIQUE INDEX IF NOT EXISTS {{index}} ON {{table}} (seq) WHERE seq IS NOT NULL;
CREATE TABLE IF NOT EXISTS {{poller}} (one boolean PRIMARY KEY DEFAULT true CHECK (one), owner text NOT NULL);
CREATE OR REPLACE FUNCTION {{function}}() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
CREATE OR REPLACE TRIGGER outbox_polled BEFORE DELETE ON {{table}}
    FOR EACH ROW WHEN (OLD.seq IS NOT NULL AND OLD.xact = txid_current()) EXECUTE FUNCTION {{function}}();
