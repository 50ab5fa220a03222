package push_test

import (
	"context"
	"iter"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/millrace/millrace/bus/bustest"
	"github.com/millrace/millrace/internal/golden"
	"github.com/millrace/millrace/push"
)

type orderView struct {
	ID       string            `json:"id"`
	Total    float64           `json:"total"`
	Placed   time.Time         `json:"placed"`
	Note     *string           `json:"note,omitempty"`
	Lines    []orderLine       `json:"lines"`
	Labels   map[string]string `json:"labels,omitempty"`
	Previous *orderView        `json:"previous,omitempty"`
}

type orderLine struct {
	SKU   string `json:"sku"`
	Count uint8  `json:"count"`
}

func schemaOptions() []push.Option {
	get := push.NewMethod[string, orderView]("orders.get")
	watch := push.NewStream[orderLine, int]("orders.watch")
	return []push.Option{
		push.Describing(push.Define[orderView]("orders"), push.Define("texts", push.Text()), push.Define[orderLine]("chat")),
		push.Publishing(push.Define[orderLine]("chat"), push.Define("blobs", push.Binary())),
		push.RPC(
			watch.Handle(func(context.Context, orderLine) iter.Seq2[int, error] { return func(func(int, error) bool) {} }),
			get.Handle(func(context.Context, string) (orderView, error) { return orderView{}, nil }),
		),
	}
}

func schemaOf(t *testing.T, opts ...push.Option) http.Handler {
	t.Helper()
	hub, err := push.New(bustest.Open(t), opts...)
	if err != nil {
		t.Fatal(err)
	}
	return hub.Schema()
}

func TestSchema(t *testing.T) {
	t.Parallel()
	ask := func(handler http.Handler, method, tag string) *httptest.ResponseRecorder {
		r := httptest.NewRequestWithContext(t.Context(), method, "/", nil)
		r.Header.Set("If-None-Match", tag)
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		return w
	}
	answer := ask(schemaOf(t, schemaOptions()...), http.MethodGet, "")
	body := answer.Body.Bytes()
	if answer.Code != http.StatusOK || answer.Header().Get("Content-Type") != "application/json" {
		t.Fatal(answer.Code, answer.Header())
	}
	golden.Compare(t, "testdata/schema.json", body)
	tag := answer.Header().Get("ETag")
	for range 20 {
		if again := ask(schemaOf(t, schemaOptions()...), http.MethodGet, tag); again.Code != http.StatusNotModified {
			t.Fatalf("the same definitions: %d", again.Code)
		}
	}
	if other := ask(schemaOf(t), http.MethodGet, tag); other.Code != http.StatusOK || other.Header().Get("ETag") == tag {
		t.Errorf("other definitions: %d %s", other.Code, other.Header().Get("ETag"))
	}
	if posted := ask(schemaOf(t), http.MethodPost, ""); posted.Code != http.StatusMethodNotAllowed {
		t.Errorf("POST: %d", posted.Code)
	}
}

func TestSchemaErrors(t *testing.T) {
	t.Parallel()
	for name, option := range map[string]push.Option{
		"a wrong channel": push.Describing(push.Define[string]("RESET")),
		"two types":       push.Describing(push.Define[string]("a"), push.Define[int]("a")),
		"no JSON":         push.Describing(push.Define[chan int]("a")),
		"no JSON to call": push.RPC(push.NewMethod[chan int, int]("x").Handle(func(context.Context, chan int) (int, error) { return 0, nil })),
	} {
		if _, err := push.New(bustest.Open(t), option); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}
