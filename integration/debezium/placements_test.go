package debezium_test

import (
	"maps"
	"strings"
)

// everyType is a table with a column of each type that the relay knows, and rows with their corners.
const everyType = `id uuid PRIMARY KEY, aggregatetype text NOT NULL, aggregateid text NOT NULL, type text, payload text,
	c_bool boolean, c_int2 smallint, c_int4 integer, c_int8 bigint, c_oid oid, c_float4 real, c_float8 double precision,
	c_numeric numeric(12, 3), c_small numeric(12, 9), c_whole numeric(5, 0), c_free numeric,
	c_text text, c_varchar varchar(20), c_char char(5), c_uuid uuid, c_json json, c_jsonb jsonb, c_xml xml,
	c_date date, c_time time, c_time0 time(0), c_timetz timetz, c_stamp timestamp, c_stamp3 timestamp(3), c_stamp0 timestamp(0),
	c_stamptz timestamptz, c_stamptz3 timestamptz(3), c_bytea bytea, c_inet inet, c_cidr cidr, c_mac macaddr, c_mood §_mood, c_email §_email`

const typeNames = "c_bool c_int2 c_int4 c_int8 c_oid c_float4 c_float8 c_numeric c_small c_whole c_free c_text c_varchar c_char " +
	"c_uuid c_json c_jsonb c_xml c_date c_time c_time0 c_timetz c_stamp c_stamp3 c_stamp0 c_stamptz c_stamptz3 c_bytea c_inet c_cidr " +
	"c_mac c_mood c_email"

func typed(n int, values string) string {
	return "INSERT INTO § (id, aggregatetype, aggregateid, type, payload, " + strings.ReplaceAll(typeNames, " ", ", ") + ") VALUES ('" + id(n) +
		"', '§', 'k', 'Made', 'p', " + values + ")"
}

var typedRows = []string{
	typed(1, `true, 7, -70000, 9000000000000000000, 4000000000, 1.5, 1e10, 12.5, 0.000000012, 12345, 1.2500,
		'tëxt "q"', 'v', 'ab', 'F47AC10B-58CC-4372-A567-0E02B2C3D479', '{"a" : 1}', '{"b":1,"a":2}', '<a>1</a>',
		'2020-01-01', '13:51:30.123456', '13:51:30', '13:51:30.1234+02', '2019-03-24 18:52:59.123456',
		'2019-03-24 18:52:59.123', '2019-03-24 18:52:59',
		'2019-03-24 18:52:59.123456+03', '2019-03-24 18:52:59.12+00', '\x00ff', '192.168.1.5/24', '10.0.0.0/8', '08:00:2b:01:02:03',
		'sad "x"', 'a@b.c'`),
	typed(2, `false, -32768, 0, -1, 0, 1e-10, 0.001, -0.001, 0, 0, -1000000,
		'', '', '', '00000000-0000-0000-0000-000000000000', 'null', '[]', '<b/>',
		'1969-12-31', '00:00:00', '24:00:00', '00:00:00+00', '1969-12-31 23:59:59.999999', '1900-01-01 00:00:00.5', '0001-01-01',
		'2019-03-24 18:52:59+00', '2019-03-24 18:52:59+00', '', '::1', '::/0', '00:00:00:00:00:00', 'happy', ''`),
	typed(3, `NULL`+strings.Repeat(", NULL", 32)),
	typed(4, `true, 1, 1, 1, 1, 'NaN', '-Infinity', 999999999.999, 1, -7, 123456789012345678901234567890.5,
		E'a\tb\\c', 'x', 'abcde', 'f47ac10b-58cc-4372-a567-0e02b2c3d479', '1', '1', '<c/>',
		'0044-03-15 BC', '23:59:59.9', '00:00:01', '23:00:00-05:30', '12345-01-01 01:02:03', '2262-04-11 23:47:16.854', '2000-01-01',
		'0044-03-15 00:00:00 BC', '12345-01-01 01:02:03+00', '\x01', 'fe80::1', '1.2.3.4/32', 'ff:ff:ff:ff:ff:ff', 'happy', 'x'`),
	typed(5, `true, 1, 1, 1, 1, 3.4028235e38, 4.9e-324, 0.1, 1, 1, 0,
		'i', 'x', 'abcde', 'f47ac10b-58cc-4372-a567-0e02b2c3d479', '1', '1', '<c/>',
		'-infinity', '23:59:59.9', '00:00:01', '23:59:59-12', '2000-02-29 00:00:00', '2000-01-01', '2000-01-01',
		'infinity', '-infinity', '\x01', 'fe80::1', '1.2.3.4/32', 'ff:ff:ff:ff:ff:ff', 'happy', 'x'`),
	typed(6, `true, 1, 1, 1, 1, 123456.789, 1234567.125, 0.1, 1, 1, 0.00001,
		'i', 'x', 'abcde', 'f47ac10b-58cc-4372-a567-0e02b2c3d479', '1', '1', '<c/>',
		'infinity', '23:59:59.9', '00:00:01', '23:59:59-12', 'infinity', '-infinity', 'infinity',
		'9999-12-31 23:59:59.999999+00', '1970-01-01+00', '\x01', 'fe80::1', '1.2.3.4/32', 'ff:ff:ff:ff:ff:ff', 'happy', 'x'`),
}

