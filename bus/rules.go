package bus

import (
	"encoding/json"
	"math"
	"slices"

	"github.com/google/jsonschema-go/jsonschema"
)

// compareRules compares the keywords that limit a value, beside its type and the parts that are compared one by one.
// Wider and narrower ranges and lists of values are told apart; any other change breaks both directions.
func (c *jsonComparison) compareRules(old, new *jsonschema.Schema, path string) {
	if before, after := rest(old), rest(new); before != after {
		c.note(Full, path, "the allowed values changed from %s to %s", before, after)
	}
	narrower := bound(new.Minimum, math.Inf(-1)) > bound(old.Minimum, math.Inf(-1)) ||
		bound(new.Maximum, math.Inf(1)) < bound(old.Maximum, math.Inf(1))
	wider := bound(new.Minimum, math.Inf(-1)) < bound(old.Minimum, math.Inf(-1)) ||
		bound(new.Maximum, math.Inf(1)) > bound(old.Maximum, math.Inf(1))
	before, after := values(old), values(new)
	narrower = narrower || missingFrom(after, before)
	wider = wider || missingFrom(before, after)
	if breaks := directions(narrower, wider); breaks != Unchecked {
		c.note(breaks, path, "the range of values changed from %s to %s", limits(old), limits(new))
	}
}

// directions says what a range breaks that became narrower, wider, or was moved.
func directions(narrower, wider bool) Compatibility {
	var breaks Compatibility
	if narrower {
		breaks |= Backward
	}
	if wider {
		breaks |= Forward
	}
	return breaks
}

func bound(limit *float64, otherwise float64) float64 {
	if limit == nil {
		return otherwise
	}
	return *limit
}

// values are those of an enum as JSON; nil is all.
func values(s *jsonschema.Schema) []string {
	if s.Enum == nil {
		return nil
	}
	texts := make([]string, 0, len(s.Enum))
	for _, value := range s.Enum {
		text, err := json.Marshal(value)
		if err != nil {
			continue
		}
		texts = append(texts, string(text))
	}
	return texts
}

// missingFrom says whether list, where nil is all values, lacks some of those in wanted.
func missingFrom(list, wanted []string) bool {
	if list == nil {
		return false
	}
	if wanted == nil {
		return true
	}
	return slices.ContainsFunc(wanted, func(value string) bool { return !slices.Contains(list, value) })
}

func limits(s *jsonschema.Schema) string {
	return text(&jsonschema.Schema{Minimum: s.Minimum, Maximum: s.Maximum, Enum: s.Enum})
}

func rest(s *jsonschema.Schema) string {
	other := *s
	other.Schema, other.ID, other.Title, other.Description, other.Comment, other.Defs = "", "", "", "", "", nil
	other.Default, other.Examples, other.Deprecated, other.Extra = nil, nil, false, nil
	other.Type, other.Types, other.Required, other.Properties, other.PropertyOrder = "", nil, nil, nil, nil
	other.Items, other.AdditionalProperties = nil, nil
	other.Minimum, other.Maximum, other.Enum = nil, nil, nil
	return text(&other)
}

func text(s *jsonschema.Schema) string {
	text, err := json.Marshal(s)
	if err != nil {
		return err.Error()
	}
	if string(text) == "true" {
		return "{}"
	}
	return string(text)
}
