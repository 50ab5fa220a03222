package avro

import (
	"encoding/json"
	"fmt"

	"github.com/hamba/avro/v2"
)

// parse reads a schema's text. Names that other schemas define are not seen.
func parse(text string) (avro.Schema, error) {
	schema, err := avro.ParseWithCache(text, "", &avro.SchemaCache{})
	if err != nil {
		return nil, fmt.Errorf("avro: read the schema: %w", err)
	}
	return schema, nil
}

// avroJSON is a schema's text with all that matters to readers, unlike its canonical form.
func avroJSON(schema avro.Schema) (string, error) {
	text, err := json.Marshal(schema)
	if err != nil {
		return "", fmt.Errorf("avro: write the schema: %w", err)
	}
	return string(text), nil
}

// deref is the schema that a name refers to.
func deref(schema avro.Schema) avro.Schema {
	if ref, ok := schema.(*avro.RefSchema); ok {
		return ref.Schema()
	}
	return schema
}

// named says whether a reader's record, enum or fixed reads what a writer calls by another full name.
func named(reader, writer avro.NamedSchema) bool {
	if reader.Name() == writer.Name() {
		return true
	}
	for _, alias := range reader.Aliases() {
		if alias == writer.FullName() {
			return true
		}
	}
	return false
}

// source finds the writer's field that a reader's field is read from.
func source(reader *avro.Field, writer []*avro.Field) *avro.Field {
	for _, field := range writer {
		if field.Name() == reader.Name() {
			return field
		}
	}
	for _, alias := range reader.Aliases() {
		for _, field := range writer {
			if field.Name() == alias {
				return field
			}
		}
	}
	return nil
}

// promotes says whether a reader of one primitive type reads what was written as another.
func promotes(writer, reader avro.Type) bool {
	switch writer {
	case avro.Int:
		return reader == avro.Long || reader == avro.Float || reader == avro.Double
	case avro.Long:
		return reader == avro.Float || reader == avro.Double
	case avro.Float:
		return reader == avro.Double
	case avro.String:
		return reader == avro.Bytes
	case avro.Bytes:
		return reader == avro.String
	default:
		return false
	}
}

// branch is the position in a reader's union that reads what a writer wrote: one of the same type before one that is
// wider, and -1 where there is none.
func branch(writer avro.Schema, union *avro.UnionSchema) int {
	for _, pass := range []func(avro.Schema) bool{
		func(reader avro.Schema) bool { return sameKind(writer, reader, true) },
		func(reader avro.Schema) bool { return sameKind(writer, reader, false) },
		func(reader avro.Schema) bool { return promotes(writer.Type(), reader.Type()) },
	} {
		for i, reader := range union.Types() {
			if pass(deref(reader)) {
				return i
			}
		}
	}
	return -1
}

// sameKind says whether two schemas are of one type, and of one name where they have any; full asks for the full name.
func sameKind(writer, reader avro.Schema, full bool) bool {
	if writer.Type() != reader.Type() {
		return false
	}
	w, ok := writer.(avro.NamedSchema)
	if !ok {
		return true
	}
	r := reader.(avro.NamedSchema) //nolint:forcetypeassert // of the same type
	return full && w.FullName() == r.FullName() || !full && named(r, w)
}
