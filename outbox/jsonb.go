package outbox

import (
	"bytes"
	"strconv"
	"strings"
)

// What a number of type numeric has at most: digits before the point, digits behind it, and its exponent as it is written.
const (
	numericDigits   = 131_072
	numericScale    = 16_383
	numericExponent = 1<<30 - 1
)

// jsonbTakes says whether a column of jsonb takes what is valid JSON: its characters must be those of text, and its
// numbers those of the type numeric.
func jsonbTakes(document []byte) bool {
	for len(document) > 0 {
		taken, ok := 1, true
		switch c := document[0]; {
		case c == '"':
			taken, ok = jsonbString(document)
		case c == '-' || c >= '0' && c <= '9':
			taken = len(document) - len(bytes.TrimLeft(document, "+-.0123456789eE"))
			ok = isNumeric(string(document[:taken]))
		}
		if !ok {
			return false
		}
		document = document[taken:]
	}
	return true
}

// jsonbString is how long the string is that begins the document, and whether its escapes are characters that text has.
func jsonbString(document []byte) (length int, ok bool) {
	high := false
	for at := 1; ; {
		unit, width := uint64(1), 1 // any character that needs no look
		if document[at] == '\\' {
			width = 2
			if document[at+1] == 'u' {
				width = 6
				unit, _ = strconv.ParseUint(string(document[at+2:at+width]), 16, 16)
			}
		}
		if low := unit>>10 == 0xdc00>>10; unit == 0 || low != high {
			return 0, false
		}
		if high = unit>>10 == 0xd800>>10; document[at] == '"' {
			return at + 1, true
		}
		at += width
	}
}

func isNumeric(number string) bool {
	mantissa, exponent := number, 0
	if at := strings.IndexAny(number, "eE"); at >= 0 {
		var err error
		mantissa = number[:at]
		if exponent, err = strconv.Atoi(number[at+1:]); err != nil || max(exponent, -exponent) >= numericExponent {
			return false
		}
	}
	whole, fraction, _ := strings.Cut(strings.TrimPrefix(mantissa, "-"), ".")
	digits := whole + fraction
	significant := strings.TrimLeft(digits, "0")
	before := len(whole) + exponent - (len(digits) - len(significant))
	return len(fraction)-exponent <= numericScale && (significant == "" || before <= numericDigits)
}
