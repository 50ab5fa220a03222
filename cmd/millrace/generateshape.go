package main

import (
	"bytes"
	"encoding/json"
	"fmt"
)

const defsPrefix = "#/$defs/"

// shape is a JSON Schema, as far as TypeScript's types say as much.
type shape struct {
	Ref         string            `json:"$ref"`
	Defs        members           `json:"$defs"`
	Type        kinds             `json:"type"`
	Format      string            `json:"format"`
	Encoding    string            `json:"contentEncoding"`
	Description string            `json:"description"`
	Enum        []json.RawMessage `json:"enum"`
	Const       json.RawMessage   `json:"const"`
	Items       *shape            `json:"items"`
	Properties  members           `json:"properties"`
	Required    []string          `json:"required"`
	Additional  *shape            `json:"additionalProperties"`
	OneOf       []*shape          `json:"oneOf"`
	AnyOf       []*shape          `json:"anyOf"`
	AllOf       []*shape          `json:"allOf"`

	never bool   // it is false
	text  string // all of it
}

// UnmarshalJSON reads an object, or true or false.
func (s *shape) UnmarshalJSON(text []byte) error {
	var all bool
	if json.Unmarshal(text, &all) == nil {
		s.never, s.text = !all, string(text)
		return nil
	}
	type plain shape
	if err := json.Unmarshal(text, (*plain)(s)); err != nil {
		return err //nolint:wrapcheck // by who reads the document
	}
	var compact bytes.Buffer
	if err := json.Compact(&compact, text); err != nil {
		return err //nolint:wrapcheck // by who reads the document
	}
	s.text = compact.String()
	return nil
}

// or is the schema, or the one of anything where there is none.
func (s *shape) or() *shape {
	if s == nil {
		return &shape{}
	}
	return s
}

// declared says whether the schema is worth a name.
func (s *shape) declared() bool {
	return len(s.Properties) > 0 || len(s.Defs) > 0 || len(s.Enum) > 1 || len(s.OneOf)+len(s.AnyOf)+len(s.AllOf) > 0 ||
		s.Items != nil && s.Items.declared() || s.Additional != nil && s.Additional.declared()
}

// kinds are the JSON types that a schema allows, any where it names none.
type kinds []string

// UnmarshalJSON reads one, or a list of them.
func (k *kinds) UnmarshalJSON(text []byte) error {
	var one string
	if json.Unmarshal(text, &one) == nil {
		*k = kinds{one}
		return nil
	}
	return json.Unmarshal(text, (*[]string)(k)) //nolint:wrapcheck // by who reads the document
}

// members are named schemas, in their order.
type members []member

type member struct {
	name  string
	shape *shape
}

// UnmarshalJSON reads an object.
func (m *members) UnmarshalJSON(text []byte) error {
	decoder := json.NewDecoder(bytes.NewReader(text))
	if open, err := decoder.Token(); err != nil || open != json.Delim('{') {
		return fmt.Errorf("schemas by name are no object: %w", err)
	}
	for decoder.More() {
		name, err := decoder.Token()
		if err != nil {
			return err //nolint:wrapcheck // by who reads the document
		}
		each := member{name: fmt.Sprint(name), shape: &shape{}}
		if err := decoder.Decode(each.shape); err != nil {
			return err //nolint:wrapcheck // by who reads the document
		}
		*m = append(*m, each)
	}
	return nil
}
