package operations

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"os"
	"reflect"
	"unicode/utf8"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/httpapi"
)

// Checker is a body of which more is to be said than its type and its tags say.
type Checker interface {
	// Check returns what is wrong with a body that is as type and tags say, or nothing. It is answered with 422.
	Check() []httpapi.Invalid
}

// content is what a body or an answer is in the document.
type content struct {
	is    bool
	shape string // its name among the shapes
}

// taken is how a body of type B is read.
type taken[B any] struct {
	content

	rules *rules
	codec bus.Codec[B]
	also  func(json.RawMessage) error
}

func bodyOf[B any](a *API, of Operation) (t taken[B], err error) {
	typ := reflect.TypeFor[B]()
	if typ == reflect.TypeFor[None]() {
		return t, nil
	}
	t.is, t.codec = true, bus.JSON[B]()
	shape := ShapeOf[B]()
	if raw := typ == reflect.TypeFor[json.RawMessage](); raw && of.Body.typ != nil {
		shape, t.also = of.Body, of.Body.codec
	} else if raw {
		return t, errors.New("say by Operation.Body what the JSON is")
	}
	schema, err := shape.schemaOf(true)
	if err != nil {
		return t, err
	}
	t.rules = rulesOf(schema)
	t.shape, err = a.shapes.add(shape.typ, schema)
	return t, err
}

// read reads a body that is exactly as the document says, or is a problem that says what to change.
func (t *taken[B]) read(w http.ResponseWriter, r *http.Request) (body B, err error) {
	raw, err := readJSON(w, r)
	if err != nil {
		return body, err
	}
	value, err := tree(raw)
	if err != nil {
		return body, err
	}
	look := inspection{rules: t.rules}
	if value = look.value(t.rules.root, value, ""); len(look.wrong) > 0 {
		return body, look.problem()
	}
	if look.respelled {
		if raw, err = json.Marshal(value); err != nil {
			return body, err //nolint:wrapcheck // of what was read there is none
		}
	}
	if body, err = t.codec.Decode(raw); err == nil && t.also != nil {
		err = t.also(raw)
	}
	if err != nil {
		return body, malformed(fmt.Sprintf("the body is not what the operation takes: %s", err))
	}
	if checker, is := any(body).(Checker); is {
		if wrong := checker.Check(); len(wrong) > 0 {
			return body, httpapi.Unprocessable(change, wrong...)
		}
	}
	return body, nil
}

const change = "change what the errors name and send it again"

func (i *inspection) problem() *httpapi.Problem {
	p := httpapi.Unprocessable(change, i.wrong...)
	if i.foreign {
		p.Status = http.StatusBadRequest
	}
	return p
}

func malformed(detail string) *httpapi.Problem {
	return &httpapi.Problem{Status: http.StatusBadRequest, Detail: detail}
}

// readJSON reads a body that says that it is JSON, and is text.
func readJSON(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	if media, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || media != "application/json" {
		w.Header().Set("Accept", "application/json")
		return nil, &httpapi.Problem{
			Status: http.StatusUnsupportedMediaType, Detail: "send the body as JSON with the header Content-Type: application/json",
		}
	}
	if r.Header.Get("Content-Encoding") != "" {
		w.Header().Set("Accept-Encoding", "identity")
		return nil, &httpapi.Problem{Status: http.StatusUnsupportedMediaType, Detail: "send the body as it is, without Content-Encoding"}
	}
	raw, err := io.ReadAll(r.Body)
	_, large := errors.AsType[*http.MaxBytesError](err)
	switch {
	case large:
		return nil, err //nolint:wrapcheck // a problem by itself
	case errors.Is(err, os.ErrDeadlineExceeded):
		return nil, &httpapi.Problem{Status: http.StatusRequestTimeout, Detail: "the body came too slowly; send it again"}
	case err != nil:
		return nil, malformed("the body ended early; send it again")
	case !utf8.Valid(raw):
		return nil, malformed("encode the body as UTF-8")
	}
	return raw, nil
}
