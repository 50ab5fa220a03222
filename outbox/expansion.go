package outbox

import "math"

// expansion makes JSON of a payload that is text of JSON, as the event router does for JsonConverter: it infers a schema
// and writes the payload anew by it. Fields that are null and empty arrays have no schema and are left out.
type expansion struct{ nulls, emptyArrays bool }

// expanded is a payload after expansion. Without json it stays the text that it is.
type expanded struct {
	schema *connectSchema // nil where the event router ends up without one
	json   []byte
	broken bool // the connector's task fails at it
}

// of expands raw; plain is what it is otherwise.
func (e *expansion) of(raw []byte, name string, plain expanded) expanded {
	document, err := parseJSON(raw)
	if err != nil {
		return plain
	}
	inferred, ok := e.infer(name, document)
	switch {
	case !ok:
		return plain
	case inferred == nil:
		return expanded{}
	}
	text, ok := e.write(make([]byte, 0, len(raw)), document, inferred)
	if !ok || document.kind != kindStruct {
		return expanded{schema: plain.schema, broken: true}
	}
	return expanded{schema: inferred, json: text}
}

// infer is nil for what has no schema, and not ok where there is none for all elements of an array.
func (e *expansion) infer(name string, v *jsonValue) (s *connectSchema, ok bool) {
	switch v.kind {
	case kindStruct:
		s = &connectSchema{kind: kindStruct, optional: true, name: name}
		for i, key := range v.keys {
			path := key
			if name != "" {
				path = name + "." + key
			}
			field, ok := e.infer(path, v.items[i])
			if !ok {
				return nil, false
			}
			if field != nil && key == "" {
				return nil, false
			}
			if field != nil {
				s.fields = append(s.fields, member{key, field})
			}
		}
		return s, true
	case kindArray:
		if len(v.items) == 0 {
			if e.emptyArrays {
				return &connectSchema{kind: kindArray, optional: true, items: &connectSchema{kind: kindString, optional: true}}, true
			}
			return nil, true
		}
		items, ok := e.inferItems(name, v)
		return &connectSchema{kind: kindArray, optional: true, items: items}, ok
	case kindNull:
		if e.nulls {
			return &connectSchema{kind: kindBytes, optional: true}, true
		}
		return nil, true
	case kindBig:
		return &connectSchema{kind: kindDouble, optional: true}, true
	}
	return &connectSchema{kind: v.kind, optional: true}, true
}

// inferItems wants elements of one kind. Those of objects are merged.
func (e *expansion) inferItems(name string, array *jsonValue) (*connectSchema, bool) {
	sample := array.items[0]
	for _, item := range array.items {
		switch {
		case item.kind == kindNull:
		case sample.kind == kindNull:
			sample = item
		case numeric(item.kind) != numeric(sample.kind):
			return nil, false
		}
	}
	if sample.kind != kindStruct {
		items, ok := e.infer("", sample)
		return items, ok && items != nil
	}
	var merged *connectSchema
	for _, item := range array.items {
		if item.kind != kindStruct {
			continue
		}
		next, ok := e.infer(name, item)
		if !ok {
			return nil, false
		}
		merged = merge(merged, next)
	}
	return merged, true
}

// numeric is the kind as arrays compare it: a number too large for 64 bits has the schema of a double.
func numeric(kind string) string {
	if kind == kindBig {
		return kindDouble
	}
	return kind
}

// merge adds the fields of the second. A field that was null takes the schema that another element has.
func merge(first, second *connectSchema) *connectSchema {
	if first == nil {
		return second
	}
next:
	for _, added := range second.fields {
		for i, known := range first.fields {
			if known.name != added.name {
				continue
			}
			if known.schema.kind == kindBytes {
				first.fields[i].schema = added.schema
			}
			continue next
		}
		first.fields = append(first.fields, added)
	}
	return first
}

// write is not ok where a value does not fit the schema.
func (e *expansion) write(dst []byte, v *jsonValue, s *connectSchema) (text []byte, ok bool) {
	switch {
	case v.kind == kindNull:
		return append(dst, "null"...), true
	case v.kind != s.kind:
		return nil, false
	case v.kind == kindString:
		return appendJSONString(dst, v.text), true
	case v.kind == kindDouble:
		if math.IsInf(v.number, 0) {
			return append(appendJavaDouble(append(dst, '"'), v.number, 64), '"'), true //nolint:mnd // bits
		}
		return appendJavaDouble(dst, v.number, 64), true //nolint:mnd // bits
	case v.kind == kindArray:
		dst = append(dst, '[')
		for i, item := range v.items {
			if i > 0 {
				dst = append(dst, ',')
			}
			if dst, ok = e.write(dst, item, s.items); !ok {
				return nil, false
			}
		}
		return append(dst, ']'), true
	case v.kind != kindStruct:
		return append(dst, v.text...), true
	}
	dst = append(dst, '{')
	for i, f := range s.fields {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(appendJSONString(dst, f.name), ':')
		if dst, ok = e.write(dst, v.field(f.name), f.schema); !ok {
			return nil, false
		}
	}
	return append(dst, '}'), true
}
