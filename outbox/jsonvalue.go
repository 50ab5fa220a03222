package outbox

import (
	"bytes"
	"encoding/json"
	"errors"
	"math"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// jsonValue is a JSON value as Jackson reads it: fields keep their order, and numbers are of a kind.
type jsonValue struct {
	kind   string
	text   string // of a string, number or boolean
	number float64
	keys   []string
	items  []*jsonValue // of an array, or of the keys
}

const (
	kindNull = "null"
	kindBig  = "big" // a whole number of more than 64 bits

	// deepestJSON is where Jackson gives up.
	deepestJSON = 1000
)

var errJSON = errors.New("no JSON object or array")

func (v *jsonValue) field(name string) *jsonValue {
	for i, key := range v.keys {
		if key == name {
			return v.items[i]
		}
	}
	return &jsonValue{kind: kindNull}
}

// parseJSON reads the first value of text that begins with an object or an array.
func parseJSON(text []byte) (*jsonValue, error) {
	if len(text) == 0 || text[0] != '{' && text[0] != '[' {
		return nil, errJSON
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	return (jsonReader{decoder, text}).value(0)
}

type jsonReader struct {
	*json.Decoder
	text []byte
}

func (r jsonReader) value(depth int) (*jsonValue, error) {
	token, err := r.Token()
	if err != nil {
		return nil, err //nolint:wrapcheck // never shown
	}
	switch token := token.(type) {
	case json.Delim:
		if depth >= deepestJSON {
			return nil, errJSON
		}
		return r.nested(token, depth+1)
	case string:
		return &jsonValue{kind: kindString, text: r.exact(token)}, nil
	case json.Number:
		return jsonNumber(string(token))
	case bool:
		return &jsonValue{kind: kindBool, text: strconv.FormatBool(token)}, nil
	default:
		return &jsonValue{kind: kindNull}, nil
	}
}

func (r jsonReader) nested(open json.Delim, depth int) (*jsonValue, error) {
	v := &jsonValue{kind: kindArray}
	if open == '{' {
		v.kind = kindStruct
	}
	at := map[string]int{}
	for r.More() {
		var key string
		if open == '{' {
			token, err := r.Token()
			if err != nil {
				return nil, err //nolint:wrapcheck // never shown
			}
			decoded, _ := token.(string) // an object's key is one
			key = r.exact(decoded)
		}
		item, err := r.value(depth)
		if err != nil {
			return nil, err
		}
		if known, twice := at[key]; twice && open == '{' {
			v.items[known] = item
			continue
		}
		at[key] = len(v.items)
		v.items = append(v.items, item)
		if open == '{' {
			v.keys = append(v.keys, key)
		}
	}
	_, err := r.Token()
	return v, err //nolint:wrapcheck // never shown
}

// exact is the string that was just read, where the decoder may have put a replacement for half of a surrogate pair:
// such a half stays, in the three bytes that UTF-8 would have for it.
func (r jsonReader) exact(decoded string) string {
	if !strings.ContainsRune(decoded, utf8.RuneError) {
		return decoded
	}
	literal := r.text[:r.InputOffset()-1]
	var text []byte
	for i := openingQuote(literal) + 1; i < len(literal); i++ {
		if literal[i] != '\\' {
			text = append(text, literal[i])
			continue
		}
		i++
		at := strings.IndexByte(`bfnrt`, literal[i])
		switch {
		case at >= 0:
			text = append(text, "\b\f\n\r\t"[at])
		case literal[i] != 'u':
			text = append(text, literal[i])
		default:
			unit := escapedUnit(literal[i+1:])
			if pair := utf16.DecodeRune(unit, lowUnit(literal[i+1+unitDigits:])); pair != utf8.RuneError {
				unit, i = pair, i+len(`\u`)+unitDigits
			}
			i += unitDigits
			text = appendUnit(text, unit)
		}
	}
	return string(text)
}

const unitDigits = 4

func escapedUnit(digits []byte) rune {
	unit, _ := strconv.ParseUint(string(digits[:unitDigits]), 16, 16) // the decoder has read them
	return rune(unit)
}

func lowUnit(rest []byte) rune {
	if !bytes.HasPrefix(rest, []byte(`\u`)) {
		return utf8.RuneError
	}
	return escapedUnit(rest[len(`\u`):])
}

// appendUnit writes a rune, or a half of a surrogate pair as if it were one.
func appendUnit(dst []byte, r rune) []byte {
	if !utf16.IsSurrogate(r) {
		return utf8.AppendRune(dst, r)
	}
	return append(dst, surrogateLead, byte(0x80|r>>6&0x3F), byte(0x80|r&0x3F)) //nolint:gosec // six bits each
}

// openingQuote finds where a string that ends here begins: at a quote with an even number of backslashes before it.
func openingQuote(literal []byte) int {
	at := len(literal)
	for at > 0 {
		at = bytes.LastIndexByte(literal[:at], '"')
		if before := bytes.TrimRight(literal[:at], `\`); (at-len(before))%2 == 0 {
			break
		}
	}
	return at
}

func jsonNumber(text string) (*jsonValue, error) {
	if bytes.ContainsAny([]byte(text), ".eE") {
		number, err := strconv.ParseFloat(text, 64)
		if err != nil && !errors.Is(err, strconv.ErrRange) {
			return nil, err //nolint:wrapcheck // never shown
		}
		return &jsonValue{kind: kindDouble, number: number}, nil
	}
	number, err := strconv.ParseInt(text, 10, 64)
	switch {
	case err != nil:
		return &jsonValue{kind: kindBig}, nil //nolint:nilerr // it has too many digits
	case number >= math.MinInt32 && number <= math.MaxInt32:
		return &jsonValue{kind: kindInt32, text: strconv.FormatInt(number, 10)}, nil
	}
	return &jsonValue{kind: kindInt64, text: strconv.FormatInt(number, 10)}, nil
}
