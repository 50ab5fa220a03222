package outbox

import (
	_ "embed" // the recommended configuration is a file, so that a connector can be given the same
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
)

//go:embed connector.json
var recommended []byte

// ErrConnector is found in the error of a connector configuration that cannot be followed.
var ErrConnector = errors.New("outbox: connector configuration")

// connector is what of a Debezium connector's configuration shapes a record.
type connector struct {
	placements  []placement
	missing     bool // a placement whose column is missing is passed over
	plainTopics bool // a last transformation takes the mark off topics
}

// placement puts a column into a record header.
type placement struct{ column, header string }

const (
	eventRouter      = "io.debezium.transforms.outbox.EventRouter"
	stringConverter  = "org.apache.kafka.connect.storage.StringConverter"
	binaryConverter  = "io.debezium.converters.BinaryDataConverter"
	bytesConverter   = "org.apache.kafka.connect.converters.ByteArrayConverter"
	placementsOption = "table.fields.additional.placement"
	missingOption    = "table.field.additional.missing"
	regexRouter      = "org.apache.kafka.connect.transforms.RegexRouter"
	messageDecoder   = "io.debezium.connector.postgresql.transforms.DecodeLogicalDecodingMessageContent"
)

// readConnector reads a connector's JSON, either the whole with "name" and "config" or the inner object alone. An
// option that would make other records than the relay's is an error, so that the two never differ unnoticed.
func readConnector(data []byte) (connector, error) {
	var whole struct {
		Config map[string]string `json:"config"`
	}
	config := make(map[string]string)
	if err := json.Unmarshal(data, &whole); err == nil && whole.Config != nil {
		config = whole.Config
	} else if err := json.Unmarshal(data, &config); err != nil {
		return connector{}, fmt.Errorf("%w: it must be a JSON object of strings", ErrConnector)
	}
	router, plain, ok := chain(config)
	if !ok {
		return connector{}, fmt.Errorf("%w: its transformations must be %s, and around it those of the recommended configuration", ErrConnector, eventRouter)
	}
	if err := checkConverters(config); err != nil {
		return connector{}, err
	}
	prefix := "transforms." + router + "."
	for _, key := range slices.Sorted(maps.Keys(config)) {
		if option, ok := strings.CutPrefix(key, prefix); ok && !harmless(option, config[key]) {
			return connector{}, fmt.Errorf("%w: the relay cannot follow %s = %q", ErrConnector, key, config[key])
		}
	}
	c, err := readPlacements(config[prefix+placementsOption])
	c.missing, c.plainTopics = config[prefix+missingOption] == "ignore", plain
	return c, err
}

// chain finds the event router among the transformations.
func chain(config map[string]string) (router string, plainTopics, ok bool) {
	is := func(name string, options ...string) bool {
		for i := 0; i < len(options); i += 2 {
			if config["transforms."+name+"."+options[i]] != options[i+1] {
				return false
			}
		}
		return true
	}
	names := strings.Split(config["transforms"], ",")
	if len(names) > 1 && is(names[0], "type", messageDecoder, "fields.null.include", "true") {
		names = names[1:]
	}
	if n := len(names); n > 1 && is(names[n-1], "type", regexRouter, "regex", `outbox\.event\.topic:(.+)`, "replacement", "$1") {
		names, plainTopics = names[:n-1], true
	}
	return names[0], plainTopics, len(names) == 1 && is(names[0], "type", eventRouter)
}

// harmless says that an option of the event router has the value that the relay works by.
func harmless(option, value string) bool {
	follows := map[string]string{
		"table.field.event.id": "id", "table.field.event.key": "aggregateid", "table.field.event.type": "type",
		"table.field.event.payload": "payload", "route.by.field": "aggregatetype",
		"route.topic.regex": "(?<routedByValue>.*)", "route.topic.replacement": "outbox.event.${routedByValue}",
		"table.expand.json.payload": "false", "route.tombstone.on.empty.payload": "false",
	}
	switch option {
	case "type", placementsOption, "table.op.invalid.behavior":
		return true
	case missingOption:
		return value == "error" || value == "ignore"
	}
	expected, known := follows[option]
	return known && value == expected
}

func checkConverters(config map[string]string) error {
	for key, usable := range map[string][]string{
		"key.converter":   {"", stringConverter},
		"value.converter": {"", stringConverter, binaryConverter, bytesConverter},
	} {
		if !slices.Contains(usable, config[key]) {
			return fmt.Errorf("%w: %s must keep the bytes as they are, as %s does", ErrConnector, key, stringConverter)
		}
	}
	return nil
}

func readPlacements(list string) (connector, error) {
	var c connector
	if list == "" {
		return c, nil
	}
	for item := range strings.SplitSeq(list, ",") {
		parts := strings.Split(strings.TrimSpace(item), ":")
		if len(parts) < 2 || len(parts) > 3 || parts[0] == "" || parts[len(parts)-1] == "" || parts[1] != "header" {
			return connector{}, fmt.Errorf("%w: placement %q must be column:header[:alias]", ErrConnector, item)
		}
		header := parts[0]
		if len(parts) == 3 {
			header = parts[2]
		}
		c.placements = append(c.placements, placement{column: parts[0], header: header})
	}
	return c, nil
}
