package operations

import (
	"net/http"
)

// Operation is what a document says of an operation. See [Serve].
type Operation struct {
	// Method is that of HTTP, and Path a pattern of chi whose parameters have no expressions of their own: "/orders/{id}".
	Method, Path string
	// ID names the operation in clients that are made of the document: letters, digits and _, each once.
	ID string
	// Summary is a line, and Description may be Markdown.
	Summary, Description string
	// Tag is the section of the document that it stands in.
	Tag string
	// Answers are the statuses of success, and what they mean; the first is that of an [Answer] which says none. By default it is 200, and 204 where
	// there is nothing to answer.
	Answers []Outcome
	// Problems are the statuses of failure that come of the operation itself. Those that come of the chain, of the parameters and of the body stand
	// in the document anyway.
	Problems []Outcome
	// Headers are fields of answers. One that is named ETag lets [Serve] answer If-None-Match with 304.
	Headers []Header
	// Public lets requests without a principal in, where the chain does.
	Public bool
	// Roles are those of which the principal must have one.
	Roles []string
	// Body is what the body is where its type is json.RawMessage, for bodies of types that are not known when this is written.
	Body Shape
	// Through is middleware of the operation alone, outside of all that [Serve] does, such as that of partitions.Group.Forward.
	Through func(http.Handler) http.Handler
}

// Outcome is a status and what it means, the text of RFC 9110 by default.
type Outcome struct {
	Status  int
	Meaning string
}

// Header is a field of answers.
type Header struct{ Name, Meaning string }

// None is for operations without parameters, without a body, or without anything to answer.
type None struct{}

// Call is what an operation is called with.
type Call[P, B any] struct {
	// At are the parameters, and Body is the body.
	At   P
	Body B
}

// Answer is what an operation answers.
type Answer[R any] struct {
	// Status is one of the operation's Answers.
	Status int
	// Header has fields of the answer.
	Header http.Header
	// Body is sent as JSON, unless it is [None].
	Body R
}

// headerETag is the field by which a client says which version it has.
const headerETag = "ETag"

// tagged says whether answers have an ETag.
func (o *Operation) tagged() bool {
	for _, header := range o.Headers {
		if header.Name == headerETag && o.reads() {
			return true
		}
	}
	return false
}

func (o *Operation) reads() bool { return o.Method == http.MethodGet || o.Method == http.MethodHead }

// status is the one of an answer, and whether the document has it.
func (o *Operation) status(given int) (int, bool) {
	if given == 0 {
		return o.Answers[0].Status, true
	}
	for _, outcome := range o.Answers {
		if outcome.Status == given {
			return given, true
		}
	}
	return given, false
}
