package bus

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/google/jsonschema-go/jsonschema"
)

// refuseNull walks valid JSON beside the schema of its type and finds a null that the type cannot hold.
// A type without a schema is not limited.
func (c *jsonCodec[T]) refuseNull(data []byte) error {
	schema, err := c.schema()
	if err != nil {
		return nil //nolint:nilerr // the schema's own error is returned by Verify
	}
	decoder := jsontext.NewDecoder(bytes.NewBuffer(data), jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
	w := &nullWalk{decoder: decoder, root: schema, strict: c.reading.strict}
	return w.value(schema, "", true)
}

type nullWalk struct {
	decoder *jsontext.Decoder
	root    *jsonschema.Schema
	strict  bool
}

// value reads one value. A nil schema allows everything.
func (w *nullWalk) value(schema *jsonschema.Schema, path string, required bool) error {
	token, err := w.decoder.ReadToken()
	if err != nil {
		return errors.New("a value cannot be read")
	}
	schema, nullable := resolve(w.root, schema)
	switch token.Kind() {
	case 'n':
		if nullable || !required && !w.strict {
			return nil
		}
		if path == "" {
			path = "the payload"
		}
		return fmt.Errorf("%s is null, which its type cannot hold", path)
	case '{':
		return w.object(schema, path)
	case '[':
		for w.decoder.PeekKind() != ']' {
			if err := w.value(schema.Items, path+"[]", true); err != nil {
				return err
			}
		}
		_, err = w.decoder.ReadToken()
	default: // nothing is within
	}
	return err //nolint:wrapcheck // nil: the JSON is valid
}

func (w *nullWalk) object(schema *jsonschema.Schema, path string) error {
	for w.decoder.PeekKind() != '}' {
		token, err := w.decoder.ReadToken()
		if err != nil {
			return errors.New("a value cannot be read")
		}
		at, required := path+"{}", true
		field := schema.AdditionalProperties
		if own, found := property(schema, token.String()); found {
			at, field = strings.TrimPrefix(path+"."+own, "."), schema.Properties[own]
			required = slices.Contains(schema.Required, own)
		} else if len(schema.Properties) > 0 {
			field = nil
		}
		if err := w.value(field, at, required); err != nil {
			return err
		}
	}
	_, err := w.decoder.ReadToken()
	return err //nolint:wrapcheck // nil: the JSON is valid
}

// property finds a property as encoding/json does: by its name, else without regard to case.
func property(schema *jsonschema.Schema, name string) (string, bool) {
	if _, found := schema.Properties[name]; found {
		return name, true
	}
	for own := range schema.Properties {
		if strings.EqualFold(own, name) {
			return own, true
		}
	}
	return "", false
}

// resolve follows a reference into the root's definitions, also the one of a nullable reference, and says whether null
// is allowed. It never returns nil.
func resolve(root, schema *jsonschema.Schema) (resolved *jsonschema.Schema, nullable bool) {
	for range 64 {
		switch {
		case schema == nil:
			return &jsonschema.Schema{}, true
		case schema.Ref != "":
			schema = root.Defs[strings.TrimPrefix(schema.Ref, defsPrefix)]
		case len(schema.AnyOf) == 2 && schema.AnyOf[0].Type == "null":
			nullable, schema = true, schema.AnyOf[1]
		default:
			open := schema.Type == "" && len(schema.Types) == 0
			return schema, nullable || open || schema.Type == "null" || slices.Contains(schema.Types, "null")
		}
	}
	return &jsonschema.Schema{}, true
}
