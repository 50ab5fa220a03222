package push

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"time"
)

// schemaVersion names the document's format. Another one may lack what this one has.
const schemaVersion = "push/1"

// Described is a [Channel] that a hub's schema tells of.
type Described interface {
	Name() string
	Err() error
	described() (channelSchema, error)
}

// Describing adds channels to what [Hub.Schema] tells, beside those of [Publishing]. It allows nothing.
func Describing(channels ...Described) Option {
	return option(func(s *settings) {
		for _, c := range channels {
			s.errs = append(s.errs, c.Err())
			s.described = append(s.described, c)
		}
	})
}

// schemaDocument is what a hub offers. Its parts are in the order of their names.
type schemaDocument struct {
	Millrace string          `json:"millrace"`
	Channels []channelSchema `json:"channels"`
	Methods  []methodSchema  `json:"methods"`
}

type channelSchema struct {
	Name     string          `json:"name"`
	Encoding string          `json:"encoding"`
	Publish  bool            `json:"publish"`
	View     json.RawMessage `json:"view"`
}

type methodSchema struct {
	Name   string          `json:"name"`
	Kind   string          `json:"kind"`
	Params json.RawMessage `json:"params"`
	Result json.RawMessage `json:"result"`
}

// Kinds of procedures.
const (
	kindMethod = "method"
	kindStream = "stream"
)

func (c Channel[T]) described() (channelSchema, error) {
	contract := c.Contract()
	schema, err := contract.Schema()
	if err != nil {
		return channelSchema{}, fmt.Errorf("the channel %q: %w", c.name, err)
	}
	encoding := [...]string{kindJSON: "json", kindText: "text", kindBinary: "binary"}[kindOf(contract.ContentType())]
	return channelSchema{Name: c.name, Encoding: encoding, View: json.RawMessage(schema.Text)}, nil
}

func (p procedure[In, Out]) described(kind string) func() (methodSchema, error) {
	return func() (methodSchema, error) {
		params, errIn := p.in.Schema()
		result, errOut := p.out.Schema()
		if err := errors.Join(errIn, errOut); err != nil {
			return methodSchema{}, fmt.Errorf("the %s %q: %w", kind, p.name, err)
		}
		return methodSchema{p.name, kind, json.RawMessage(params.Text), json.RawMessage(result.Text)}, nil
	}
}

// describe is the document of what a hub was given.
func (s *settings) describe() ([]byte, error) {
	channels := map[string]channelSchema{}
	given := slices.Clone(s.described)
	for _, c := range s.writable {
		given = append(given, c)
	}
	for _, c := range given {
		schema, err := c.described()
		if err != nil {
			return nil, err
		}
		schema.Publish = s.writable[c.Name()] != nil
		other, twice := channels[c.Name()]
		if twice && (other.Encoding != schema.Encoding || !bytes.Equal(other.View, schema.View)) {
			return nil, fmt.Errorf("the channel %q is described in two ways", c.Name())
		}
		channels[c.Name()] = schema
	}
	document := schemaDocument{Millrace: schemaVersion, Methods: []methodSchema{}}
	document.Channels = slices.SortedFunc(maps.Values(channels), func(a, b channelSchema) int { return cmp.Compare(a.Name, b.Name) })
	for _, name := range slices.Sorted(maps.Keys(s.procedures)) {
		schema, err := s.procedures[name].described()
		if err != nil {
			return nil, err
		}
		document.Methods = append(document.Methods, schema)
	}
	if document.Channels == nil {
		document.Channels = []channelSchema{}
	}
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(document); err != nil {
		return nil, fmt.Errorf("describe: %w", err)
	}
	return text.Bytes(), nil
}

// Schema serves one JSON document that describes what the hub was given, for those who make clients:
//
//   - "millrace": "push/1", the format.
//   - "channels", of [Describing] and [Publishing]: each has "name", "encoding" (json, text or binary), "publish" (whether clients may, where
//     their grants say so) and "view", the JSON Schema (2020-12) of what it sends.
//   - "methods", of [RPC]: each has "name", "kind" (method or stream), and "params" and "result", the JSON Schemas of what it takes and of its
//     result or of each of its values.
//
// It is the same for the same definitions, and answers If-None-Match. Who may ask is up to who mounts it.
func (h *Hub) Schema() http.Handler {
	sum := sha256.Sum256(h.schema)
	tag := `"` + hex.EncodeToString(sum[:16]) + `"`
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			(&refusal{status: http.StatusMethodNotAllowed, detail: "GET it"}).write(w, r)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Cache-Control", "no-cache")
		w.Header().Set("X-Content-Type-Options", "nosniff")
		w.Header().Set("ETag", tag)
		http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(h.schema))
	})
}
