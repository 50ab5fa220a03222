package sealed

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/millrace/millrace/resilience"
)

// rewrite copies a JSON document, and puts what change makes of them in the place of the texts to which the paths lead. What is null stays so.
func rewrite(data []byte, paths []path, change func(p *path, text string) (string, error)) ([]byte, error) {
	var out bytes.Buffer
	from, to := jsontext.NewDecoder(bytes.NewReader(data)), jsontext.NewEncoder(&out)
	for {
		token, err := from.ReadToken()
		if errors.Is(err, io.EOF) {
			return bytes.TrimSuffix(out.Bytes(), []byte("\n")), nil
		}
		if err != nil {
			return nil, malformed(err)
		}
		if token.Kind() == '"' && !isName(from) {
			if p := match(paths, slices.Collect(from.StackPointer().Tokens())); p != nil {
				text, err := change(p, token.String())
				if err != nil {
					return nil, err
				}
				token = jsontext.String(text)
			}
		}
		if err := to.WriteToken(token); err != nil {
			return nil, malformed(err)
		}
	}
}

// isName says whether what was read last is the name of a member.
func isName(from *jsontext.Decoder) bool {
	kind, read := from.StackIndex(from.StackDepth())
	return kind == '{' && read%2 == 1
}

// malformed keeps where a document is wrong, and drops the text that is wrong.
func malformed(err error) error {
	if wrong, is := errors.AsType[*jsontext.SyntacticError](err); is {
		return resilience.Permanent(fmt.Errorf("sealed: not a JSON document, at byte %d", wrong.ByteOffset))
	}
	return resilience.Permanent(errors.New("sealed: not a JSON document"))
}
