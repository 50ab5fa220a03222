package outbox

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
)

// What a Java expression has that Go's does not, or has with another meaning, is refused by name.
var (
	javaGroup      = regexp.MustCompile(`^\((\?(:|<[a-zA-Z][a-zA-Z0-9]*>))?`)
	javaQuantifier = regexp.MustCompile(`^([*+?]|\{\d+(,\d*)?\})\??`)
	javaEscape     = regexp.MustCompile(`^\\([dDwW]|[tnrfa]|x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|` +
		`[pP](L|Lu|Ll|Lt|Lm|Lo|N|Nd|P|S|Z)|[pP]\{(L|Lu|Ll|Lt|Lm|Lo|N|Nd|P|S|Z)\}|[^a-zA-Z0-9])`)
)

const (
	// javaDot is what . is in Java: all but line terminators, of which it knows more than Go.
	javaDot   = `[^\n\r\x{85}\x{2028}\x{2029}]`
	javaSpace = `\t\n\x0B\f\r `
)

// translateRegex writes a Java regular expression as Go's package regexp reads it, with the same meaning.
func translateRegex(java string) (string, error) {
	var out strings.Builder
	for rest := java; rest != ""; {
		token, written, err := regexToken(rest, java)
		if err != nil {
			return "", err
		}
		out.WriteString(written)
		rest = rest[len(token):]
		if strings.HasPrefix(rest, "+") && javaQuantifier.MatchString(token) {
			return "", fmt.Errorf("the possessive quantifier %s+ is Java's alone", token)
		}
	}
	return out.String(), nil
}

func regexToken(rest, java string) (token, written string, err error) {
	switch rest[0] {
	case '(':
		token = javaGroup.FindString(rest)
		if token == "(" && strings.HasPrefix(rest, "(?") {
			return "", "", fmt.Errorf("the construct %.4q is Java's alone, or means something else in Go", rest)
		}
		return token, token, nil
	case '*', '+', '?', '{':
		if token = javaQuantifier.FindString(rest); token == "" {
			return "", "", errors.New("a { that begins no quantifier")
		}
		return token, token, nil
	case '[':
		return regexClass(rest)
	case '\\':
		return regexEscape(rest)
	case '.':
		return ".", javaDot, nil
	case '$':
		if len(rest) > 1 {
			return "", "", errors.New("a $ before the end means something else in Java")
		}
		return "$", `\z`, nil
	case '^':
		if len(rest) < len(java) {
			return "", "", errors.New("a ^ after the beginning")
		}
		return "^", `\A`, nil
	}
	return rest[:1], rest[:1], nil
}

func regexEscape(rest string) (token, written string, err error) {
	switch {
	case strings.HasPrefix(rest, `\s`):
		return `\s`, "[" + javaSpace + "]", nil
	case strings.HasPrefix(rest, `\S`):
		return `\S`, "[^" + javaSpace + "]", nil
	}
	token = javaEscape.FindString(rest)
	if token == "" {
		return "", "", fmt.Errorf("the escape %.3q is Java's alone, or means something else in Go", rest)
	}
	if token[1] == 'u' {
		return token, `\x{` + token[2:] + `}`, nil
	}
	return token, token, nil
}

func regexClass(rest string) (token, written string, err error) {
	var out strings.Builder
	at := 1
	out.WriteByte('[')
	if strings.HasPrefix(rest, "[^") {
		out.WriteByte('^')
		at++
	}
	for first := at; at < len(rest); {
		switch {
		case rest[at] == ']' && at > first:
			out.WriteByte(']')
			return rest[:at+1], out.String(), nil
		case rest[at] == ']', rest[at] == '[', strings.HasPrefix(rest[at:], "&&"):
			return "", "", fmt.Errorf("%.2q within a class is Java's alone, or means something else in Go", rest[at:])
		case strings.HasPrefix(rest[at:], `\s`):
			out.WriteString(javaSpace)
			at += 2
		case rest[at] == '\\':
			escape, same, err := regexEscape(rest[at:])
			if err != nil || escape == `\S` {
				return "", "", fmt.Errorf("the escape %.3q within a class is Java's alone, or means something else in Go", rest[at:])
			}
			out.WriteString(same)
			at += len(escape)
		default:
			out.WriteByte(rest[at])
			at++
		}
	}
	return "", "", errors.New("a class that does not end")
}
