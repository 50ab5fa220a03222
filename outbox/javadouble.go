package outbox

import (
	"bytes"
	"fmt"
	"math"
	"strconv"
)

// double makes a floating point column: Java writes such numbers in its own way.
func (f *field) double(kind string, bits int) {
	f.schema.kind = kind
	f.text = func(dst, raw []byte) ([]byte, error) {
		value, err := strconv.ParseFloat(string(raw), bits)
		if err != nil {
			return nil, fmt.Errorf("%w: a number that cannot be read", errMalformed)
		}
		return appendJavaDouble(dst, value, bits), nil
	}
	f.json = func(dst, raw []byte) ([]byte, error) {
		if c := raw[len(raw)-1]; c < '0' || c > '9' { // NaN and Infinity
			return inQuotes(f.text)(dst, raw)
		}
		return f.text(dst, raw)
	}
}

// Powers of ten from which, and below which, Java writes no exponent.
const (
	plainFrom = -3
	plainTo   = 7
)

// appendJavaDouble writes a number as Java's Double.toString and Float.toString do, since Java 19: the fewest digits that
// mean this number, at least one on each side of the point, and with an exponent outside of 0.001 to 10,000,000.
func appendJavaDouble(dst []byte, value float64, bits int) []byte {
	switch {
	case math.IsNaN(value):
		return append(dst, "NaN"...)
	case math.IsInf(value, 1):
		return append(dst, "Infinity"...)
	case math.IsInf(value, -1):
		return append(dst, "-Infinity"...)
	case value == 0:
		return append(strconv.AppendFloat(dst, value, 'f', 0, bits), ".0"...)
	}
	digits := strconv.AppendFloat(nil, value, 'e', -1, bits)
	if bytes.IndexByte(digits, '.') < 0 {
		// Of one digit, Java takes the nearest number of two digits that still means the same.
		two := strconv.AppendFloat(nil, value, 'e', 1, bits)
		if same, err := strconv.ParseFloat(string(two), bits); err == nil && same == value {
			digits = two
		}
	}
	mantissa, power, _ := bytes.Cut(digits, []byte("e"))
	exponent, _ := strconv.Atoi(string(power)) // it was just written
	start := len(dst)
	if exponent < plainFrom || exponent >= plainTo {
		dst = append(dst, mantissa...)
	} else {
		dst = strconv.AppendFloat(dst, value, 'f', -1, bits)
	}
	if bytes.IndexByte(dst[start:], '.') < 0 {
		dst = append(dst, ".0"...)
	}
	if exponent < plainFrom || exponent >= plainTo {
		dst = strconv.AppendInt(append(dst, 'E'), int64(exponent), 10)
	}
	return dst
}
