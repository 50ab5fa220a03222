CREATE OR REPLACE FUNCTION {{function}}() RETURNS trigger LANGUAGE plpgsql AS
    'BEGIN PERFORM pg_notify(TG_ARGV[0], ''''); RETURN NULL; END';
CREATE OR REPLACE TRIGGER outbox_notify AFTER INSERT ON {{table}}
    FOR EACH STATEMENT EXECUTE FUNCTION {{function}}({{channel}});
