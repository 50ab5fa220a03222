package bus

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/google/jsonschema-go/jsonschema"

	"github.com/millrace/millrace/resilience"
)

// ErrIncompatible is found in the error of a contract whose schema changed in a way that consumers or stored events
// do not survive. Nothing was registered or published.
var ErrIncompatible = errors.New("bus: incompatible contract")

// Change is one difference between two schemas. Path is where: "items[].quantity", or "" for the whole payload.
type Change struct {
	Path string
	What string
}

// IncompatibleError lists what is in the way of a new schema.
type IncompatibleError struct {
	Contract string
	// Registered and Wanted are the two versions.
	Registered, Wanted int
	Changes            []Change
}

func (e *IncompatibleError) Error() string {
	var text strings.Builder
	fmt.Fprintf(&text, "bus: contract %s version %d is incompatible with version %d:", e.Contract, e.Wanted, e.Registered)
	for _, change := range e.Changes {
		path := change.Path
		if path == "" {
			path = "the payload"
		}
		fmt.Fprintf(&text, "\n  - %s: %s", path, change.What)
	}
	if e.Registered == e.Wanted {
		text.WriteString("\nthe version is registered with another schema; raise it with bus.Version")
	} else {
		text.WriteString("\nkeep the old fields as they are and add optional ones, or define a contract with a new name")
	}
	return text.String()
}

// Is matches [ErrIncompatible].
func (e *IncompatibleError) Is(target error) bool { return target == ErrIncompatible }

// Class is permanent.
func (e *IncompatibleError) Class() resilience.Class { return resilience.ClassPermanent }

// incompatible lists what breaks when old and new are in use at once, in both directions: consumers of the old schema
// must read new events, and consumers of the new one stored events. Optional fields may come and go.
func incompatible(old, new Schema) ([]Change, error) {
	if old.Type != new.Type {
		return []Change{{What: fmt.Sprintf("the schema language changed from %s to %s", old.Type, new.Type)}}, nil
	}
	if old.Text == new.Text {
		return nil, nil
	}
	if old.Type != SchemaJSON {
		return []Change{{What: fmt.Sprintf("the %s schema changed, and only JSON schemas can be compared", old.Type)}}, nil
	}
	var before, after jsonschema.Schema
	if err := errors.Join(json.Unmarshal([]byte(old.Text), &before), json.Unmarshal([]byte(new.Text), &after)); err != nil {
		return nil, fmt.Errorf("bus: read a schema: %w", err)
	}
	var changes []Change
	compare(&before, &after, "", &changes)
	return changes, nil
}

func compare(old, new *jsonschema.Schema, path string, changes *[]Change) {
	note := func(path, text string, args ...any) {
		*changes = append(*changes, Change{Path: path, What: fmt.Sprintf(text, args...)})
	}
	if (old == nil) != (new == nil) {
		note(path, "any value is %s", map[bool]string{true: "no longer limited", false: "now limited"}[new == nil])
		return
	}
	if old == nil {
		return
	}
	if before, after := types(old), types(new); before != after {
		note(path, "type changed from %s to %s", before, after)
		return
	}
	if before, after := rules(old), rules(new); before != after {
		note(path, "the allowed values changed from %s to %s", before, after)
	}
	for _, name := range slices.Sorted(maps.Keys(merge(old.Properties, new.Properties))) {
		at := strings.TrimPrefix(path+"."+name, ".")
		was, is := old.Properties[name], new.Properties[name]
		required, requires := slices.Contains(old.Required, name), slices.Contains(new.Required, name)
		switch {
		case is == nil && required:
			note(at, "removed, but consumers of the old version require it")
		case was == nil && requires:
			note(at, "added as required, but stored events do not have it; mark it omitempty or omitzero")
		case was == nil || is == nil:
		case required != requires:
			note(at, "changed from %s to %s", presence(required), presence(requires))
			fallthrough
		default:
			compare(was, is, at, changes)
		}
	}
	compare(old.Items, new.Items, path+"[]", changes)
	if len(old.Properties)+len(new.Properties) == 0 {
		compare(old.AdditionalProperties, new.AdditionalProperties, path+"{}", changes)
	}
}

// rules are the keywords that limit a value, beside its type and the parts that are compared one by one.
func rules(s *jsonschema.Schema) string {
	rest := *s
	rest.Schema, rest.Title, rest.Description, rest.Comment = "", "", "", ""
	rest.Type, rest.Types, rest.Required, rest.Properties, rest.PropertyOrder = "", nil, nil, nil, nil
	rest.Items, rest.AdditionalProperties = nil, nil
	text, err := json.Marshal(&rest)
	if err != nil {
		return err.Error()
	}
	return string(text)
}

func merge(a, b map[string]*jsonschema.Schema) map[string]*jsonschema.Schema {
	both := maps.Clone(a)
	if both == nil {
		both = make(map[string]*jsonschema.Schema, len(b))
	}
	maps.Copy(both, b)
	return both
}

func presence(required bool) string {
	if required {
		return "required"
	}
	return "optional"
}

func types(s *jsonschema.Schema) string {
	names := slices.Clone(s.Types)
	if s.Type != "" {
		names = append(names, s.Type)
	}
	if len(names) == 0 {
		return "any"
	}
	slices.Sort(names)
	return strings.Join(names, " or ")
}
