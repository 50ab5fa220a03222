package outbox_test

import (
	"bytes"
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/millrace/millrace/bus"
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
	if _, err := outbox.NewRelay(bus.Publisher(&flaky{}), "postgres://localhost/x", outbox.Connector(deployed)); err != nil {
		t.Error(err)
	}
}

func TestConnectorIsFollowedOrRefused(t *testing.T) {
	t.Parallel()
	const router = `"transforms": "o", "transforms.o.type": "io.debezium.transforms.outbox.EventRouter"`
	for config, usable := range map[string]bool{
		`{` + router + `}`:             true,
		`{"config": {` + router + `}}`: true,
		`{` + router + `, "transforms.o.table.fields.additional.placement": "type:header, time:header:at"}`: true,
		`{` + router + `, "transforms.o.route.by.field": "aggregatetype", "slot.name": "x"}`:                true,
		`{` + router + `, "transforms.o.table.fields.additional.placement": "type:envelope"}`:               false,
		`{` + router + `, "transforms.o.table.expand.json.payload": "true"}`:                                false,
		`{` + router + `, "transforms.o.route.topic.replacement": "x.${routedByValue}"}`:                    false,
		`{` + router + `, "transforms.o.new.option": "1"}`:                                                  false,
		`{` + router + `, "value.converter": "org.apache.kafka.connect.json.JsonConverter"}`:                false,
		`{"transforms": "a,o", "transforms.o.type": "io.debezium.transforms.outbox.EventRouter"}`:           false,
		`{}`: false,
		`[]`: false,
	} {
		_, err := outbox.NewRelay(&flaky{}, "postgres://localhost/x", outbox.Connector([]byte(config)))
		if usable && err != nil || !usable && !errors.Is(err, outbox.ErrConnector) {
			t.Errorf("%s: %v", strings.TrimSpace(config), err)
		}
	}
}
