package outbox

import (
	"fmt"
	"unicode/utf16"
	"unicode/utf8"
)

// appendJSONString quotes text as Jackson does: what is not a control character stays UTF-8, and what UTF-16 has as a
// pair of surrogates is escaped as one. Text may have halves of such pairs, as [jsonReader] leaves them.
func appendJSONString[T string | []byte](dst []byte, text T) []byte {
	dst = append(dst, '"')
	from := 0
	for i := 0; i < len(text); {
		c, size := text[i], 1
		var escape string
		switch {
		case c == '"', c == '\\':
			escape = `\` + string(rune(c))
		case c < ' ':
			escape = controlEscape(c)
		case c >= fourBytes:
			r, n := utf8.DecodeRuneInString(string(text[i:min(i+utf8.UTFMax, len(text))]))
			high, low := utf16.EncodeRune(r)
			escape, size = fmt.Sprintf(`\u%04X\u%04X`, high, low), n
		case c == surrogateLead && i+2 < len(text) && text[i+1] >= 0xA0:
			escape, size = fmt.Sprintf(`\uD%X%X%X`, text[i+1]>>2&0xF, text[i+1]&3<<2|text[i+2]>>4&3, text[i+2]&0xF), 3 //nolint:mnd // bits of UTF-8
		}
		if escape != "" {
			dst = append(append(dst, text[from:i]...), escape...)
			from = i + size
		}
		i += size
	}
	return append(append(dst, text[from:]...), '"')
}

// First bytes of UTF-8: of a rune beyond the sixteen bits of UTF-16's units, and of what would be half of a pair.
const (
	fourBytes     = 0xF0
	surrogateLead = 0xED
)

func controlEscape(c byte) string {
	switch c {
	case '\b':
		return `\b`
	case '\t':
		return `\t`
	case '\n':
		return `\n`
	case '\f':
		return `\f`
	case '\r':
		return `\r`
	}
	return fmt.Sprintf(`\u%04X`, c)
}
