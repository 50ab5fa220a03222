package bus

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
	"strings"

	jsonv2 "github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	jsonv1 "github.com/go-json-experiment/json/v1"
)

// options are what the type is decoded with.
func (r jsonReading) options(t reflect.Type) func() (jsonv2.Options, error) {
	return func() (jsonv2.Options, error) {
		found := survey{seen: make(map[reflect.Type]bool)}
		if err := found.visit(t); err != nil {
			return nil, fmt.Errorf("%w: %w", ErrContract, err)
		}
		options := []jsonv2.Options{
			jsonv1.DefaultOptionsV1(), jsonv1.ReportErrorsWithLegacySemantics(false), jsonv2.RejectUnknownMembers(r.strict),
		}
		if found.numbers {
			options = append(options, jsonv2.WithUnmarshalers(jsonv2.UnmarshalFromFunc(readNumber)))
		}
		return jsonv2.JoinOptions(options...), nil
	}
}

// readNumber reads a json.Number, which is not of the decoder's own package before Go 1.27.
func readNumber(decoder *jsontext.Decoder, n *json.Number) error {
	token, err := decoder.ReadToken()
	if err != nil {
		return err //nolint:wrapcheck // the decoder's own
	}
	text := jsontext.Value(token.String())
	switch kind := token.Kind(); {
	case kind == 'n':
	case kind == '0', kind == '"' && text.IsValid() && text.Kind() == '0':
		*n = json.Number(text)
	default:
		return errors.New("no number")
	}
	return nil
}

// survey looks through a type for what is decoded otherwise than encoding/json did before Go 1.27.
type survey struct {
	seen    map[reflect.Type]bool
	numbers bool
}

func (s *survey) visit(t reflect.Type) error {
	if s.seen[t] {
		return nil
	}
	s.seen[t] = true
	s.numbers = s.numbers || t == reflect.TypeFor[json.Number]()
	if known(t) != nil {
		return nil
	}
	switch t.Kind() {
	case reflect.Map:
		return errors.Join(s.visit(t.Key()), s.visit(t.Elem()))
	case reflect.Pointer, reflect.Slice, reflect.Array:
		return s.visit(t.Elem())
	case reflect.Struct:
		for f := range t.Fields() {
			tag := f.Tag.Get("json")
			if tag == "-" || !f.IsExported() && !f.Anonymous {
				continue
			}
			_, options, _ := strings.Cut(tag, ",")
			for option := range strings.SplitSeq(options, ",") {
				if word, _, _ := strings.Cut(option, ":"); refusedTags[word] {
					return fmt.Errorf("field %s of %s has the json tag option %q, which does nothing before Go 1.27 and "+
						"another thing from then on; leave it out", f.Name, t, option)
				}
			}
			if err := s.visit(f.Type); err != nil {
				return err
			}
		}
	default: // nothing is within
	}
	return nil
}

var refusedTags = map[string]bool{ //nolint:gochecknoglobals // a constant
	"embed": true, "inline": true, "unknown": true, "format": true, "case": true,
}

// withoutPayload says what is wrong with JSON without quoting it: the decoder's own errors hold values.
func (c *jsonCodec[T]) withoutPayload(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return errors.New("it ends too early")
	}
	if errors.Is(err, jsonv2.ErrUnknownName) {
		return errors.New("it has a field that the type does not have")
	}
	if wrong, ok := errors.AsType[*jsontext.SyntacticError](err); ok {
		return fmt.Errorf("syntax error at byte %d", wrong.ByteOffset)
	}
	if wrong, ok := errors.AsType[*jsonv2.SemanticError](err); ok {
		return fmt.Errorf("field %q at byte %d does not fit %s", c.path(wrong.JSONPointer), wrong.ByteOffset, wrong.GoType)
	}
	return errors.New("a value does not fit its field")
}

// path writes a pointer as a path of fields. What is no field's name is payload, and left out.
func (c *jsonCodec[T]) path(pointer jsontext.Pointer) string {
	root, err := c.schema()
	if err != nil {
		return ""
	}
	path, schema := "", root
	for token := range pointer.Tokens() {
		at, _ := resolve(root, schema)
		if own, found := property(at, token); found {
			path, schema = strings.TrimPrefix(path+"."+own, "."), at.Properties[own]
			continue
		}
		if at.Items != nil {
			path, schema = path+"[]", at.Items
			continue
		}
		path, schema = path+"{}", at.AdditionalProperties
	}
	return path
}
