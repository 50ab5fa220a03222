package bus

import (
	"encoding/json"
	"fmt"
	"reflect"
	"time"

	"github.com/google/jsonschema-go/jsonschema"
)

func schemaOf[T any]() (Schema, error) {
	schema, err := jsonschema.For[T](&jsonschema.ForOptions{TypeSchemas: map[reflect.Type]*jsonschema.Schema{
		reflect.TypeFor[time.Time](): {Type: "string", Format: "date-time"},
	}})
	if err != nil {
		return Schema{}, fmt.Errorf("derive json schema: %w", err)
	}
	schema.Schema = "https://json-schema.org/draft/2020-12/schema"
	text, err := json.Marshal(schema)
	if err != nil {
		return Schema{}, fmt.Errorf("derive json schema: %w", err)
	}
	return Schema{Type: SchemaJSON, Text: string(text)}, nil
}
