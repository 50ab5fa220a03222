package sagas

import (
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/go-json-experiment/json/jsontext"
)

// text is JSON that is being written. Members that are empty are left out. What is JSON already is taken as it is.
type text struct {
	out []byte
	err error
}

// name begins a member of an object.
func (t *text) name(name string) {
	if t.out[len(t.out)-1] != '{' {
		t.out = append(t.out, ',')
	}
	t.out = append(append(append(t.out, '"'), name...), '"', ':')
}

// quote writes a string. What is no Unicode in it is replaced.
func (t *text) quote(s string) { t.out, _ = jsontext.AppendQuote(t.out, s) }

func (t *text) string(name, s string) {
	if s != "" {
		t.name(name)
		t.quote(s)
	}
}

func (t *text) strings(name string, all []string) {
	list(t, name, all, func(s *string) { t.quote(*s) })
}

func (t *text) int(name string, n int) {
	if n != 0 {
		t.name(name)
		t.out = strconv.AppendInt(t.out, int64(n), 10)
	}
}

func (t *text) bool(name string, is bool) {
	if is {
		t.name(name)
		t.out = append(t.out, "true"...)
	}
}

func (t *text) time(name string, at time.Time) {
	if at.IsZero() {
		return
	}
	t.name(name)
	t.out = append(t.out, '"')
	out, err := at.AppendText(t.out)
	if err != nil {
		t.err = err
		return
	}
	t.out = append(out, '"')
}

func (t *text) raw(name string, value json.RawMessage) {
	if len(value) > 0 {
		t.name(name)
		t.out = append(t.out, value...)
	}
}

func (t *text) raws(name string, all map[string]json.RawMessage) {
	if len(all) == 0 {
		return
	}
	t.name(name)
	t.object(func() {
		for _, key := range slices.Sorted(maps.Keys(all)) {
			if t.out[len(t.out)-1] != '{' {
				t.out = append(t.out, ',')
			}
			t.quote(key)
			t.out = append(append(t.out, ':'), all[key]...)
		}
	})
}

// object writes what members do between braces.
func (t *text) object(members func()) {
	t.out = append(t.out, '{')
	members()
	t.out = append(t.out, '}')
}

// list writes an array.
func list[T any](t *text, name string, all []T, one func(*T)) {
	if len(all) == 0 {
		return
	}
	t.name(name)
	t.out = append(t.out, '[')
	for i := range all {
		if i > 0 {
			t.out = append(t.out, ',')
		}
		one(&all[i])
	}
	t.out = append(t.out, ']')
}

// other writes what encoding/json makes of a value.
func (t *text) other(name string, value any) {
	out, err := json.Marshal(value)
	if err != nil {
		t.err = err
		return
	}
	t.raw(name, out)
}
