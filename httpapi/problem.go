package httpapi

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"regexp"
	"slices"

	"github.com/millrace/millrace/request"
)

// Problem is an error that the client is told of, as RFC 9457 says. Everything in it but Header is sent: no secrets.
type Problem struct { //nolint:errname // it is what RFC 9457 calls it
	// Status is that of HTTP, 500 where it is none of an error.
	Status int
	// Type is a URI reference that names the kind of problem, "about:blank" where it is empty.
	Type string
	// Title is a short text for the kind, the status's where it is empty.
	Title string
	// Detail is a text for this case, which says what to do.
	Detail string
	// Instance is a URI reference of this case.
	Instance string
	// Extensions are further members. See [Extend].
	Extensions []Extension
	// Header has fields of the answer, such as Retry-After or WWW-Authenticate.
	Header http.Header
}

func (p *Problem) Error() string { return fmt.Sprintf("%d: %s", p.status(), p.Detail) }

func (p *Problem) status() int {
	if p.Status < http.StatusBadRequest || p.Status > 599 {
		return http.StatusInternalServerError
	}
	return p.Status
}

// Extension is a member of a [Problem] beside those of RFC 9457. See [Extend].
type Extension struct {
	name  string
	value json.RawMessage
	err   error
}

// Members of every problem, which no extension replaces.
const memberRequestID = "request_id"

var (
	extensionName = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_-]{2,}$`)
	ownMembers    = []string{"type", "title", "status", "detail", "instance", memberRequestID} //nolint:gochecknoglobals // constant
)

// Extend makes a member of a problem. Its name has three or more letters, digits, underscores and hyphens, and is none that
// problems have anyway. What breaks that, or cannot be JSON, is left out of the answer.
func Extend[T any](name string, value T) Extension {
	e := Extension{name: name}
	if !extensionName.MatchString(name) || slices.Contains(ownMembers, name) {
		e.err = fmt.Errorf("httpapi: a problem cannot be extended by %q", name)
		return e
	}
	e.value, e.err = json.Marshal(value)
	return e
}

// Err says what is wrong with the extension.
func (e Extension) Err() error { return e.err }

// Invalid is a place of a request that is not as it must be, for an extension "errors".
type Invalid struct {
	// Pointer is a JSON Pointer (RFC 6901) as a fragment: "#/items/0/quantity". Empty where a header or parameter is meant.
	Pointer string `json:"pointer,omitempty"`
	// Parameter is the name of a header, of a query's parameter or of a path's.
	Parameter string `json:"parameter,omitempty"`
	Detail    string `json:"detail"`
}

// Unprocessable is the problem, with status 422, of a request whose content is not as it must be.
func Unprocessable(detail string, places ...Invalid) *Problem {
	p := &Problem{Status: http.StatusUnprocessableEntity, Detail: detail}
	if len(places) > 0 {
		p.Extensions = []Extension{Extend("errors", places)}
	}
	return p
}

type problemBody struct {
	Type      string `json:"type"`
	Title     string `json:"title"`
	Status    int    `json:"status"`
	Detail    string `json:"detail,omitempty"`
	Instance  string `json:"instance,omitempty"`
	RequestID string `json:"request_id,omitempty"`
}

func (p *Problem) body(id string) []byte {
	body := problemBody{Type: p.Type, Title: p.Title, Status: p.status(), Detail: p.Detail, Instance: p.Instance, RequestID: id}
	if body.Type == "" {
		body.Type = "about:blank"
	}
	if body.Title == "" {
		body.Title = http.StatusText(body.Status)
	}
	text, _ := json.Marshal(body) //nolint:errchkjson // it has nothing that fails
	text = text[:len(text)-1]
	seen := make(map[string]bool, len(p.Extensions))
	for _, extension := range p.Extensions {
		if extension.err == nil && extension.value != nil && !seen[extension.name] {
			seen[extension.name] = true
			text = fmt.Appendf(text, ",%q:%s", extension.name, extension.value)
		}
	}
	return append(text, '}')
}

// Write answers the request with the problem and the request's id. Fields that describe an answer that was begun and given up are removed.
func (p *Problem) Write(w http.ResponseWriter, r *http.Request) {
	header := w.Header()
	for _, name := range [...]string{"Content-Encoding", "Content-Length", "Content-Range", "ETag", "Last-Modified"} {
		header.Del(name)
	}
	maps.Copy(header, p.Header)
	header.Set("Content-Type", "application/problem+json")
	header.Set("Cache-Control", "no-store")
	header.Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(p.status())
	if r.Method != http.MethodHead {
		id := request.From(r.Context()).ID
		if id == "" { // it is outside of RequestID
			id = header.Get(HeaderRequestID)
		}
		_, _ = w.Write(p.body(id)) //nolint:gosec // JSON, and said to be; an error says that the client has gone
	}
}
