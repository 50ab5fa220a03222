package outbox

import (
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"strings"
)

// encode appends a value that PostgreSQL wrote as text. It may return the value itself where dst is nil.
type encode func(dst, raw []byte) ([]byte, error)

// field is a column as Debezium hands it to a converter.
type field struct {
	column   walColumn
	schema   *connectSchema
	text     encode // as Java's toString writes it; nil where that is the name of a Java object
	header   encode // as Connect's Values.convertToString writes it
	json     encode
	bytes    bool   // the value is binary, and raw its hexadecimal digits
	fallback []byte // what a NULL becomes, since the column has a default; nil for none
	blank    func(raw []byte) bool
}

// typeModes are the connector's options of how columns become values.
type typeModes struct{ decimal, time, binary string }

func readTypeModes(o *options) typeModes {
	return typeModes{
		decimal: o.choice("decimal.handling.mode", "precise", "double", "string"),
		time:    o.choice("time.precision.mode", "adaptive", "adaptive_time_microseconds", "microseconds"),
		binary:  o.choice("binary.handling.mode", "bytes", "base64", "base64-url-safe", "hex"),
	}
}

// The types of PostgreSQL that a column may have, by their number in pg_type.
const (
	oidBool, oidBytea, oidInt8, oidInt2, oidInt4, oidText, oidOID           = 16, 17, 20, 21, 23, 25, 26
	oidJSON, oidXML, oidCIDR, oidFloat4, oidFloat8, oidMacaddr8, oidMacaddr = 114, 142, 650, 700, 701, 774, 829
	oidInet, oidBpchar, oidVarchar, oidDate, oidTime, oidTimestamp          = 869, 1042, 1043, 1082, 1083, 1114
	oidTimestamptz, oidTimetz, oidNumeric, oidUUID, oidJSONB                = 1184, 1266, 1700, 2950, 3802
)

func verbatim(dst, raw []byte) ([]byte, error) {
	if dst == nil {
		return raw, nil
	}
	return append(dst, raw...), nil
}

func quoted(dst, raw []byte) ([]byte, error) { return appendJSONString(dst, raw), nil }

// field makes the column's field, or says that the relay does not know what Debezium makes of its type. schemas says
// that a converter writes its schema.
func (m typeModes) field(column walColumn, schemas bool) (*field, error) {
	f := &field{column: column, schema: &connectSchema{kind: kindString}, text: verbatim, json: quoted}
	named := func(name string) { f.schema.name, f.schema.version = name, 1 }
	number := func(kind string) { f.schema.kind, f.json = kind, verbatim }
	switch column.oid {
	case oidText, oidVarchar, oidBpchar, oidInet, oidCIDR, oidMacaddr, oidMacaddr8:
	case oidJSON, oidJSONB:
		named("io.debezium.data.Json")
	case oidUUID:
		named("io.debezium.data.Uuid")
	case oidXML:
		named("io.debezium.data.Xml")
	case oidInt2:
		number(kindInt16)
	case oidInt4:
		number(kindInt32)
	case oidInt8, oidOID:
		number(kindInt64)
	case oidBool:
		f.schema.kind, f.text, f.json = kindBool, boolean, boolean
	case oidFloat4:
		f.double(kindFloat, 32)
	case oidFloat8:
		f.double(kindDouble, 64)
	case oidBytea:
		f.binary(m.binary)
	case oidNumeric:
		if err := f.numeric(m.decimal); err != nil {
			return nil, err
		}
	case oidDate, oidTime, oidTimestamp, oidTimestamptz, oidTimetz:
		f.temporal(m.time)
	default:
		if !f.declared() {
			return nil, fmt.Errorf("%w: the relay cannot follow what Debezium makes of column %q, of type %s (number %d)",
				ErrConnector, column.name, column.typeName, column.oid)
		}
	}
	if f.header == nil {
		f.header = f.text
	}
	if f.blank == nil {
		f.blank = func(raw []byte) bool {
			return f.schema.kind == kindString && strings.Trim(string(raw), javaBlank) == ""
		}
	}
	f.schema.optional = column.nullable
	return f, f.defaults(schemas)
}

// declared makes fields of enumerations and of the extension citext, whose numbers differ from server to server.
func (f *field) declared() bool {
	switch {
	case len(f.column.labels) > 0:
		f.schema.name, f.schema.version = "io.debezium.data.Enum", 1
		f.schema.parameters = []parameter{{"allowed", strings.Join(f.column.labels, ",")}}
		return true
	default:
		return f.column.typeName == "citext"
	}
}

// javaBlank is what Java's String.trim cuts off: everything up to the space.
const javaBlank = "\x00\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f" +
	"\x10\x11\x12\x13\x14\x15\x16\x17\x18\x19\x1a\x1b\x1c\x1d\x1e\x1f "

func boolean(dst, raw []byte) ([]byte, error) {
	switch string(raw) {
	case "t":
		return append(dst, "true"...), nil
	case "f":
		return append(dst, "false"...), nil
	}
	return nil, fmt.Errorf("%w: a boolean that is neither t nor f", errMalformed)
}

// binary makes a bytea column what binary.handling.mode says: bytes, or text that stands for them.
func (f *field) binary(mode string) {
	f.blank = func(raw []byte) bool { return mode != "bytes" && len(raw) <= len(`\x`) }
	inBase64 := func(encoding *base64.Encoding) encode {
		return func(dst, raw []byte) ([]byte, error) {
			decoded, err := decodeBytea(raw)
			return encoding.AppendEncode(dst, decoded), err
		}
	}
	switch mode {
	case "base64":
		f.text = inBase64(base64.StdEncoding)
	case "base64-url-safe":
		f.text = inBase64(base64.URLEncoding)
	case "hex":
		f.text = func(dst, raw []byte) ([]byte, error) {
			decoded, err := decodeBytea(raw)
			return hex.AppendEncode(dst, decoded), err
		}
	default:
		f.schema.kind, f.bytes, f.text, f.header = kindBytes, true, nil, inBase64(base64.StdEncoding)
		f.json = inQuotes(f.header)
		return
	}
	f.json = inQuotes(f.text)
}

// inQuotes is for text that needs no escapes.
func inQuotes(plain encode) encode {
	return func(dst, raw []byte) ([]byte, error) {
		dst, err := plain(append(dst, '"'), raw)
		return append(dst, '"'), err
	}
}

func decodeBytea(raw []byte) ([]byte, error) {
	digits, ok := strings.CutPrefix(string(raw), `\x`)
	decoded, err := hex.DecodeString(digits)
	if !ok || err != nil {
		return nil, fmt.Errorf("%w: bytea is not in hex; set bytea_output = hex", errMalformed)
	}
	return decoded, nil
}
