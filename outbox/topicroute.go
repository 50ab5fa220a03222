package outbox

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"sync"

	"github.com/millrace/millrace/bus"
)

// topicRoute makes topics of the column that routes, as the connector's RegexRouter does: where the expression matches
// the whole value, its first find in the value is replaced; otherwise the value is the topic.
type topicRoute struct {
	whole, first *regexp.Regexp
	replacement  []piece

	mu    sync.RWMutex
	known map[string]bus.Topic
}

// piece is text, or a group where group is not negative.
type piece struct {
	text  string
	group int
}

// routedTopics bounds how many topics are remembered.
const routedTopics = 1000

// topicRoute takes two options out, which are called and preset so.
func (o *options) topicRoute(regex, regexPreset, replace, replacePreset string) *topicRoute {
	expression, replacement := o.text(regex, regexPreset), o.text(replace, replacePreset)
	translated, err := translateRegex(expression)
	if err != nil {
		o.fail("the relay cannot follow %s = %q: %w", o.prefix+regex, expression, err)
		return nil
	}
	route := &topicRoute{known: make(map[string]bus.Topic)}
	if route.first, err = regexp.Compile(translated); err == nil {
		route.whole, err = regexp.Compile(`\A(?:` + translated + `)\z`)
	}
	if err == nil {
		route.replacement, err = readReplacement(replacement, route.first)
	}
	if err != nil {
		o.fail("the relay cannot follow %s = %q with %q: %w", o.prefix+regex, expression, replacement, err)
	}
	return route
}

// topic is safe for concurrent use.
func (r *topicRoute) topic(value []byte) bus.Topic {
	r.mu.RLock()
	topic, ok := r.known[string(value)]
	r.mu.RUnlock()
	if ok {
		return topic
	}
	topic = r.make(string(value))
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.known) < routedTopics {
		r.known[string(value)] = topic
	}
	return topic
}

func (r *topicRoute) make(value string) bus.Topic {
	if !r.whole.MatchString(value) {
		return bus.Topic(value)
	}
	at := r.first.FindStringSubmatchIndex(value)
	if at == nil {
		return bus.Topic(value)
	}
	var topic strings.Builder
	topic.WriteString(value[:at[0]])
	for _, p := range r.replacement {
		if p.group < 0 {
			topic.WriteString(p.text)
		} else if from := at[2*p.group]; from >= 0 {
			topic.WriteString(value[from:at[2*p.group+1]])
		}
	}
	topic.WriteString(value[at[1]:])
	return bus.Topic(topic.String())
}

// readReplacement reads the syntax of Java's Matcher.replaceFirst: $1 and ${name} are groups, \ takes the meaning away.
func readReplacement(text string, expression *regexp.Regexp) ([]piece, error) {
	var pieces []piece
	var plain strings.Builder
	group := func(number int) {
		pieces = append(pieces, piece{text: plain.String(), group: -1}, piece{group: number})
		plain.Reset()
	}
	for i := 0; i < len(text); i++ {
		switch {
		case text[i] == '\\' && i+1 < len(text):
			i++
			plain.WriteByte(text[i])
		case text[i] == '\\':
			return nil, errors.New(`it ends with \`)
		case text[i] != '$':
			plain.WriteByte(text[i])
		case strings.HasPrefix(text[i:], "${"):
			name, _, closed := strings.Cut(text[i+2:], "}")
			number := expression.SubexpIndex(name)
			if !closed || number < 0 {
				return nil, fmt.Errorf("the expression has no group %q", name)
			}
			group(number)
			i += len(name) + 2 //nolint:mnd // the braces
		default:
			number, digits := groupNumber(text[i+1:], expression.NumSubexp())
			if digits == 0 {
				return nil, fmt.Errorf("the expression has no group %q", text[i:min(i+2, len(text))])
			}
			group(number)
			i += digits
		}
	}
	return append(pieces, piece{text: plain.String(), group: -1}), nil
}

// groupNumber takes as many digits as name a group, as Java does.
func groupNumber(text string, groups int) (number, digits int) {
	for digits < len(text) {
		next, err := strconv.Atoi(text[:digits+1])
		if err != nil || next > groups || text[digits] < '0' || text[digits] > '9' {
			break
		}
		number = next
		digits++
	}
	return number, digits
}
