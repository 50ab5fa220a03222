package debezium_test

import "maps"

var documents = []string{
	`{"id": 1, "name": "ünï \"q\" \\ \u0007 🔑", "big": 9000000000, "f": 1.10, "g": 0.0001, "h": -2.5E10, "t": true, "n": null, "e": [], "o": {}}`,
	`{"a": [1, 2, 3], "s": ["x", null, "y"], "d": [1.5, 2.5], "b": [true], "nested": {"x": {"y": [[1, 2], [3]]}, "z": null}}`,
	`{"items": [{"sku": "tea", "n": 1}, {"sku": "coffee", "n": 2}], "same": [{"a": null}, {"a": null}]}`,
	`{"dup": 1, "other": 2, "dup": "last"}`,
	`{"mixed": [1, "x"]}`, `{"numbers": [1, 2.5]}`, `{"nulls": [null, null]}`, `{"empties": [[], []]}`,
	`"text"`, `17`, `null`, `  {"blank": "before"}`, `{"minus": -0, "minusf": -0.0, "max": 2147483647, "more": 2147483648, "exp": 1e3}`,
	`{"": 1, "a.b": {"c": 2}, "ключ": {"ü": [ {"q": [ {"r": 1} ] } ]}}`, `[]`, `{}`,
}

func expand(config map[string]string) map[string]string {
	config = maps.Clone(config)
	config["router.table.expand.json.payload"] = "true"
	return config
}

func documentRows() (rows []string) {
	for i, document := range documents {
		rows = append(rows, row(i+1, "'k'", "$json$"+document+"$json$"))
	}
	return append(rows, row(100, "'k'", "NULL"))
}

func expansionTwins() []twin {
	bare := map[string]string{"value.converter": jsonConverter, "value.converter.schemas.enable": "false"}
	schemas := map[string]string{"value.converter": jsonConverter}
	keeping := map[string]string{
		"value.converter": jsonConverter, "router.table.json.payload.null.behavior": "optional_bytes",
		"router.table.fields.additional.placement": "type:envelope",
	}
	delegate := map[string]string{
		"value.converter": binaryConverter, "value.converter.delegate.converter.type": jsonConverter,
		"value.converter.delegate.converter.type.schemas.enable": "false", "router.table.json.payload.null.behavior": "optional_bytes",
	}
	rows := documentRows()
	twins := []twin{
		{name: "expand", payload: "json", config: expand(bare)},
		{name: "expandschemas", payload: "json", config: expand(schemas)},
		{name: "expanddelegate", payload: "json", config: expand(delegate)},
	}
	for i := range twins {
		twins[i].topics, twins[i].rows, twins[i].wants = usual, rows, len(rows)
	}
	arrays := expand(bare)
	arrays["router.table.json.payload.empty.array.behavior"] = "optional_string"
	return append(twins,
		twin{
			name: "expandkeeping", payload: "text", topics: usual, config: expand(keeping), wants: 3, rows: []string{
				row(1, "'k'", `'{"n": null, "a": 1, "l": [{"x": null, "y": 1}, {"x": null, "y": 2}], "e": []}'`),
				row(2, "'k'", `'{"cut": 1} after'`), row(3, "'k'", "'{broken'"),
			},
		},
		twin{
			name: "expandarrays", payload: "jsonb", topics: usual, config: arrays, wants: 2, rows: []string{
				row(1, "'k'", `'{"e": [], "l": [[], []], "n": null}'`), row(2, "'k'", `'{"o": {"e": []}, "l": [null, {"a": 1}]}'`),
			},
		},
	)
}

// failureTwins are payloads that Debezium drops, being told to go on where it fails.
func failureTwins() []twin {
	tolerant := func(config map[string]string) map[string]string {
		config["errors.tolerance"] = "all"
		return config
	}
	bare := map[string]string{"value.converter": jsonConverter, "value.converter.schemas.enable": "false"}
	return []twin{
		{
			name: "dropexpand", payload: "text", topics: usual, config: tolerant(expand(bare)), wants: 2,
			rows: []string{
				row(1, "'k'", `'[1, 2]'`), row(2, "'k'", `'{"big": 12345678901234567890}'`),
				row(3, "'k'", `'{"half": "\ud800", "\udc00": "\\ud800 \ud83d\udd11 \udc00\ud800\""}'`),
				row(4, "'k'", `'{"l": [{"a": 1}, {"a": "x"}]}'`), row(5, "'k'", `'{"fine": 1}'`),
			},
			kept: map[string]string{
				id(1): `[1, 2]`, id(2): `{"big": 12345678901234567890}`, id(4): `{"l": [{"a": 1}, {"a": "x"}]}`,
			},
		},
		{
			name: "droptext", payload: "text", topics: usual, config: tolerant(map[string]string{"value.converter": bytesConverter}), wants: 0,
			rows: []string{row(1, "'k'", `'text'`), row(2, "'k'", "''")}, kept: map[string]string{id(1): "text", id(2): ""},
		},
		{
			name: "dropbinary", payload: "json", topics: usual, config: tolerant(map[string]string{"value.converter": binaryConverter}), wants: 0,
			rows: []string{row(1, "'k'", `'{"a" :1}'`)}, kept: map[string]string{id(1): `{"a" :1}`},
		},
	}
}
