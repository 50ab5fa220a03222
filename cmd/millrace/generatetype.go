package main

import (
	"encoding/json"
	"slices"
	"strings"
)

// notation is how types are written.
type notation interface {
	// word is a type by its name: never, unknown, null, boolean, number, string, DateTime or Base64.
	word(name string) string
	// reference is a type that is declared, maybe later.
	reference(name string) string
	literal(value json.RawMessage) string
	union(types []string) string
	both(types []string) string
	list(of string) string
	dictionary(of string) string
	// object has more members of the type rest, where there is one.
	object(members []field, rest, indent string) string
}

// field is an object's member.
type field struct {
	name, comment, written string
	optional               bool
}

// typeWriter writes the types of one schema.
type typeWriter struct {
	notation

	file *typeFile
	root string            // what the schema is called
	defs map[string]string // what its $defs are called
}

// write is the type of a schema. Lines behind the first are indented.
func (t typeWriter) write(s *shape, indent string) string {
	s = s.or()
	switch {
	case s.never:
		return t.word("never")
	case s.Ref == "#" && t.root != "":
		return t.reference(t.root)
	case s.Ref != "":
		if name, known := t.defs[strings.TrimPrefix(s.Ref, defsPrefix)]; known {
			return t.reference(name)
		}
		return t.word("unknown")
	case s.Const != nil:
		return t.literal(s.Const)
	case s.Enum != nil:
		all := make([]string, len(s.Enum))
		for i, value := range s.Enum {
			all[i] = t.literal(value)
		}
		return t.union(all)
	case len(s.OneOf)+len(s.AnyOf) > 0:
		return t.union(t.each(append(slices.Clone(s.OneOf), s.AnyOf...), indent))
	case len(s.AllOf) > 0:
		return t.both(t.each(s.AllOf, indent))
	}
	allowed := s.Type
	if len(allowed) == 0 && len(s.Properties) > 0 {
		allowed = kinds{"object"}
	}
	all := make([]string, 0, len(allowed))
	for _, kind := range allowed {
		all = append(all, t.kind(kind, s, indent))
	}
	return t.union(all)
}

func (t typeWriter) each(shapes []*shape, indent string) []string {
	all := make([]string, len(shapes))
	for i, each := range shapes {
		all[i] = t.write(each, indent)
	}
	return all
}

func (t typeWriter) kind(kind string, s *shape, indent string) string {
	switch kind {
	case "null", "boolean":
		return t.word(kind)
	case "integer", "number":
		return t.word("number")
	case "string":
		switch {
		case s.Format == "date-time":
			t.file.times = true
			return t.word("DateTime")
		case s.Encoding == "base64":
			t.file.bytes = true
			return t.word("Base64")
		}
		return t.word("string")
	case "array":
		return t.list(t.write(s.Items, indent))
	case "object":
		return t.members(s, indent)
	}
	return t.word("unknown")
}

func (t typeWriter) members(s *shape, indent string) string {
	if len(s.Properties) == 0 {
		return t.dictionary(t.write(s.Additional, indent))
	}
	all := make([]field, len(s.Properties))
	for i, p := range s.Properties {
		all[i] = field{p.name, p.shape.Description, t.write(p.shape, indent+"  "), !slices.Contains(s.Required, p.name)}
	}
	rest := ""
	if s.Additional != nil && !s.Additional.never {
		rest = t.write(s.Additional, indent)
	}
	return t.object(all, rest, indent)
}
