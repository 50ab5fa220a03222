package main

import (
	"bytes"
	"encoding/json"
	"regexp"
	"slices"
	"strings"
)

// typescript is the notation of TypeScript's types.
type typescript struct{}

func (typescript) word(name string) string { return name }

func (typescript) reference(name string) string { return name }

// union is any of the types, with null behind the others, and unknown where there is none.
func (typescript) union(types []string) string {
	return strings.Join(alternatives(types, "unknown", "null"), " | ")
}

// alternatives are types without doubles, with nothing behind the others; where all is possible, it is the only one.
func alternatives(types []string, all, nothing string) []string {
	var each, last []string
	for _, one := range types {
		switch {
		case one == all:
			return []string{all}
		case one == nothing:
			last = []string{one}
		case !slices.Contains(each, one):
			each = append(each, one)
		}
	}
	if each = append(each, last...); len(each) == 0 {
		return []string{all}
	}
	return each
}

func (typescript) both(types []string) string {
	all := make([]string, len(types))
	for i, each := range types {
		all[i] = grouped(each)
	}
	return strings.Join(all, " & ")
}

func (typescript) list(of string) string { return grouped(of) + "[]" }

func (typescript) dictionary(of string) string { return "{ [key: string]: " + of + " }" }

func (t typescript) object(members []field, rest, indent string) string {
	var into strings.Builder
	into.WriteString("{\n")
	for _, m := range members {
		optional := ""
		if m.optional {
			optional = "?"
		}
		into.WriteString(comment(m.comment, indent+"  "))
		into.WriteString(indent + "  " + property(m.name) + optional + ": " + m.written + ";\n")
	}
	into.WriteString(indent + "}")
	if rest != "" {
		return into.String() + " & " + t.dictionary(rest)
	}
	return into.String()
}

var identifier = regexp.MustCompile(`^[a-zA-Z_$][a-zA-Z0-9_$]*$`)

// property is the name of an object's member.
func property(name string) string {
	if identifier.MatchString(name) {
		return name
	}
	return quoted(name)
}

// grouped is a type as part of another one.
func grouped(written string) string {
	if strings.Contains(written, " | ") || strings.Contains(written, " & ") {
		return "(" + written + ")"
	}
	return written
}

// literal is a value as a type. Objects and lists are none.
func (typescript) literal(value json.RawMessage) string {
	if text, ok := simple(value); ok {
		return text
	}
	return "unknown"
}

// simple is a value's JSON, unless it is an object or a list.
func simple(value json.RawMessage) (string, bool) {
	var compact bytes.Buffer
	if json.Compact(&compact, value) != nil || strings.ContainsAny(compact.String()[:1], "{[") {
		return "", false
	}
	return compact.String(), true
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
