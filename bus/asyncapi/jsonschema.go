package asyncapi

import (
	"errors"
	"fmt"
	"maps"
	"slices"
)

// What the keywords of JSON Schema hold; those of which newer is true mean nothing before 2019-09.
var (
	//nolint:gochecknoglobals // a constant
	holders = map[string]struct{ named, newer bool }{
		"properties": {named: true}, "patternProperties": {named: true}, "definitions": {named: true}, "$defs": {named: true},
		"dependencies": {named: true}, "dependentSchemas": {named: true, newer: true},
		"items": {}, "additionalItems": {}, "contains": {}, "additionalProperties": {}, "propertyNames": {},
		"if": {}, "then": {}, "else": {}, "not": {}, "allOf": {}, "anyOf": {}, "oneOf": {},
		"prefixItems": {newer: true}, "unevaluatedItems": {newer: true}, "unevaluatedProperties": {newer: true}, "contentSchema": {newer: true},
	}
	newer  = []string{"dependentRequired", "minContains", "maxContains"} //nolint:gochecknoglobals // a constant
	remade = []string{"$id", "$anchor", "$dynamicRef", "$dynamicAnchor"} //nolint:gochecknoglobals // a constant
	// beside are keywords that may stand beside $ref for readers that look at nothing there.
	//nolint:gochecknoglobals // a constant
	beside = []string{
		"$ref", "$defs", "$schema", "$comment", "title", "description", "default", "examples", "deprecated", "readOnly", "writeOnly",
	}
)

// embedding moves a JSON Schema to its place in the document.
type embedding struct {
	root  any
	at    []string
	newer bool
}

// embedJSON makes of a JSON Schema one of AsyncAPI, which is draft 7 with additions. Where it uses what came later, it is said to be of 2020-12.
// References lead to where the schema now stands.
func embedJSON(text, at string) (any, error) {
	root, err := parse(text)
	if err != nil {
		return nil, err
	}
	switch root { // AsyncAPI's schema of documents takes no truth values here
	case true:
		root = map[string]any{}
	case false:
		root = map[string]any{"not": map[string]any{}}
	}
	whole, is := root.(map[string]any)
	if !is {
		return nil, errors.New("a JSON Schema must be an object, true or false")
	}
	place, _ := names(at)
	e := &embedding{root: root, at: place}
	if err := e.inspect(whole); err != nil {
		return nil, err
	}
	if e.newer {
		e.at = append(e.at, "schema")
	}
	e.move(root)
	if to, refers := whole["$ref"]; refers { // readers take an object with a reference for nothing else, and would not find the definitions in it
		whole["allOf"] = append(list(whole["allOf"]), map[string]any{"$ref": to})
		delete(whole, "$ref")
	}
	if e.newer {
		return format{Format: formatJSON, Schema: root}, nil
	}
	delete(whole, "$schema")
	return root, nil
}

func list(of any) []any { all, _ := of.([]any); return all }

// inspect refuses what cannot be moved, and notes what is newer than draft 7.
func (e *embedding) inspect(schema map[string]any) error {
	for _, keyword := range remade {
		if _, there := schema[keyword]; there {
			return fmt.Errorf("it has %s, by which references mean other places: refer by JSON Pointers into $defs alone", keyword)
		}
	}
	if to, there := schema["$ref"]; there {
		text, _ := to.(string)
		path, local := names(text)
		if !local {
			return fmt.Errorf("it refers to %q, which is not in it: bundle it under $defs", text)
		}
		if !leads(e.root, path) {
			return fmt.Errorf("it refers to %q, and there is nothing", text)
		}
	}
	for keyword := range schema {
		_, refers := schema["$ref"]
		e.newer = e.newer || slices.Contains(newer, keyword) || holders[keyword].newer || refers && !slices.Contains(beside, keyword)
	}
	var errs []error
	for _, part := range parts(schema) {
		errs = append(errs, e.inspect(part))
	}
	return errors.Join(errs...)
}

// move makes references lead to the schema's new place.
func (e *embedding) move(schema any) {
	whole, _ := schema.(map[string]any)
	if text, refers := whole["$ref"].(string); refers {
		path, _ := names(text)
		whole["$ref"] = pointer(slices.Concat(e.at, path)...)
	}
	for _, part := range parts(whole) {
		e.move(part)
	}
}

// parts are the schemas that a schema holds.
func parts(schema map[string]any) (found []map[string]any) {
	add := func(held any) {
		if part, is := held.(map[string]any); is {
			found = append(found, part)
		}
	}
	for _, keyword := range slices.Sorted(maps.Keys(schema)) {
		holds, known := holders[keyword]
		switch held := schema[keyword].(type) {
		case map[string]any:
			if !known {
				continue
			}
			if !holds.named {
				add(held)
				continue
			}
			for _, name := range slices.Sorted(maps.Keys(held)) {
				add(held[name])
			}
		case []any:
			for _, each := range held {
				if known {
					add(each)
				}
			}
		default: // no schema
		}
	}
	return found
}
