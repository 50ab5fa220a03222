package outbox

import "strconv"

// connectSchema is a schema of Kafka Connect, as far as JsonConverter writes it.
type connectSchema struct {
	kind       string
	optional   bool
	name       string
	version    int // 0 for none
	doc        string
	parameters []parameter
	fallback   []byte // as JSON; nil for none
	items      *connectSchema
	fields     []member
}

type parameter struct{ key, value string }

type member struct {
	name   string
	schema *connectSchema
}

// The kinds that columns and payloads have.
const (
	kindBool   = "boolean"
	kindInt16  = "int16"
	kindInt32  = "int32"
	kindInt64  = "int64"
	kindFloat  = "float"
	kindDouble = "double"
	kindBytes  = "bytes"
	kindString = "string"
	kindArray  = "array"
	kindStruct = "struct"
)

// append writes the schema as JsonConverter does.
func (s *connectSchema) append(dst []byte) []byte { return append(s.open(dst), '}') }

// open leaves out the last brace, so that a struct can add the field's name.
func (s *connectSchema) open(dst []byte) []byte {
	dst = appendJSONString(append(dst, `{"type":`...), s.kind)
	if s.items != nil {
		dst = s.items.append(append(dst, `,"items":`...))
	}
	if s.kind == kindStruct {
		dst = append(dst, `,"fields":[`...)
		for i, f := range s.fields {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = append(appendJSONString(append(f.schema.open(dst), `,"field":`...), f.name), '}')
		}
		dst = append(dst, ']')
	}
	dst = strconv.AppendBool(append(dst, `,"optional":`...), s.optional)
	if s.name != "" {
		dst = appendJSONString(append(dst, `,"name":`...), s.name)
	}
	if s.version != 0 {
		dst = strconv.AppendInt(append(dst, `,"version":`...), int64(s.version), 10)
	}
	if s.doc != "" {
		dst = appendJSONString(append(dst, `,"doc":`...), s.doc)
	}
	for i, p := range s.parameters {
		if i == 0 {
			dst = append(dst, `,"parameters":{`...)
		} else {
			dst = append(dst, ',')
		}
		dst = appendJSONString(append(appendJSONString(dst, p.key), ':'), p.value)
		if i == len(s.parameters)-1 {
			dst = append(dst, '}')
		}
	}
	if s.fallback != nil {
		dst = append(append(dst, `,"default":`...), s.fallback...)
	}
	return dst
}
