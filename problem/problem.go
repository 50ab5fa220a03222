package problem

import (
	"fmt"
	"maps"
	"net/http"

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

func (p *Problem) Error() string { return fmt.Sprintf("%d: %s", p.Whole().Status, p.Detail) }

// Whole is the problem with the type, the status and the title that it has where they are left out.
func (p *Problem) Whole() Problem {
	full := *p
	if full.Type == "" {
		full.Type = "about:blank"
	}
	if full.Status < http.StatusBadRequest || full.Status > 599 {
		full.Status = http.StatusInternalServerError
	}
	if full.Title == "" {
		full.Title = http.StatusText(full.Status)
	}
	return full
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
	w.WriteHeader(p.Whole().Status)
	if r.Method != http.MethodHead {
		id := request.From(r.Context()).ID
		if id == "" { // it is outside of what gives the request one
			id = header.Get(request.HTTP().ID)
		}
		_, _ = w.Write(p.text(id)) // an error says that the client has gone
	}
}
