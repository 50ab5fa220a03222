package operations

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/go-json-experiment/json/jsontext"
)

// tree reads one JSON value, in which no object has a name twice and all text can be read: objects are maps, and numbers stay text.
func tree(raw []byte) (any, error) {
	decoder := jsontext.NewDecoder(bytes.NewReader(raw))
	value, err := branch(decoder)
	if err == nil {
		if _, err := decoder.ReadToken(); !errors.Is(err, io.EOF) {
			return nil, malformed("send one JSON value and nothing after it")
		}
		return value, nil
	}
	wrong, is := errors.AsType[*jsontext.SyntacticError](err)
	switch {
	case is && errors.Is(err, jsontext.ErrDuplicateName):
		return nil, malformed(fmt.Sprintf("the field %q is there twice; send it once", wrong.JSONPointer.LastToken()))
	case is && wrong.ByteOffset < int64(len(raw)) && bytes.Contains(raw, []byte(`\u`)) && json.Valid(raw):
		return nil, malformed("a text of the body cannot be read; half of a surrogate pair is no character")
	case is && len(bytes.TrimSpace(raw)) > 0:
		return nil, malformed(fmt.Sprintf("the body is no JSON from byte %d on; send one JSON value", wrong.ByteOffset))
	}
	return nil, malformed("the body ends too early; send one JSON value")
}

func branch(decoder *jsontext.Decoder) (any, error) {
	token, err := decoder.ReadToken()
	if err != nil {
		return nil, err //nolint:wrapcheck // told by tree
	}
	switch token.Kind() {
	case 'n':
		return nil, nil
	case 't', 'f':
		return token.Bool(), nil
	case '"':
		return token.String(), nil
	case '[':
		list := []any{}
		for decoder.PeekKind() != ']' {
			item, err := branch(decoder)
			if err != nil {
				return nil, err
			}
			list = append(list, item)
		}
		_, err = decoder.ReadToken()
		return list, err //nolint:wrapcheck // told by tree
	case '{':
		object := map[string]any{}
		for decoder.PeekKind() != '}' {
			name, err := decoder.ReadToken()
			if err != nil {
				return nil, err //nolint:wrapcheck // told by tree
			}
			key := name.String() // before the next token is read
			if object[key], err = branch(decoder); err != nil {
				return nil, err
			}
		}
		_, err = decoder.ReadToken()
		return object, err //nolint:wrapcheck // told by tree
	default:
		return json.Number(token.String()), nil
	}
}
