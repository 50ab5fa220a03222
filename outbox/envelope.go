package outbox

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// envelope is a value of the payload and of placed columns, as JsonConverter writes a struct.
type envelope struct {
	converter converter
	payload   encode
	fields    []placedField
	version   *slot
	name      string // of the schema, without what routes the row
	names     *envelopeNames
}

type placedField struct {
	alias  string
	schema *connectSchema
	slot   slot
	encode encode
}

func (m routing) envelope(payload *field) (*envelope, error) {
	c := m.connector
	converter, _ := c.values.json()
	e := &envelope{
		converter: converter, payload: converter.jsonValue(payload), names: c.named,
		name: strings.Join([]string{c.prefix, m.relation.schema, m.relation.name}, ".") + ".",
	}
	for _, p := range c.placements {
		if p.where != inEnvelope || c.skipMissing && m.find(p.column) < 0 {
			continue
		}
		f, at, err := m.field(p.column)
		if err != nil {
			return nil, err
		}
		e.fields = append(e.fields, placedField{
			alias: p.alias, schema: f.schema, slot: slot{column: at, fallback: f.fallback}, encode: converter.jsonValue(f),
		})
	}
	if c.version == "" {
		return e, nil
	}
	var err error
	e.version, err = m.typed(c.version, oidInt4, "an integer")
	return e, err
}

func (e *envelope) write(values [][]byte, route, raw []byte, payload expanded) ([]byte, error) {
	var value []byte
	if e.converter.schemas {
		written, err := e.schema(values, route, payload)
		if err != nil {
			return nil, err
		}
		value = append(append(append(value, `{"schema":`...), written...), `,"payload":`...)
	}
	value = append(value, `{"payload":`...)
	var err error
	switch {
	case payload.broken && !e.converter.schemas:
		value = append(value, raw...)
	case payload.json != nil && !payload.broken:
		value = append(value, payload.json...)
	default:
		value, err = e.payload(value, raw)
	}
	for _, f := range e.fields {
		if err == nil {
			value, err = f.encode(append(appendJSONString(append(value, ','), f.alias), ':'), f.slot.raw(values))
		}
	}
	value = append(value, '}')
	if e.converter.schemas {
		value = append(value, '}')
	}
	return value, err
}

// envelopeNames remembers schemas as the event router does: of rows with the same schema of the payload, or of the same
// version, all have the schema that the first one had, whatever routes them.
type envelopeNames struct {
	mu    sync.Mutex
	known map[string][]byte
}

// knownSchemas bounds what is remembered.
const knownSchemas = 10_000

func (e *envelope) schema(values [][]byte, route []byte, payload expanded) ([]byte, error) {
	made := &connectSchema{kind: kindStruct, name: e.name + string(route) + ".Value"}
	made.fields = append(made.fields, member{"payload", payload.schema})
	for _, f := range e.fields {
		made.fields = append(made.fields, member{f.alias, f.schema})
	}
	key := string(payload.schema.append(nil))
	if e.version != nil {
		raw := e.version.raw(values)
		key = "version " + string(raw)
		if raw != nil {
			version, err := strconv.Atoi(string(raw))
			if err != nil {
				return nil, fmt.Errorf("%w: a version that cannot be read", errMalformed)
			}
			made.version = version
		}
	}
	e.names.mu.Lock()
	defer e.names.mu.Unlock()
	if known, ok := e.names.known[key]; ok {
		return known, nil
	}
	if len(e.names.known) >= knownSchemas || e.names.known == nil {
		e.names.known = make(map[string][]byte)
	}
	written := slices.Clip(made.append(nil))
	e.names.known[key] = written
	return written, nil
}
