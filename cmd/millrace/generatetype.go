package main

import (
	"bytes"
	"encoding/json"
	"regexp"
	"slices"
	"strings"
)

// typeWriter writes the types of one schema.
type typeWriter struct {
	file *typeFile
	root string            // what the schema is called
	defs map[string]string // what its $defs are called
}

// write is the type of a schema. Lines behind the first are indented.
func (t *typeWriter) write(s *shape, indent string) string {
	s = s.or()
	switch {
	case s.never:
		return "never"
	case s.Ref == "#" && t.root != "":
		return t.root
	case s.Ref != "":
		if name, known := t.defs[strings.TrimPrefix(s.Ref, defsPrefix)]; known {
			return name
		}
		return "unknown"
	case s.Const != nil:
		return literal(s.Const)
	case s.Enum != nil:
		all := make([]string, len(s.Enum))
		for i, value := range s.Enum {
			all[i] = literal(value)
		}
		return union(all)
	case len(s.OneOf)+len(s.AnyOf) > 0:
		var all []string
		for _, each := range append(slices.Clone(s.OneOf), s.AnyOf...) {
			all = append(all, t.write(each, indent))
		}
		return union(all)
	case len(s.AllOf) > 0:
		all := make([]string, len(s.AllOf))
		for i, each := range s.AllOf {
			all[i] = grouped(t.write(each, indent))
		}
		return strings.Join(all, " & ")
	}
	allowed := s.Type
	if len(allowed) == 0 && len(s.Properties) > 0 {
		allowed = kinds{"object"}
	}
	all := make([]string, 0, len(allowed))
	for _, kind := range allowed {
		all = append(all, t.kind(kind, s, indent))
	}
	return union(all)
}

func (t *typeWriter) kind(kind string, s *shape, indent string) string {
	switch kind {
	case "null", "boolean":
		return kind
	case "integer", "number":
		return "number"
	case "string":
		switch {
		case s.Format == "date-time":
			t.file.times = true
			return "DateTime"
		case s.Encoding == "base64":
			t.file.bytes = true
			return "Base64"
		}
		return "string"
	case "array":
		return grouped(t.write(s.Items, indent)) + "[]"
	case "object":
		return t.object(s, indent)
	}
	return "unknown"
}

func (t *typeWriter) object(s *shape, indent string) string {
	if len(s.Properties) == 0 {
		if s.Additional != nil && s.Additional.never {
			return "{ [key: string]: never }"
		}
		return "{ [key: string]: " + t.write(s.Additional, indent) + " }"
	}
	var into strings.Builder
	into.WriteString("{\n")
	for _, p := range s.Properties {
		optional := "?"
		if slices.Contains(s.Required, p.name) {
			optional = ""
		}
		name := p.name
		if !identifier.MatchString(name) {
			name = quoted(name)
		}
		into.WriteString(comment(p.shape.Description, indent+"  "))
		into.WriteString(indent + "  " + name + optional + ": " + t.write(p.shape, indent+"  ") + ";\n")
	}
	into.WriteString(indent + "}")
	if s.Additional != nil && !s.Additional.never {
		return into.String() + " & { [key: string]: " + t.write(s.Additional, indent) + " }"
	}
	return into.String()
}

var identifier = regexp.MustCompile(`^[a-zA-Z_$][a-zA-Z0-9_$]*$`)

// union is any of the types, with null behind the others, and unknown where there is none.
func union(types []string) string {
	var each, last []string
	for _, one := range types {
		switch {
		case one == "unknown":
			return one
		case one == "null":
			last = []string{one}
		case !slices.Contains(each, one):
			each = append(each, one)
		}
	}
	if each = append(each, last...); len(each) == 0 {
		return "unknown"
	}
	return strings.Join(each, " | ")
}

// grouped is a type as part of another one.
func grouped(written string) string {
	if strings.Contains(written, " | ") || strings.Contains(written, " & ") {
		return "(" + written + ")"
	}
	return written
}

// literal is a value as a type. Objects and lists are none.
func literal(value json.RawMessage) string {
	var compact bytes.Buffer
	if json.Compact(&compact, value) != nil || strings.ContainsAny(compact.String()[:1], "{[") {
		return "unknown"
	}
	return compact.String()
}

// quoted is a text as TypeScript has it.
func quoted(text string) string {
	var into bytes.Buffer
	encoder := json.NewEncoder(&into)
	encoder.SetEscapeHTML(false)
	if encoder.Encode(text) != nil {
		return `""`
	}
	return strings.TrimSuffix(into.String(), "\n")
}

func comment(text, indent string) string {
	if text == "" {
		return ""
	}
	return indent + "/** " + strings.ReplaceAll(strings.Join(strings.Fields(text), " "), "*/", "* /") + " */\n"
}
