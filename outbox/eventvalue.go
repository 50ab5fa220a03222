package outbox

// eventValue makes a record's value of a row: the payload alone, or an envelope of it and placed columns.
type eventValue struct {
	payload    slot
	field      *field
	tombstones bool
	expand     *expansion // nil where the payload stays as it is
	converter  converter  // JsonConverter, where there is an envelope or an expansion
	envelope   *envelope  // nil for the payload alone
}

func (m routing) value() (*eventValue, error) {
	c := m.connector
	f, at, err := m.field(c.payload)
	if err != nil {
		return nil, err
	}
	v := &eventValue{payload: slot{column: at, fallback: f.fallback}, field: f, tombstones: c.tombstones}
	v.converter, _ = c.values.json()
	if f.schema.kind == kindString {
		v.expand = c.expand
	}
	if v.payload.encode, err = c.values.encode(f); err != nil {
		// The connector's task fails at these, or writes the name of a Java object. They are kept.
		v.payload.encode = keep(f)
	}
	if c.enveloped() {
		v.envelope, err = m.envelope(f)
		return v, err
	}
	return v, nil
}

// keep hands over a payload's own bytes.
func keep(f *field) func(raw []byte) ([]byte, error) {
	return func(raw []byte) ([]byte, error) {
		if raw == nil || !f.bytes {
			return raw, nil
		}
		return decodeBytea(raw)
	}
}

func (v *eventValue) write(values [][]byte, route []byte) ([]byte, error) {
	raw := v.payload.raw(values)
	if v.tombstones && (raw == nil || v.field.blank(raw)) {
		return nil, nil
	}
	payload := expanded{schema: v.field.schema}
	if raw != nil && v.expand != nil {
		payload = v.expand.of(raw, v.field.column.name, payload)
	}
	switch {
	case v.envelope != nil && payload.schema == nil:
		return v.envelope.write(values, route, raw, expanded{schema: v.field.schema, broken: true})
	case v.envelope != nil:
		return v.envelope.write(values, route, raw, payload)
	case payload.broken && !v.converter.schemas:
		return raw, nil
	case payload.json == nil && payload.schema != nil || payload.broken:
		return v.payload.encode(raw)
	case payload.schema == nil:
		payload.json = appendJSONString(nil, raw)
	}
	if !v.converter.schemas {
		return payload.json, nil
	}
	value := append([]byte(nil), `{"schema":`...)
	if payload.schema == nil {
		value = append(value, "null"...)
	} else {
		value = payload.schema.append(value)
	}
	return append(append(append(value, `,"payload":`...), payload.json...), '}'), nil
}
