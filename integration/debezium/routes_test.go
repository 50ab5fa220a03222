package debezium_test

func routeTwins() []twin {
	return []twin{
		{
			name: "named", columns: "event_id bigint PRIMARY KEY, kind text NOT NULL, owner integer, body text, happened timestamp",
			topics: []string{"§-in-§", "§-x-§"}, wants: 3,
			config: map[string]string{
				"router.table.field.event.id": "event_id", "router.table.field.event.key": "owner", "router.table.field.event.payload": "body",
				"router.table.field.event.timestamp": "happened", "router.route.by.field": "kind", "router.table.field.event.type": "none",
				"router.route.topic.regex": `(?<what>[a-z]+)\.§`, "router.route.topic.replacement": `§-${what}-§`,
			},
			rows: []string{
				"INSERT INTO § VALUES (1, 'in.§', 7, 'x', now() - interval '1 minute')",
				"INSERT INTO § VALUES (2, 'x.§', -7, 'y', '2024-02-29 12:00:00.123999')", "INSERT INTO § VALUES (3, 'x.§', 7, NULL, '2024-02-29')",
			},
		},
		{
			name: "regex", payload: "text", topics: []string{"pre-§-a-post", "§.raw"}, wants: 4,
			config: map[string]string{
				"router.route.topic.regex": `[^.]*?(\d{2}|x+)\.(?:§|other)`, "router.route.topic.replacement": `pre-§-\a-post`,
				"transforms": "router,second", "transforms.second.type": "org.apache.kafka.connect.transforms.RegexRouter",
				"transforms.second.regex": "topic:(.+)", "transforms.second.replacement": "§.$1",
			},
			rows: []string{
				routed(1, "12.§"), routed(2, "abxx.§"), routed(3, "topic:raw"), routed(4, "77.§"),
			},
		},
		{
			name: "find", payload: "text", topics: []string{"§X", "§Xab"}, wants: 2,
			config: map[string]string{"router.route.topic.regex": "§(a|ab)+b?", "router.route.topic.replacement": "§X"},
			rows:   []string{routed(1, "§ab"), routed(2, "§abab")},
		},
		{
			name: "tombstones", payload: "text", topics: usual, wants: 5,
			config: map[string]string{"router.route.tombstone.on.empty.payload": "true"},
			rows: []string{
				row(1, "'a'", "NULL"), row(2, "'a'", "''"), row(3, "'a'", `E' \t\n\u0001'`), row(4, "'a'", "'x'"),
				row(5, "'a'", `E'\u00a0'`),
			},
		},
		{
			name: "tombjson", payload: "bytea", topics: usual, wants: 3, config: map[string]string{
				"router.route.tombstone.on.empty.payload": "true", "router.table.fields.additional.placement": "type:envelope",
				"value.converter": jsonConverter,
			},
			rows: []string{row(1, "'a'", "NULL"), row(2, "'a'", "''"), row(3, "'a'", `'\x20'`)},
		},
	}
}

func routed(n int, aggregate string) string {
	return "INSERT INTO § (id, aggregatetype, aggregateid, type, payload) VALUES ('" + id(n) + "', '" + aggregate + "', 'k', 'Made', 'x')"
}