// typeTwin places every type somewhere.
func typeTwin(name, where string, config map[string]string) twin {
	var placed []string
	for column := range strings.FieldsSeq(typeNames) {
		placed = append(placed, column+":"+where)
	}
	config = maps.Clone(config)
	config["router.table.fields.additional.placement"] = strings.Join(placed, ",")
	return twin{name: name, columns: everyType, topics: usual, config: config, rows: typedRows, wants: len(typedRows)}
}

func placementTwins() []twin {
	bare := map[string]string{"value.converter": jsonConverter, "value.converter.schemas.enable": "false"}
	modes := map[string]string{
		"decimal.handling.mode": "string", "time.precision.mode": "microseconds", "binary.handling.mode": "base64",
	}
	doubles := map[string]string{
		"decimal.handling.mode": "double", "binary.handling.mode": "hex",
		"header.converter": jsonConverter, "header.converter.schemas.enable": "false",
	}
	plain := map[string]string{
		"value.converter": jsonConverter, "value.converter.decimal.format": "NUMERIC", "time.precision.mode": "adaptive_time_microseconds",
		"binary.handling.mode": "base64-url-safe",
	}
	twins := []twin{
		typeTwin("headers", "header", map[string]string{}),
		typeTwin("headermodes", "header", modes),
		typeTwin("headerjson", "header", doubles),
		typeTwin("headerschemas", "header", map[string]string{"header.converter": jsonConverter}),
		typeTwin("envelope", "envelope", bare),
		typeTwin("envelopeschemas", "envelope", plain),
		{
			name: "places", columns: "id uuid PRIMARY KEY, aggregatetype text NOT NULL, aggregateid text, type text, payload text, " +
				"p integer, v integer",
			topics: []string{"outbox.event.§", "outbox.event.§x"}, wants: 4,
			config: map[string]string{
				"router.table.fields.additional.placement": "type:header, id:header:ce_id,gone:header,gone:envelope,p:partition," +
					"type:envelope:kind,p:envelope",
				"router.table.field.additional.missing": "ignore", "router.table.field.event.schema.version": "v",
				"value.converter": jsonConverter,
			},
			rows: []string{
				"INSERT INTO § VALUES ('" + id(1) + "', '§', 'a', 'Made', 'x', 2, 3)", "INSERT INTO § VALUES ('" + id(2) +
					"', '§', 'a', NULL, NULL, 0, NULL)",
				"INSERT INTO § VALUES ('" + id(3) + "', '§', NULL, 'Made', '', 1, 4)", "INSERT INTO § VALUES ('" + id(4) +
					"', '§x', 'a', 'Made', 'x', 1, 3)",
			},
		},
	}
	for i, w := range twins {
		if w.columns == everyType {
			twins[i].before = []string{
				`CREATE TYPE §_mood AS ENUM ('sad "x"', 'happy')`,
				`CREATE DOMAIN §_email AS varchar(40) CHECK (VALUE <> 'no')`,
			}
		}
	}
	return twins
}
