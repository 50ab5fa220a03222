package operations

import (
	"fmt"
	"maps"
	"net/http"
	"reflect"
	"strings"

	"github.com/millrace/millrace/bus"
)

// given is how an answer of type R is written.
type given[R any] struct {
	content

	codec bus.Codec[R]
}

func answerOf[R any](a *API) (g given[R], err error) {
	if reflect.TypeFor[R]() == reflect.TypeFor[None]() {
		return g, nil
	}
	g.is, g.codec = true, bus.JSON[R]()
	shape := ShapeOf[R]()
	schema, err := shape.schemaOf(false)
	if err != nil {
		return g, err
	}
	g.shape, err = a.shapes.add(shape.typ, schema)
	return g, err
}

func (g *given[R]) write(w http.ResponseWriter, r *http.Request, of *Operation, answer Answer[R]) error {
	status, known := of.status(answer.Status)
	if !known {
		return fmt.Errorf("operations: %s answers %d, of which its document does not tell", of.ID, status)
	}
	var body []byte
	if g.is && status != http.StatusNoContent {
		var err error
		if body, err = g.codec.Encode(answer.Body); err != nil {
			return fmt.Errorf("operations: %s: the answer: %w", of.ID, err)
		}
	}
	header := w.Header()
	header.Set("Cache-Control", "no-store")
	maps.Copy(header, answer.Header)
	if of.tagged() {
		header.Set("Cache-Control", "no-cache")
		if tag := header.Get(headerETag); tag != "" && named(r.Header.Values("If-None-Match"), tag) {
			w.WriteHeader(http.StatusNotModified)
			return nil
		}
	}
	header.Set("X-Content-Type-Options", "nosniff")
	if body != nil {
		header.Set("Content-Type", "application/json")
	}
	w.WriteHeader(status)
	if body != nil {
		_, _ = w.Write(append(body, '\n')) // the client has gone
	}
	return nil
}

// named says whether a field names the tag, by RFC 9110, section 13.1.2: weakly.
func named(fields []string, tag string) bool {
	tag = strings.TrimPrefix(tag, "W/")
	for part := range strings.SplitSeq(strings.Join(fields, ","), ",") {
		if part = strings.TrimSpace(part); part == "*" || strings.TrimPrefix(part, "W/") == tag {
			return true
		}
	}
	return false
}
