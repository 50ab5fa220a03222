package main

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/millrace/millrace/bus"
)

// errCloudEvent is found in the error of a value that is no CloudEvent.
var errCloudEvent = errors.New("not a CloudEvent in JSON (https://github.com/cloudevents/spec)")

// describeEvent adds the attributes of a new event.
func describeEvent(r *bus.Record, kind string) {
	add := func(name, value string) { r.Headers = append(r.Headers, bus.Header{Key: name, Value: []byte(value)}) }
	add("ce_specversion", "1.0")
	add("ce_id", uuid.NewString())
	add("ce_source", "/millrace/cli")
	add("ce_type", kind)
	add("ce_time", time.Now().UTC().Format(time.RFC3339Nano))
	if json.Valid(r.Value) {
		add("content-type", "application/json")
	}
}

// readCloudEvent turns a CloudEvent of the JSON format into one of the Kafka binding's binary mode.
func readCloudEvent(r *bus.Record, text []byte) error {
	var event map[string]json.RawMessage
	if err := json.Unmarshal(text, &event); err != nil {
		return fmt.Errorf("%w: %w", errCloudEvent, err)
	}
	attributes := map[string]string{}
	r.Value = nil
	for name, raw := range event {
		switch name {
		case "data":
			if r.Value = raw; len(event["data_base64"]) > 0 {
				return fmt.Errorf("%w: it has both data and data_base64", errCloudEvent)
			}
		case "data_base64":
			var encoded string
			err := json.Unmarshal(raw, &encoded)
			if err == nil {
				r.Value, err = base64.StdEncoding.DecodeString(encoded)
			}
			if err != nil {
				return fmt.Errorf("%w: data_base64 is not base64", errCloudEvent)
			}
		default:
			attributes[name] = attribute(raw)
		}
	}
	for _, required := range []string{"specversion", "id", "source", "type"} {
		if attributes[required] == "" {
			return fmt.Errorf("%w: %s is missing", errCloudEvent, required)
		}
	}
	if _, ok := attributes["datacontenttype"]; !ok && len(event["data"]) > 0 {
		attributes["datacontenttype"] = "application/json"
	}
	for _, name := range slices.Sorted(maps.Keys(attributes)) {
		key := "ce_" + name
		switch name {
		case "datacontenttype":
			key = "content-type"
		case "traceparent", "tracestate":
			key = name
		}
		r.Headers = append(r.Headers, bus.Header{Key: key, Value: []byte(attributes[name])})
	}
	for _, name := range []string{"partitionkey", "subject"} {
		if key, ok := attributes[name]; ok && r.Key == nil {
			r.Key = []byte(key)
		}
	}
	return nil
}

// attribute is a value as headers hold it: a string without its quotes, anything else as JSON has it.
func attribute(raw json.RawMessage) string {
	var text string
	if json.Unmarshal(raw, &text) == nil {
		return text
	}
	return strings.TrimSpace(string(raw))
}
