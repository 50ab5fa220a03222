package outbox_test

import (
	"bytes"
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/millrace/millrace/outbox"
)

func TestConnectorFilesAgree(t *testing.T) {
	t.Parallel()
	own, err := os.ReadFile("connector.json")
	if err != nil {
		t.Fatal(err)
	}
	deployed, err := os.ReadFile("../deploy/kafka/debezium-outbox.json")
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(own, deployed) {
		t.Error("deploy/kafka/debezium-outbox.json differs from outbox/connector.json")
	}
	if _, err := outbox.NewRelay("postgres://localhost/x", outbox.Connector(deployed)); err != nil {
		t.Error(err)
	}
}

func TestConnectorIsFollowedOrRefused(t *testing.T) {
	t.Parallel()
	const router = `"transforms": "o", "transforms.o.type": "io.debezium.transforms.outbox.EventRouter"`
	const toJSON = `, "value.converter": "org.apache.kafka.connect.json.JsonConverter"`
	for config, usable := range map[string]bool{
		`{` + router + `}`:             true,
		`{"config": {` + router + `}}`: true,
		`{` + router + `, "transforms.o.table.fields.additional.placement": "type:header, time:header:at,p:Partition"}`:     true,
		`{` + router + `, "transforms.o.route.by.field": "kind", "slot.name": "x", "tasks.max": 1}`:                         true,
		`{` + router + toJSON + `, "topic.prefix": "p", "transforms.o.table.fields.additional.placement": "type:envelope"}`: true,
		`{` + router + toJSON + `, "transforms.o.table.expand.json.payload": "true"}`:                                       true,
		`{` + router + `, "transforms.o.route.topic.replacement": "x.${routedByValue}"}`:                                    true,
		`{` + router + `, "transforms.o.table.fields.additional.placement": "type:envelope"}`:                               false,
		`{` + router + `, "transforms.o.table.fields.additional.placement": ""}`:                                            false,
		`{` + router + `, "transforms.o.table.fields.additional.placement": "type:footer"}`:                                 false,
		`{` + router + toJSON + `, "transforms.o.table.fields.additional.placement": "a:envelope:x,b:envelope:x"}`:          false,
		`{` + router + `, "transforms.o.table.expand.json.payload": "true"}`:                                                false,
		`{` + router + `, "transforms.o.table.expand.json.payload": "yes"}`:                                                 false,
		`{` + router + `, "transforms.o.route.topic.replacement": "x.${name}"}`:                                             false,
		`{` + router + `, "transforms.o.route.topic.regex": "(?=a).*"}`:                                                     false,
		`{` + router + `, "transforms.o.new.option": "1"}`:                                                                  false,
		`{` + router + `, "transforms.o.predicate": "p"}`:                                                                   false,
		`{` + router + `, "column.mask.with.10.chars": "public.outboxevent.payload"}`:                                       false,
		`{` + router + `, "time.precision.mode": "connect"}`:                                                                false,
		`{` + router + `, "value.converter": "io.confluent.connect.avro.AvroConverter"}`:                                    false,
		`{` + router + `, "key.converter": "org.apache.kafka.connect.storage.SimpleHeaderConverter"}`:                       false,
		`{` + router + toJSON + `, "value.converter.new.option": "1"}`:                                                      false,
		`{"transforms": "a,o", "transforms.o.type": "io.debezium.transforms.outbox.EventRouter"}`:                           false,
		`{` + router + `, "transforms.o.type": ["x"]}`:                                                                      false,
		`{}`: false,
		`[]`: false,
	} {
		_, err := outbox.NewRelay("postgres://localhost/x", outbox.Connector([]byte(config)))
		if usable && err != nil || !usable && !errors.Is(err, outbox.ErrConnector) {
			t.Errorf("%s: %v", strings.TrimSpace(config), err)
		}
	}
}

// TestMessagePrefixes gives a relay of events in the log alone lists of prefixes, which must have its own.
func TestMessagePrefixes(t *testing.T) {
	t.Parallel()
	for list, usable := range map[string]bool{
		`"message.prefix.include.list": "other, outbox.*"`:                                  true,
		`"message.prefix.include.list": "OUTBOXEVENT"`:                                      true,
		`"message.prefix.exclude.list": "other"`:                                            true,
		`"message.prefix.include.list": "outbox"`:                                           false,
		`"message.prefix.exclude.list": "outboxevent"`:                                      false,
		`"message.prefix.exclude.list": "other", "message.prefix.include.list": "outbox.*"`: false,
	} {
		config := `{"transforms": "o", "transforms.o.type": "io.debezium.transforms.outbox.EventRouter", ` + list + `}`
		_, err := outbox.NewRelay("postgres://localhost/x", outbox.Connector([]byte(config)), outbox.LogOnly())
		if usable && err != nil || !usable && (!errors.Is(err, outbox.ErrConnector) || !strings.Contains(err.Error(), "message.prefix")) {
			t.Errorf("%s: %v", list, err)
		}
	}
}
