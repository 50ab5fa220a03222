package operations

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"regexp"
	"slices"
	"strings"

	"github.com/go-chi/chi/v5"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/httpapi"
	"github.com/millrace/millrace/request"
)

// About is what a document says of the application.
type About struct {
	// Title and Version are needed; Description may be Markdown.
	Title, Version, Description string
	// Problems are statuses of failure that every operation may have, such as 503 where a translation of [httpapi.NewErrors] says so.
	Problems []Outcome
}

// API is operations, their routes and their document. It is made before the server serves, by one goroutine.
type API struct {
	router chi.Router
	steps  httpapi.Steps
	about  About
	shapes shapes
	all    []described
	errs   []error
}

// New serves operations on the router. The steps are those that the router's chain was made of: errors are answered by theirs, and of which steps
// there are the document says what they mean for clients. What is wrong is told by [API.Document] and [API.Publish].
func New(router chi.Router, steps httpapi.Steps, about About) *API {
	a := &API{router: router, steps: steps, about: about, shapes: newShapes()}
	if router == nil || steps.Errors == nil || about.Title == "" || about.Version == "" {
		a.Fail(errors.New("a router, Errors of the steps, a title and a version are needed"))
	}
	return a
}

// Err says what is wrong with the operations, or nil.
func (a *API) Err() error { return errors.Join(a.errs...) }

// Fail says that operations are defined wrongly, for packages that make operations of other definitions: nothing is served that comes after it, and
// [API.Document] and [API.Publish] return the error.
func (a *API) Fail(err error) { a.errs = append(a.errs, fmt.Errorf("operations: %w", err)) }

var operationID = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_]*$`)

// Serve serves an operation: P are its parameters, B its body and R its answer, [None] where there is none of that.
//
// P is a struct whose fields have the tags path, query or header with the parameter's name, and are text, numbers or truth values, or structs of
// such that are embedded. A path's are needed, others where the tag required is "true"; default is the value of one that is left out. B and R are
// types of JSON, as [bus.JSON] takes them. Fields of both are described by the tag jsonschema, and limited by pattern, format, enum (a list with
// commas), minimum, maximum, minLength, maxLength, minItems and maxItems, as JSON Schema means them. Limits stand in the document, and what breaks
// one is refused. A body of which more is to be said is a [Checker].
//
// Errors are answered as [httpapi.Errors.Write] says.
func Serve[P, B, R any](a *API, of Operation, do func(context.Context, Call[P, B]) (Answer[R], error)) {
	places, err := parametersOf(reflect.TypeFor[P](), of.Path)
	if err != nil {
		a.Fail(fmt.Errorf("%s: %w", of.ID, err))
	}
	takes, err := bodyOf[B](a, of)
	if err != nil {
		a.Fail(fmt.Errorf("%s: the body: %w", of.ID, err))
	}
	gives, err := answerOf[R](a)
	if err != nil {
		a.Fail(fmt.Errorf("%s: the answer: %w", of.ID, err))
	}
	if len(of.Answers) == 0 {
		of.Answers = []Outcome{{Status: http.StatusOK}}
		if !gives.is {
			of.Answers[0].Status = http.StatusNoContent
		}
	}
	known := described{Operation: of, parameters: places, takes: takes.content, gives: gives.content}
	if err := a.check(&known, do == nil); err != nil {
		a.Fail(err)
	}
	if a.Err() != nil {
		return
	}
	a.all = append(a.all, known)
	handler := a.steps.Errors.Handle(func(w http.ResponseWriter, r *http.Request) error {
		if err := a.admit(r, &known.Operation); err != nil {
			return err
		}
		var call Call[P, B]
		if err := places.read(r, reflect.ValueOf(&call.At).Elem()); err != nil {
			return err
		}
		if takes.is {
			var err error
			if call.Body, err = takes.read(w, r); err != nil {
				return err
			}
		}
		answer, err := do(r.Context(), call)
		if err != nil {
			return err
		}
		return gives.write(w, r, &known.Operation, answer)
	})
	if of.Through != nil {
		handler = of.Through(handler)
	}
	a.router.Method(of.Method, of.Path, handler)
}

// check says what is wrong with an operation.
func (a *API) check(d *described, missing bool) error {
	var wrong []error
	say := func(is bool, text string, args ...any) {
		if is {
			wrong = append(wrong, fmt.Errorf("operations: %s %s: %w", d.Method, d.Path, fmt.Errorf(text, args...)))
		}
	}
	say(missing, "what it does is nil")
	say(!operationID.MatchString(d.ID), "the id %q must be letters, digits and _", d.ID)
	say(!strings.HasPrefix(d.Path, "/") || strings.ContainsAny(d.Path, "*:"), "the path must begin with / and have neither * nor expressions")
	say(methods[d.Method] == nil, "documents know GET, PUT, POST, DELETE, OPTIONS, HEAD, PATCH and TRACE")
	say(d.reads() && d.takes.is, "%s has no body", d.Method)
	say(a.steps.Identify == nil && len(d.Roles) > 0, "roles need the step Identify")
	say(d.Public && len(d.Roles) > 0, "what is public needs no role")
	for _, other := range a.all {
		say(other.ID == d.ID, "the id %s is that of %s %s too", d.ID, other.Method, other.Path)
		say(other.Method == d.Method && other.Path == d.Path, "it is served twice")
	}
	for _, outcome := range d.Answers {
		say(outcome.Status < 200 || outcome.Status > 399, "%d is no status of success", outcome.Status)
	}
	for _, outcome := range d.Problems {
		say(outcome.Status < 400 || outcome.Status > 599, "%d is no status of failure", outcome.Status)
	}
	return errors.Join(wrong...)
}

// admit refuses who may not call an operation, where the chain says who asks.
func (a *API) admit(r *http.Request, of *Operation) error {
	if a.steps.Identify == nil || of.Public {
		return nil
	}
	info := request.From(r.Context())
	if info.Principal == "" {
		return &httpapi.Problem{
			Status: http.StatusUnauthorized, Detail: "credentials are needed", Header: http.Header{"Www-Authenticate": {"Bearer"}},
		}
	}
	if len(of.Roles) > 0 && !slices.ContainsFunc(of.Roles, info.Roles.Has) {
		return &httpapi.Problem{Status: http.StatusForbidden, Detail: "a role is needed that the principal does not have"}
	}
	return nil
}

// Shape is what a type of JSON is: see [ShapeOf].
type Shape struct {
	typ   reflect.Type
	codec func(json.RawMessage) error
	text  func() (bus.Schema, error)
}

// ShapeOf is the shape of a type, by [bus.JSON] and the tags that [Serve] tells of.
func ShapeOf[T any]() Shape {
	codec := bus.JSON[T]()
	return ShapeBy(reflect.TypeFor[T](), codec.Schema, codec.Decode)
}

// ShapeBy is the shape of a type that is known by reflection alone: schema and decode are those of its [bus.JSON].
func ShapeBy[T any](t reflect.Type, schema func() (bus.Schema, error), decode func([]byte) (T, error)) Shape {
	return Shape{typ: t, text: schema, codec: func(raw json.RawMessage) error {
		_, err := decode(raw)
		return err
	}}
}
