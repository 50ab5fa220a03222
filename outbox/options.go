package outbox

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// options are those entries of a connector's configuration that begin with a prefix. What is read is taken out.
type options struct {
	prefix string
	values map[string]string
	errs   *[]error
}

func readOptions(data []byte) (*options, error) {
	var whole struct {
		Config map[string]any `json:"config"`
	}
	config := make(map[string]any)
	if err := json.Unmarshal(data, &whole); err == nil && whole.Config != nil {
		config = whole.Config
	} else if err := json.Unmarshal(data, &config); err != nil {
		return nil, fmt.Errorf("%w: it must be a JSON object", ErrConnector)
	}
	all := &options{values: make(map[string]string), errs: new([]error)}
	for key, value := range config {
		switch value := value.(type) {
		case string:
			all.values[key] = value
		case bool, float64:
			all.values[key] = fmt.Sprint(value)
		default:
			return nil, fmt.Errorf("%w: %s must be a string", ErrConnector, key)
		}
	}
	return all, nil
}

// below takes out the options whose names begin with prefix and a dot. The prefix alone is the option "".
func (o *options) below(prefix string) *options {
	found := &options{prefix: o.prefix + prefix + ".", values: make(map[string]string), errs: o.errs}
	for key, value := range o.values {
		switch rest, ok := strings.CutPrefix(key, prefix+"."); {
		case ok:
			found.values[rest] = value
			delete(o.values, key)
		case key == prefix:
			found.values[""] = value
			delete(o.values, key)
		}
	}
	return found
}

// text takes an option out.
func (o *options) text(name, otherwise string) string {
	value, ok := o.values[name]
	if !ok {
		return otherwise
	}
	delete(o.values, name)
	return value
}

// choice takes an option out that has one of a few values; the first is what it is where it is not set.
func (o *options) choice(name string, values ...string) string {
	value := strings.TrimSpace(o.text(name, values[0]))
	for _, allowed := range values {
		if strings.EqualFold(value, allowed) {
			return allowed
		}
	}
	o.fail("the relay cannot follow %s = %q; it follows %s", o.prefix+name, value, strings.Join(values, ", "))
	return values[0]
}

func (o *options) flag(name string, otherwise bool) bool {
	if otherwise {
		return o.choice(name, "true", "false") == "true"
	}
	return o.choice(name, "false", "true") == "true"
}

// rest refuses what was not taken out.
func (o *options) rest() {
	for _, name := range slices.Sorted(maps.Keys(o.values)) {
		o.fail("the relay cannot follow %s = %q", o.prefix+name, o.values[name])
	}
}

func (o *options) fail(format string, args ...any) {
	*o.errs = append(*o.errs, fmt.Errorf("%w: "+format, append([]any{ErrConnector}, args...)...))
}

func (o *options) err() error { return errors.Join(*o.errs...) }

// refuse names the options of the connector itself that would make other records. Options of its life (addresses,
// slots, snapshots, heartbeats, tolerance of errors) make none.
func (o *options) refuse() {
	for _, name := range []string{"schema.name.adjustment.mode", "field.name.adjustment.mode"} {
		o.choice(name, "none")
	}
	o.choice("include.schema.comments", "false")
	o.choice("topic.delimiter", ".")
	o.choice("topic.naming.strategy", "io.debezium.schema.SchemaTopicNamingStrategy")
	for operation := range strings.SplitSeq(o.text("skipped.operations", "t"), ",") {
		if strings.TrimSpace(operation) == "c" {
			o.fail("skipped.operations leaves out inserts, which are the events")
		}
	}
	for _, name := range slices.Sorted(maps.Keys(o.values)) {
		for _, shaping := range []string{"column.", "datatype.", "converters", "post.processors"} {
			if strings.HasPrefix(name, shaping) {
				o.fail("the relay cannot follow %s = %q", name, o.values[name])
			}
		}
	}
}
