package operations

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"

	"github.com/google/jsonschema-go/jsonschema"

	"github.com/millrace/millrace/httpapi"
	"github.com/millrace/millrace/internal/served"
)

// described is an operation in the document.
type described struct {
	Operation

	parameters parameters
	takes      content
	gives      content
}

type document struct {
	OpenAPI    string          `json:"openapi"`
	Info       info            `json:"info"`
	Paths      map[string]path `json:"paths"`
	Components components      `json:"components"`
}

type info struct {
	Title       string `json:"title"`
	Description string `json:"description,omitempty"`
	Version     string `json:"version"`
}

type path struct {
	Get     *verb `json:"get,omitempty"`
	Put     *verb `json:"put,omitempty"`
	Post    *verb `json:"post,omitempty"`
	Delete  *verb `json:"delete,omitempty"`
	Options *verb `json:"options,omitempty"`
	Head    *verb `json:"head,omitempty"`
	Patch   *verb `json:"patch,omitempty"`
	Trace   *verb `json:"trace,omitempty"`
}

// methods are where a path keeps an operation.
var methods = map[string]func(*path) **verb{ //nolint:gochecknoglobals // a constant
	http.MethodGet:     func(p *path) **verb { return &p.Get },
	http.MethodPut:     func(p *path) **verb { return &p.Put },
	http.MethodPost:    func(p *path) **verb { return &p.Post },
	http.MethodDelete:  func(p *path) **verb { return &p.Delete },
	http.MethodOptions: func(p *path) **verb { return &p.Options },
	http.MethodHead:    func(p *path) **verb { return &p.Head },
	http.MethodPatch:   func(p *path) **verb { return &p.Patch },
	http.MethodTrace:   func(p *path) **verb { return &p.Trace },
}

type verb struct {
	Tags        []string              `json:"tags,omitempty"`
	Summary     string                `json:"summary,omitempty"`
	Description string                `json:"description,omitempty"`
	ID          string                `json:"operationId"`
	Parameters  parameters            `json:"parameters,omitempty"`
	Body        *body                 `json:"requestBody,omitempty"`
	Responses   map[string]*response  `json:"responses"`
	Security    []map[string][]string `json:"security,omitempty"`
}

type body struct {
	Required bool             `json:"required"`
	Content  map[string]media `json:"content"`
}

type media struct {
	Schema *jsonschema.Schema `json:"schema"`
}

type response struct {
	Description string            `json:"description"`
	Headers     map[string]header `json:"headers,omitempty"`
	Content     map[string]media  `json:"content,omitempty"`
}

type header struct {
	Description string             `json:"description"`
	Schema      *jsonschema.Schema `json:"schema"`
}

type components struct {
	Schemas  map[string]*jsonschema.Schema `json:"schemas,omitempty"`
	Security map[string]scheme             `json:"securitySchemes,omitempty"`
}

type scheme struct {
	Type   string `json:"type"`
	Scheme string `json:"scheme"`
}

// bearer is the name of the scheme of the step Identify.
const bearer = "bearer"

// Document is the OpenAPI 3.1 document of all operations that are served so far, as JSON. It is the same for the same operations.
func (a *API) Document() ([]byte, error) {
	if err := a.Err(); err != nil {
		return nil, err
	}
	d := document{
		OpenAPI: "3.1.0", Info: info{a.about.Title, a.about.Description, a.about.Version}, Paths: map[string]path{},
		Components: components{Schemas: map[string]*jsonschema.Schema{problemShape: problemSchema()}},
	}
	maps.Copy(d.Components.Schemas, a.shapes.all)
	if a.steps.Identify != nil {
		d.Components.Security = map[string]scheme{bearer: {Type: "http", Scheme: "bearer"}}
	}
	for i := range a.all {
		at := d.Paths[a.all[i].Path]
		*methods[a.all[i].Method](&at) = a.verb(&a.all[i])
		d.Paths[a.all[i].Path] = at
	}
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetIndent("", "  ")
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(d); err != nil {
		return nil, fmt.Errorf("operations: document: %w", err)
	}
	return text.Bytes(), nil
}

func (a *API) verb(d *described) *verb {
	v := &verb{Summary: d.Summary, Description: d.Description, ID: d.ID, Parameters: d.parameters, Responses: a.responses(d)}
	if d.Tag != "" {
		v.Tags = []string{d.Tag}
	}
	if a.keyed(d) && !d.parameters.has(httpapi.HeaderIdempotencyKey) {
		v.Parameters = append(slices.Clip(v.Parameters), idempotencyKey())
	}
	if d.takes.is {
		v.Body = &body{Required: true, Content: jsonOf(d.takes.shape)}
	}
	if a.steps.Identify != nil {
		roles := append([]string{}, d.Roles...)
		v.Security = []map[string][]string{{bearer: roles}}
		if d.Public {
			v.Security = append(v.Security, map[string][]string{})
		}
	}
	return v
}

func jsonOf(shape string) map[string]media {
	return map[string]media{"application/json": {Schema: &jsonschema.Schema{Ref: shapePrefix + shape}}}
}

// Publish serves the document at a path of the router, such as /openapi.json, with an ETag. It is made now: operations that are served later are not
// in it. Nobody is asked who asks; the chain does what it does.
func (a *API) Publish(at string) error {
	text, err := a.Document()
	if err != nil {
		return err
	}
	a.router.Method(http.MethodGet, at, served.Text("application/json", text))
	return nil
}
