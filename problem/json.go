package problem

import (
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
)

// Extension is a member of a [Problem] beside those of RFC 9457. See [Extend].
type Extension struct {
	name  string
	value json.RawMessage
	err   error
}

var (
	extensionName = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_-]{2,}$`)
	// ownMembers are those of every problem, which no extension replaces.
	ownMembers = []string{"type", "title", "status", "detail", "instance", "request_id"} //nolint:gochecknoglobals // constant
)

// Extend makes a member of a problem. Its name has three or more letters, digits, underscores and hyphens, and is none that
// problems have anyway. What breaks that, or cannot be JSON, is left out of the answer.
func Extend[T any](name string, value T) Extension {
	e := Extension{name: name}
	if !extensionName.MatchString(name) || slices.Contains(ownMembers, name) {
		e.err = fmt.Errorf("a problem cannot be extended by %q", name)
		return e
	}
	e.value, e.err = json.Marshal(value)
	return e
}

// Err says what is wrong with the extension.
func (e Extension) Err() error { return e.err }

type members struct {
	Type      string `json:"type"`
	Title     string `json:"title"`
	Status    int    `json:"status"`
	Detail    string `json:"detail,omitempty"`
	Instance  string `json:"instance,omitempty"`
	RequestID string `json:"request_id,omitempty"`
}

// text is the problem as JSON, with the id of its request where there is one.
func (p *Problem) text(id string) []byte {
	full := p.Whole()
	text, _ := json.Marshal(members{full.Type, full.Title, full.Status, full.Detail, full.Instance, id})
	text = text[:len(text)-1]
	seen := make(map[string]bool, len(p.Extensions))
	for _, extension := range p.Extensions {
		if extension.err == nil && extension.value != nil && !seen[extension.name] {
			seen[extension.name] = true
			text = fmt.Appendf(text, ",%q:%s", extension.name, extension.value)
		}
	}
	return append(text, '}')
}

// MarshalJSON is the problem as it is sent, but for the request's id.
func (p Problem) MarshalJSON() ([]byte, error) { return p.text(""), nil }

// UnmarshalJSON reads a problem that was sent. The request's id is not kept.
func (p *Problem) UnmarshalJSON(text []byte) error {
	var own members
	var all map[string]json.RawMessage
	if err := json.Unmarshal(text, &own); err != nil {
		return fmt.Errorf("a problem: %w", err)
	}
	if err := json.Unmarshal(text, &all); err != nil {
		return fmt.Errorf("a problem: %w", err)
	}
	*p = Problem{Status: own.Status, Type: own.Type, Title: own.Title, Detail: own.Detail, Instance: own.Instance}
	for _, name := range slices.Sorted(maps.Keys(all)) {
		if !slices.Contains(ownMembers, name) && extensionName.MatchString(name) {
			p.Extensions = append(p.Extensions, Extension{name: name, value: all[name]})
		}
	}
	return nil
}
