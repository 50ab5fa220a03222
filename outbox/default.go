package outbox

import (
	"bytes"
	"fmt"
	"regexp"
	"strings"
)

var (
	defaultLiteral   = regexp.MustCompile(`'([^']*(?:''[^']*)*)'`)
	defaultGenerated = regexp.MustCompile(`^[(]?[A-Za-z0-9_.]+\((?:.+(?:, ?.+)*)?\)|` +
		`^(?i:current_timestamp|current_time|current_date|localtime|localtimestamp)$`)
)

// defaults finds what Debezium takes for a column's default. A NULL in such a column becomes its default, and schemas
// show it. Debezium reads expressions by patterns: what a function makes is a placeholder, as in
// PostgresDefaultValueConverter, and an expression that it cannot read is no default. written says that schemas are written.
func (f *field) defaults(written bool) error {
	expression := f.column.expression
	if expression == "" || !f.column.nullable && !written || f.bytes || f.schema.kind == kindStruct {
		return nil
	}
	var placeholder string
	switch f.column.oid {
	case oidText, oidVarchar, oidBpchar, oidXML:
	case oidJSON, oidJSONB:
		placeholder = "{}"
	case oidUUID:
		placeholder = "00000000-0000-0000-0000-000000000000"
	case oidInt2, oidInt4, oidInt8, oidFloat4, oidFloat8, oidNumeric:
		placeholder = "0"
	case oidBool:
		placeholder = "f"
	case oidDate:
		placeholder = "1970-01-01"
	case oidTimestamp:
		placeholder = "1970-01-01 00:00:00"
	case oidTimestamptz:
		placeholder = "1970-01-01 00:00:00+00"
	case oidTime:
		placeholder = "00:00:00"
	default:
		return f.opaque()
	}
	literal := defaultLiteral.FindStringSubmatch(expression)
	switch {
	case strings.HasPrefix(expression, "NULL::"):
		return nil
	case defaultGenerated.MatchString(expression):
		f.fallback = []byte(placeholder)
	case literal != nil:
		f.fallback = []byte(strings.ReplaceAll(literal[1], "''", "'"))
	default:
		f.fallback = []byte(expression)
	}
	return f.readable()
}

// readable takes the default back where it is no value of the column's type, as Debezium does.
func (f *field) readable() error {
	switch f.column.oid {
	case oidBool:
		f.fallback = []byte(map[bool]string{true: "t", false: "f"}[strings.EqualFold(string(f.fallback), "true")])
	case oidDate, oidTimestamp, oidTimestamptz, oidTime:
		if _, err := f.json(nil, f.fallback); err != nil {
			return f.opaque() // the driver reads more forms than ISO
		}
	case oidInt2, oidInt4, oidInt8, oidFloat4, oidFloat8, oidNumeric:
		if !javaNumber.Match(f.fallback) {
			f.fallback = nil
			return nil
		}
		if _, scale, fixed := numericModifier(f.column.modifier); f.column.oid == oidNumeric && fixed {
			f.fallback = padFraction(f.fallback, scale)
		}
	}
	encoded, err := f.json(nil, f.fallback)
	if err != nil {
		return f.opaque()
	}
	f.schema.fallback = encoded
	return nil
}

// padFraction adds zeros until there are as many digits behind the point as the column has.
func padFraction(number []byte, scale int) []byte {
	_, fraction, found := bytes.Cut(number, []byte("."))
	if !found && scale > 0 {
		number = append(number, '.')
	}
	return append(number, bytes.Repeat([]byte("0"), max(scale-len(fraction), 0))...)
}

var javaNumber = regexp.MustCompile(`^-?[0-9]+(\.[0-9]+)?$`)

// opaque refuses a default of which the relay does not know what Debezium takes it for.
func (f *field) opaque() error {
	return fmt.Errorf("%w: the relay cannot follow what Debezium makes of the default of column %q: %s",
		ErrConnector, f.column.name, f.column.expression)
}
