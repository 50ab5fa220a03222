package operations

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"reflect"
	"regexp"
	"slices"
	"strconv"

	"github.com/go-chi/chi/v5"
	"github.com/google/jsonschema-go/jsonschema"

	"github.com/millrace/millrace/httpapi"
)

// parameter is a field of an operation's parameters.
type parameter struct {
	Name        string             `json:"name"`
	In          string             `json:"in"`
	Description string             `json:"description,omitempty"`
	Required    bool               `json:"required,omitempty"`
	Schema      *jsonschema.Schema `json:"schema"`

	field    []int
	fallback string
	rules    *rules
}

type parameters []parameter

var inPath = regexp.MustCompile(`\{([^{}]+)\}`)

// parametersOf are the fields of a struct and of those that it embeds, and all parameters of a path.
func parametersOf(t reflect.Type, path string) (parameters, error) {
	if t.Kind() != reflect.Struct {
		return nil, fmt.Errorf("the parameters %s are no struct", t)
	}
	var all parameters
	var wrong []error
	for _, field := range reflect.VisibleFields(t) {
		if field.Anonymous && field.Type.Kind() == reflect.Struct {
			continue // whose own fields come next
		}
		p, err := parameterOf(field)
		if err != nil {
			wrong = append(wrong, fmt.Errorf("the parameter %s of %s: %w", field.Name, t, err))
			continue
		}
		all = append(all, p)
	}
	var named []string
	for _, found := range inPath.FindAllStringSubmatch(path, -1) {
		named = append(named, found[1])
	}
	for _, p := range all {
		if at := slices.Index(named, p.Name); p.In == "path" && at >= 0 {
			named = slices.Delete(named, at, at+1)
		} else if p.In == "path" {
			wrong = append(wrong, fmt.Errorf("the path %s has no {%s}", path, p.Name))
		}
	}
	if len(named) > 0 {
		wrong = append(wrong, fmt.Errorf("%s has no fields for %q of the path", t, named))
	}
	return all, errors.Join(wrong...)
}

func parameterOf(f reflect.StructField) (p parameter, err error) {
	p = parameter{field: f.Index, Description: f.Tag.Get("jsonschema"), fallback: f.Tag.Get("default"), Required: f.Tag.Get("required") == "true"}
	for _, in := range []string{"path", "query", "header"} {
		if name := f.Tag.Get(in); name != "" {
			p.Name, p.In = name, in
		}
	}
	if p.Name == "" || !f.IsExported() {
		return p, errors.New("it must be exported and have a tag path, query or header")
	}
	if p.Schema, err = plain(f.Type); err != nil {
		return p, err
	}
	limited, err := limitsOf(f.Tag)
	if err != nil {
		return p, err
	}
	limited.apply(p.Schema)
	if p.In == "path" {
		p.Required = true
	}
	if p.Schema.Type == "string" && p.Schema.MinLength == nil && p.Schema.Enum == nil && p.Schema.Pattern == "" {
		p.Schema.MinLength = new(1)
	}
	told := *p.Schema
	told.Description = p.Description
	p.rules = rulesOf(&told)
	if p.fallback != "" {
		value, err := p.value(p.fallback)
		if err != nil {
			return p, fmt.Errorf("its default: %w", err)
		}
		p.Schema.Default, err = json.Marshal(value)
		return p, err //nolint:wrapcheck // of such a value there is none
	}
	return p, nil
}

// plain is the schema of a parameter's type.
func plain(t reflect.Type) (*jsonschema.Schema, error) {
	switch kind := t.Kind(); {
	case kind == reflect.String:
		return &jsonschema.Schema{Type: "string"}, nil
	case kind == reflect.Bool:
		return &jsonschema.Schema{Type: "boolean"}, nil
	case kind >= reflect.Int && kind <= reflect.Int64:
		most := float64(min(int64(1)<<(t.Bits()-1)-1, exact))
		return &jsonschema.Schema{Type: "integer", Minimum: new(-most), Maximum: &most}, nil
	case kind == reflect.Float64:
		return &jsonschema.Schema{Type: "number"}, nil
	}
	return nil, fmt.Errorf("the type %s is none of text, truth values and numbers with a sign", t)
}

// value is what a text means.
func (p *parameter) value(text string) (any, error) {
	switch p.Schema.Type {
	case "boolean":
		if text == "true" || text == "false" {
			return text == "true", nil
		}
		return nil, errors.New("expected true or false")
	case "integer", "number":
		if !json.Valid([]byte(text)) {
			return nil, errors.New("expected " + spoken[p.Schema.Type])
		}
		return json.Number(text), nil
	}
	return text, nil
}

// given are the texts of a parameter in a request.
func (p *parameter) given(r *http.Request, query url.Values) ([]string, error) {
	switch p.In {
	case "path":
		text := chi.URLParam(r, p.Name)
		if r.URL.RawPath == "" { // else chi has matched what is still escaped
			return []string{text}, nil
		}
		text, err := url.PathUnescape(text)
		return []string{text}, err //nolint:wrapcheck // the client is told that it is wrong
	case "query":
		return query[p.Name], nil
	}
	return r.Header.Values(p.Name), nil
}

// read puts the parameters of a request into a struct.
func (all parameters) read(r *http.Request, into reflect.Value) error {
	if len(all) == 0 {
		return nil
	}
	query, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return &httpapi.Problem{Status: http.StatusBadRequest, Detail: "the query of the address cannot be read"}
	}
	var wrong []httpapi.Invalid
	for i := range all {
		if detail := all[i].readOne(r, query, into); detail != "" {
			wrong = append(wrong, httpapi.Invalid{Parameter: all[i].Name, Detail: detail})
		}
	}
	if len(wrong) == 0 {
		return nil
	}
	return &httpapi.Problem{
		Status: http.StatusBadRequest, Detail: "change the parameters that the errors name: " + wrong[0].Parameter + ": " + wrong[0].Detail,
		Extensions: []httpapi.Extension{httpapi.Extend("errors", wrong)},
	}
}

// readOne says what is wrong with one.
func (p *parameter) readOne(r *http.Request, query url.Values, into reflect.Value) string {
	texts, err := p.given(r, query)
	switch {
	case err != nil:
		return "it is not escaped as it must be"
	case len(texts) > 1:
		return "give it once"
	case len(texts) == 0 && p.Required:
		return "it is missing"
	case len(texts) == 0 && p.fallback == "":
		return ""
	case len(texts) == 0:
		texts = []string{p.fallback}
	}
	value, err := p.value(texts[0])
	if err != nil {
		return err.Error()
	}
	look := inspection{rules: p.rules}
	if value = look.value(p.rules.root, value, ""); len(look.wrong) > 0 {
		return look.wrong[0].Detail
	}
	field := into.FieldByIndex(p.field)
	switch value := value.(type) {
	case string:
		field.SetString(value)
	case bool:
		field.SetBool(value)
	case json.Number:
		if p.Schema.Type == "integer" {
			n, _ := strconv.ParseInt(string(value), 10, 64) // looked at before
			field.SetInt(n)
		} else {
			n, _ := value.Float64() // looked at before
			field.SetFloat(n)
		}
	}
	return ""
}
