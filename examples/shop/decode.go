package shop

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"os"
	"reflect"
	"strings"
	"unicode/utf8"

	"github.com/millrace/millrace/httpapi"
)

// MaxBody is the largest request body that the shop reads, in bytes.
const MaxBody = 64 << 10

// readDraft reads a draft and refuses whatever is not exactly one, with a [*httpapi.Problem].
func readDraft(w http.ResponseWriter, r *http.Request) (Draft, error) {
	if media, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || media != "application/json" {
		return Draft{}, problem(http.StatusUnsupportedMediaType, "", "send the order as JSON with the header Content-Type: application/json")
	}
	if r.Header.Get("Content-Encoding") != "" {
		w.Header().Set("Accept-Encoding", "identity")
		return Draft{}, problem(http.StatusUnsupportedMediaType, "", "send the body as it is, without Content-Encoding")
	}
	body, err := io.ReadAll(r.Body)
	if _, large := errors.AsType[*http.MaxBytesError](err); large {
		return Draft{}, err //nolint:wrapcheck // a problem by itself
	}
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return Draft{}, problem(http.StatusRequestTimeout, "", "the body came too slowly; send it again")
	}
	if err != nil {
		return Draft{}, problem(http.StatusBadRequest, "", "the body ended early; send it again")
	}
	if !utf8.Valid(body) {
		return Draft{}, problem(http.StatusBadRequest, "malformed", "encode the body as UTF-8")
	}
	if err := uniqueNames(body); err != nil {
		return Draft{}, err
	}
	var d Draft
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&d); err != nil {
		return Draft{}, malformed(err)
	}
	if wrong := d.check(); wrong != nil {
		return Draft{}, problem(http.StatusUnprocessableEntity, "invalid-order", "change what the errors name and send the order again", wrong...)
	}
	return d, nil
}

// malformed turns what encoding/json says into a problem.
func malformed(err error) *httpapi.Problem {
	if wrong, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		detail := fmt.Sprintf("expected %s, got %s", kind(wrong.Type), wrong.Value)
		field, inner, nested := strings.Cut(wrong.Field, ".")
		if nested {
			detail = inner + ": " + detail
		}
		return problem(http.StatusBadRequest, "malformed", "give the field the type that the errors name", httpapi.Invalid{
			Pointer: strings.TrimSuffix("#/"+field, "/"), Detail: detail,
		})
	}
	if name, ok := strings.CutPrefix(err.Error(), "json: unknown field "); ok {
		return problem(http.StatusBadRequest, "malformed",
			"remove the field "+name+"; an order has id, customer, email and items, and an item has sku, quantity and price_cents")
	}
	return problem(http.StatusBadRequest, "malformed", "send one JSON object: id, customer, email, items [sku, quantity, price_cents]")
}

func kind(t reflect.Type) string {
	switch t.Kind() {
	case reflect.String:
		return "a string"
	case reflect.Int, reflect.Int64:
		return "a whole number"
	case reflect.Slice:
		return "an array"
	default:
		return "an object"
	}
}

// uniqueNames refuses a body that is not one JSON value, or in which an object has a name twice or in another case
// than it is written here: encoding/json would take the last of them and say nothing.
func uniqueNames(body []byte) error {
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.UseNumber()
	if err := walk(decoder); err != nil {
		return err
	}
	if _, err := decoder.Token(); err != io.EOF {
		return problem(http.StatusBadRequest, "malformed", "send one JSON object and nothing after it")
	}
	return nil
}

func walk(decoder *json.Decoder) error {
	token, err := decoder.Token()
	if err != nil {
		return malformed(err)
	}
	delim, ok := token.(json.Delim)
	if !ok {
		return nil
	}
	seen := map[string]bool{}
	for decoder.More() {
		if delim == '{' {
			token, err := decoder.Token()
			if err != nil {
				return malformed(err)
			}
			name, _ := token.(string)
			switch {
			case seen[name]:
				return problem(http.StatusBadRequest, "malformed", fmt.Sprintf("the field %q is there twice; send it once", name))
			case name != strings.ToLower(strings.ToUpper(name)):
				return problem(http.StatusBadRequest, "malformed", fmt.Sprintf("write the field %q in lower case", name))
			}
			seen[name] = true
		}
		if err := walk(decoder); err != nil {
			return err
		}
	}
	if _, err := decoder.Token(); err != nil {
		return malformed(err)
	}
	return nil
}
