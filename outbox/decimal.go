package outbox

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"math/big"
	"slices"
	"strconv"
)

// numeric makes a numeric column what decimal.handling.mode says: a Decimal of Connect, or one of Debezium's with a
// scale of its own where the column has none; a double; or text.
func (f *field) numeric(mode string) error {
	precision, scale, fixed := numericModifier(f.column.modifier)
	if fixed && scale < 0 {
		return fmt.Errorf("%w: the relay cannot follow column %q of a negative scale", ErrConnector, f.column.name)
	}
	switch {
	case mode == "string":
		f.text = specialName
		f.json = inQuotes(f.text)
	case mode == "double":
		f.double(kindDouble, 64) //nolint:mnd // bits
	case fixed:
		f.schema = &connectSchema{kind: kindBytes, name: "org.apache.kafka.connect.data.Decimal", version: 1, parameters: []parameter{
			{"scale", strconv.Itoa(scale)}, {"connect.decimal.precision", strconv.Itoa(precision)},
		}}
		f.text = javaDecimal
		f.json = inQuotes(func(dst, raw []byte) ([]byte, error) {
			if special(raw) {
				return verbatim(dst, raw)
			}
			unscaled, _, err := unscaledDecimal(raw)
			return base64.StdEncoding.AppendEncode(dst, unscaled), err
		})
	default:
		f.schema = &connectSchema{
			kind: kindStruct, name: "io.debezium.data.VariableScaleDecimal", version: 1, doc: "Variable scaled decimal",
			fields: []member{{"scale", &connectSchema{kind: kindInt32}}, {"value", &connectSchema{kind: kindBytes}}},
		}
		f.text, f.header, f.json = nil, variableScale, variableScale
	}
	f.blank = func([]byte) bool { return false }
	return nil
}

// numericModifier reads the modifier of a numeric column, as numerictypmodin of PostgreSQL makes it.
func numericModifier(modifier int32) (precision, scale int, fixed bool) {
	const header = 4
	if modifier < header {
		return 0, 0, false
	}
	bits := int(modifier) - header
	return bits >> 16 & 0xffff, (bits&0x7ff ^ 0x400) - 0x400, true
}

// special says that raw is NaN or infinite. Debezium's task fails at such a value in mode precise; it is kept as it is.
func special(raw []byte) bool {
	return bytes.HasSuffix(raw, []byte("NaN")) || bytes.HasSuffix(raw, []byte("Infinity"))
}

func specialName(dst, raw []byte) ([]byte, error) {
	switch string(raw) {
	case "NaN":
		return append(dst, "NAN"...), nil
	case "Infinity":
		return append(dst, "POSITIVE_INFINITY"...), nil
	case "-Infinity":
		return append(dst, "NEGATIVE_INFINITY"...), nil
	}
	return verbatim(dst, raw)
}

// unscaledDecimal is the number without its point, as Java's BigInteger.toByteArray writes it, and the digits behind the point.
func unscaledDecimal(raw []byte) (unscaled []byte, scale int, err error) {
	whole, fraction, _ := bytes.Cut(raw, []byte("."))
	number, ok := new(big.Int).SetString(string(whole)+string(fraction), 10)
	if !ok {
		return nil, 0, fmt.Errorf("%w: a number that cannot be read", errMalformed)
	}
	return twosComplement(number), len(fraction), nil
}

// twosComplement is the shortest big-endian form with a sign bit.
func twosComplement(number *big.Int) []byte {
	negative := number.Sign() < 0
	if negative {
		number = new(big.Int).Not(number)
	}
	magnitude := number.Bytes()
	if len(magnitude) == 0 || magnitude[0] >= 0x80 {
		magnitude = append([]byte{0}, magnitude...)
	}
	for i := range magnitude {
		if negative {
			magnitude[i] = ^magnitude[i]
		}
	}
	return magnitude
}

// javaDecimal writes a number as Java's BigDecimal.toString does: with an exponent where there are more than five zeros
// behind the point before the first digit.
func javaDecimal(dst, raw []byte) ([]byte, error) {
	if special(raw) {
		return verbatim(dst, raw)
	}
	whole, fraction, _ := bytes.Cut(raw, []byte("."))
	sign := bytes.HasPrefix(whole, []byte("-"))
	digits := bytes.TrimLeft(slices.Concat(bytes.TrimPrefix(whole, []byte("-")), fraction), "0")
	if len(digits) == 0 {
		digits = []byte("0")
	}
	exponent := len(digits) - 1 - len(fraction)
	if exponent >= -6 {
		return verbatim(dst, raw)
	}
	if sign {
		dst = append(dst, '-')
	}
	dst = append(dst, digits[0])
	if len(digits) > 1 {
		dst = append(append(dst, '.'), digits[1:]...)
	}
	return strconv.AppendInt(append(dst, 'E'), int64(exponent), 10), nil
}

// variableScale writes Debezium's struct of scale and value, without zeros at the end of the number.
func variableScale(dst, raw []byte) ([]byte, error) {
	if special(raw) {
		return inQuotes(verbatim)(dst, raw)
	}
	if bytes.IndexByte(raw, '.') >= 0 {
		raw = bytes.TrimSuffix(bytes.TrimRight(raw, "0"), []byte("."))
	}
	unscaled, scale, err := unscaledDecimal(raw)
	dst = strconv.AppendInt(append(dst, `{"scale":`...), int64(scale), 10)
	dst = base64.StdEncoding.AppendEncode(append(dst, `,"value":"`...), unscaled)
	return append(dst, `"}`...), err
}
