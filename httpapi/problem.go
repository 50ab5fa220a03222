package httpapi

import (
	"net/http"

	"github.com/millrace/millrace/problem"
)

// Problem is an error that the client is told of, as RFC 9457 says. See [problem.Problem]; it is push's too.
type Problem = problem.Problem //nolint:errname // it is what RFC 9457 calls it

// Extension is a member of a [Problem] beside those of RFC 9457. See [Extend].
type Extension = problem.Extension

// Extend makes a member of a problem. See [problem.Extend].
func Extend[T any](name string, value T) Extension { return problem.Extend(name, value) }

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
