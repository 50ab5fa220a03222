package bus

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/google/jsonschema-go/jsonschema"
)

// compareJSON lists the differences between two JSON Schemas. Optional fields may come and go, unless the readers are
// strict.
func compareJSON(older, newer Schema, strict bool) ([]Change, error) {
	if older.Text == newer.Text {
		return nil, nil
	}
	c := &jsonComparison{strict: strict, seen: make(map[[2]*jsonschema.Schema]bool)}
	if err := errors.Join(json.Unmarshal([]byte(older.Text), &c.older), json.Unmarshal([]byte(newer.Text), &c.newer)); err != nil {
		return nil, fmt.Errorf("bus: read a json schema: %w", err)
	}
	c.compare(&c.older, &c.newer, "")
	return c.changes, nil
}

type jsonComparison struct {
	older, newer jsonschema.Schema
	strict       bool
	changes      []Change
	seen         map[[2]*jsonschema.Schema]bool
}

func (c *jsonComparison) note(breaks Compatibility, path, text string, args ...any) {
	c.changes = append(c.changes, Change{Path: path, What: fmt.Sprintf(text, args...), Breaks: breaks})
}

func (c *jsonComparison) compare(older, newer *jsonschema.Schema, path string) {
	old, oldNull := resolve(&c.older, older)
	new, newNull := resolve(&c.newer, newer)
	pair := [2]*jsonschema.Schema{old, new}
	if c.seen[pair] {
		return
	}
	c.seen[pair] = true
	was, is := kinds(old, oldNull), kinds(new, newNull)
	switch {
	case was == nil && is == nil:
	case was == nil:
		c.note(Backward, path, "any value was allowed, now %s", strings.Join(is, " or "))
		return
	case is == nil:
		c.note(Forward, path, "%s was asked for, now any value is allowed", strings.Join(was, " or "))
		return
	default:
		if breaks := c.breaks(was, is); breaks != Unchecked {
			c.note(breaks, path, "type changed from %s to %s", strings.Join(was, " or "), strings.Join(is, " or "))
			if breaks == Full {
				return
			}
		}
	}
	c.compareRules(old, new, path)
	c.compareProperties(old, new, path)
	if old.Items != nil || new.Items != nil {
		c.compare(old.Items, new.Items, path+"[]")
	}
	if len(old.Properties)+len(new.Properties) == 0 && (old.AdditionalProperties != nil || new.AdditionalProperties != nil) {
		c.compare(old.AdditionalProperties, new.AdditionalProperties, path+"{}")
	}
}

// breaks says which readers meet a type that they do not take. An integer is a number.
func (*jsonComparison) breaks(was, is []string) Compatibility {
	var breaks Compatibility
	takes := func(readers []string, kind string) bool {
		return slices.Contains(readers, kind) || kind == "integer" && slices.Contains(readers, "number")
	}
	for _, kind := range was {
		if !takes(is, kind) {
			breaks |= Backward
		}
	}
	for _, kind := range is {
		if !takes(was, kind) {
			breaks |= Forward
		}
	}
	return breaks
}

func (c *jsonComparison) compareProperties(old, new *jsonschema.Schema, path string) {
	both := maps.Clone(old.Properties)
	if both == nil {
		both = make(map[string]*jsonschema.Schema, len(new.Properties))
	}
	maps.Copy(both, new.Properties)
	for _, name := range slices.Sorted(maps.Keys(both)) {
		at := strings.TrimPrefix(path+"."+name, ".")
		was, is := old.Properties[name], new.Properties[name]
		required, requires := slices.Contains(old.Required, name), slices.Contains(new.Required, name)
		switch {
		case is == nil && required:
			c.note(Forward|c.unknown(Backward), at, "removed, but consumers of the older version require it")
		case is == nil:
			c.note(c.unknown(Backward), at, "optional, removed")
		case was == nil && requires:
			c.note(Backward|c.unknown(Forward), at, "added as required, but stored events do not have it; mark it omitempty or omitzero")
		case was == nil:
			c.note(c.unknown(Forward), at, "optional, added")
		case required && !requires:
			c.note(Forward, at, "changed from required to optional")
			c.compare(was, is, at)
		case requires && !required:
			c.note(Backward, at, "changed from optional to required")
			c.compare(was, is, at)
		default:
			c.compare(was, is, at)
		}
	}
}

// unknown is what a field breaks that the reader's type does not have.
func (c *jsonComparison) unknown(breaks Compatibility) Compatibility {
	if c.strict {
		return breaks
	}
	return Unchecked
}

// kinds are the types that a schema allows, sorted; nil is all.
func kinds(s *jsonschema.Schema, nullable bool) []string {
	names := slices.Clone(s.Types)
	if s.Type != "" {
		names = append(names, s.Type)
	}
	if len(names) == 0 {
		return nil
	}
	if nullable && !slices.Contains(names, "null") {
		names = append(names, "null")
	}
	slices.Sort(names)
	return names
}
