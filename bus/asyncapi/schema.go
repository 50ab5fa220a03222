package asyncapi

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"

	"github.com/millrace/millrace/bus"
)

// The formats of AsyncAPI's Multi Format Schema Object.
const (
	formatAvro     = "application/vnd.apache.avro+json;version=1.9.0"
	formatProtobuf = "application/vnd.google.protobuf;version="
	formatJSON     = "application/schema+json;version=2020-12"
)

// format is a Multi Format Schema Object, with extensions for what a text imports and which of its messages is the payload.
type format struct {
	Format     string      `json:"schemaFormat"`
	Schema     any         `json:"schema"`
	Message    string      `json:"x-message,omitempty"`
	References []reference `json:"x-references,omitempty"`
}

type reference struct {
	Name   string `json:"name"`
	Schema string `json:"schema"`
}

// embed is a contract's schema as it stands at a place of the document.
func embed(schema bus.Schema, at string) (any, error) {
	if schema.Type == bus.SchemaJSON {
		return embedJSON(schema.Text, at)
	}
	whole := format{Format: string(schema.Type), Schema: schema.Text}
	for _, imported := range schema.References {
		whole.References = append(whole.References, reference{imported.Name, imported.Text})
	}
	switch schema.Type {
	case bus.SchemaAvro:
		parsed, err := parse(schema.Text)
		if err != nil {
			return nil, err
		}
		splitNames(parsed)
		whole.Format, whole.Schema = formatAvro, parsed
	case bus.SchemaProtobuf:
		whole.Format, whole.Message = formatProtobuf+edition(schema.Text), schema.Name
	default: // the codec's own language, by the name that the codec gives it
	}
	return whole, nil
}

var editions = regexp.MustCompile(`(?m)^\s*(?:syntax|edition)\s*=\s*["'](?:proto)?(\d+)["']`)

// edition is the syntax of a Protobuf text, 2 where it states none.
func edition(text string) string {
	if stated := editions.FindStringSubmatch(text); stated != nil {
		return stated[1]
	}
	return "2"
}

// parse reads JSON with its numbers as they are written.
func parse(text string) (parsed any, err error) {
	decoder := json.NewDecoder(strings.NewReader(text))
	decoder.UseNumber()
	if err = decoder.Decode(&parsed); err != nil {
		return nil, fmt.Errorf("it is not JSON: %w", err)
	}
	if _, err = decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("it is not one value of JSON")
	}
	return parsed, nil
}
