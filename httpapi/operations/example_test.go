package operations_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/go-chi/chi/v5"

	"github.com/millrace/millrace/httpapi"
	"github.com/millrace/millrace/httpapi/operations"
)

// Booking is a body: its tags are limits that the document has, and that requests are held against.
type Booking struct {
	Room   string `json:"room" pattern:"^[a-z]+$" jsonschema:"a name of small letters"`
	Nights int    `json:"nights" minimum:"1" maximum:"30"`
}

// Hotel are parameters.
type Hotel struct {
	Name string `path:"hotel" maxLength:"40"`
}

// Example serves an operation and the document of it.
func Example() {
	errs, _ := httpapi.NewErrors(slog.New(slog.DiscardHandler))
	steps := httpapi.Steps{Errors: errs}
	chain, _ := httpapi.Chain(steps)
	router := chi.NewRouter()
	router.Use(chain...)
	errs.Unrouted(router)

	api := operations.New(router, steps, operations.About{Title: "Hotels", Version: "1"})
	operations.Serve(api, operations.Operation{
		Method: http.MethodPost, Path: "/hotels/{hotel}/bookings", ID: "book", Answers: []operations.Outcome{{Status: http.StatusCreated}},
	}, func(_ context.Context, c operations.Call[Hotel, Booking]) (operations.Answer[Booking], error) {
		return operations.Answer[Booking]{Body: c.Body}, nil
	})
	if err := api.Publish("/openapi.json"); err != nil {
		fmt.Println(err)
	}

	server := httptest.NewServer(router)
	defer server.Close()
	for _, body := range []string{`{"room":"blue","nights":2}`, `{"room":"blue","nights":31}`} {
		answer, err := http.Post(server.URL+"/hotels/grand/bookings", "application/json", strings.NewReader(body))
		if err != nil {
			fmt.Println(err)
			return
		}
		text, _ := io.ReadAll(answer.Body)
		answer.Body.Close()
		_, places, _ := strings.Cut(string(text), `"errors":`)
		fmt.Printf("%d%s\n", answer.StatusCode, strings.TrimSuffix(places, "}"))
	}
	// Output:
	// 201
	// 422[{"pointer":"#/nights","detail":"must be a whole number from 1 to 30"}]
}
