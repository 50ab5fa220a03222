CREATE TABLE IF NOT EXISTS {{table}} (
    id            uuid PRIMARY KEY,
    aggregatetype text NOT NULL,
    aggregateid   text NOT NULL,
    type          text NOT NULL,
    payload       {{payload}},
    specversion   text,
    source        text,
    subject       text,
    time          text,
    dataschema    text,
    contenttype   text,
    tenant        text,
    traceparent   text,
    tracestate    text,
    requestid     text,
    principal     text,
    locale        text
);
