package debezium_test

import "fmt"

const (
	stringConverter = "org.apache.kafka.connect.storage.StringConverter"
	jsonConverter   = "org.apache.kafka.connect.json.JsonConverter"
	bytesConverter  = "org.apache.kafka.connect.converters.ByteArrayConverter"
	binaryConverter = "io.debezium.converters.BinaryDataConverter"
)

// id is the id of a twin's row.
func id(n int) string { return fmt.Sprintf("00000000-0000-4000-8000-%012d", n) }

// row inserts a row of the usual table.
func row(n int, key, payload string) string {
	return fmt.Sprintf("INSERT INTO § (id, aggregatetype, aggregateid, type, payload) VALUES ('%s', '§', %s, 'Made', %s)", id(n), key, payload)
}

var usual = []string{"outbox.event.§"}

// lives are what happens to rows beside being inserted: only inserts that were committed are events.
func lives(payload string) []string {
	return []string{
		row(1, "'a'", payload),
		"UPDATE § SET type = 'Changed'",
		"DELETE FROM §",
		"BEGIN; " + row(2, "'b'", payload) + "; DELETE FROM §; COMMIT",
		"BEGIN; " + row(3, "'c'", payload) + "; ROLLBACK",
		row(4, "''", payload), row(5, "NULL", payload), row(6, "'ключ 🔑'", payload), row(7, "'n'", "NULL"),
	}
}

const livesWants = 6

func converterTwins() []twin {
	schemas := map[string]string{"key.converter": jsonConverter, "value.converter": jsonConverter}
	bare := map[string]string{
		"key.converter": jsonConverter, "key.converter.schemas.enable": "false",
		"value.converter": jsonConverter, "value.converter.schemas.enable": "false",
	}
	text := []string{
		row(11, "'u'", `'ünïcødé 漢字 🔑 "quoted" \ / ' || chr(1) || chr(127) || E'\t\n'`),
		row(12, "'large'", "repeat('x', 900000)"), row(13, "'empty'", "''"), row(14, "'blank'", "'  '"),
	}
	json := []string{
		row(11, "'u'", `'{"z": 1, "a"  :  "ünï 🔑\u00e9", "b":[ ]}'`),
		row(12, "'large'", `('"' || repeat('x', 900000) || '"')::json`), row(13, "'scalar'", "'1.50'"), row(14, "'null'", "'null'"),
	}
	return []twin{
		{name: "text", payload: "text", topics: usual, rows: append(lives("'plain'"), text...), wants: livesWants + 4},
		{name: "json", payload: "json", topics: usual, rows: append(lives(`'{"b" :1,  "a":2}'`), json...), wants: livesWants + 4},
		{name: "jsonb", payload: "jsonb", topics: usual, rows: append(lives(`'{"b" :1,  "a":2}'`), json...), wants: livesWants + 4},
		{
			name: "bytea", payload: "bytea", topics: usual, config: map[string]string{"value.converter": binaryConverter},
			rows:  append(lives(`'\x00ff7b'`), row(11, "'empty'", `''`), row(12, "'large'", `decode(repeat('00ff', 450000), 'hex')`)),
			wants: livesWants + 2,
		},
		{
			name: "bytes", payload: "bytea", topics: usual, config: map[string]string{"value.converter": bytesConverter},
			rows: lives(`'\x00ff7b'`), wants: livesWants,
		},
		{name: "schemas", payload: "json", topics: usual, config: schemas, rows: append(lives(`'{"b" :1}'`), json...), wants: livesWants + 4},
		{name: "bare", payload: "text", topics: usual, config: bare, rows: append(lives("'plain'"), text...), wants: livesWants + 4},
		{name: "barebytes", payload: "bytea", topics: usual, config: bare, rows: lives(`'\x00ff7b'`), wants: livesWants},
		{name: "schemabytes", payload: "bytea", topics: usual, config: schemas, rows: lives(`'\x00ff7b'`), wants: livesWants},
		{
			name: "delegate", payload: "text", topics: usual, rows: append(lives("'plain'"), text...), wants: livesWants + 4,
			config: map[string]string{
				"key.converter": binaryConverter, "key.converter.delegate.converter.type": stringConverter,
				"value.converter": binaryConverter, "value.converter.delegate.converter.type": jsonConverter,
				"value.converter.delegate.converter.type.schemas.enable": "false",
			},
		},
		{
			name: "defaults", columns: `id uuid DEFAULT gen_random_uuid() PRIMARY KEY, aggregatetype text NOT NULL DEFAULT '§',
				aggregateid text DEFAULT 'it''s', type text, payload jsonb DEFAULT '{"d": 1}'`,
			topics: usual, config: schemas, wants: 2, rows: []string{
				row(1, "'a'", "'{}'"), row(2, "NULL", "NULL"),
			},
		},
	}
}
