package shop_test

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/millrace/millrace/examples/shop"
)

func TestBadInputIsRefused(t *testing.T) { //nolint:tparallel // the orders are counted when the bodies are through
	t.Parallel()
	f := open(t, nil)
	t.Run("body", func(t *testing.T) {
		for name, test := range badBodies() {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				refused(t, f.post(test.body), test.status, test.says)
			})
		}
	})
	refused(t, f.send(http.MethodPost, "/orders", "text/plain", order("a", "Ada")), 415, "Content-Type: application/json")
	put := f.send(http.MethodPut, "/orders", "application/json", "{}")
	refused(t, put, 405, "PUT is not served")
	if got := put.header.Values("Allow"); !slices.Equal(got, []string{"GET", "POST"}) {
		t.Errorf("Allow: %v", got)
	}
	refused(t, f.get("/orders/none"), 404, "POST /orders")
	refused(t, f.get("/orders/%20"), 400, "an order's id")
	refused(t, f.get("/orders?limit=0"), 400, "1 to 100")
	refused(t, f.get("/orders?before=x"), 400, "whole number")
	refused(t, f.get("/nowhere"), 404, "nothing is served at this path")
	if n := f.count(`SELECT count(*) FROM shop.orders`); n != 0 {
		t.Errorf("bad input placed %d orders", n)
	}
}

type badBody struct {
	body   string
	status int
	says   string
}

func badBodies() map[string]badBody {
	item := func(fields string) string { return `{"id":"a","customer":"Ada","items":[{` + fields + `}]}` }
	many := strings.TrimSuffix(strings.Repeat(`{"sku":"a","quantity":1,"price_cents":1},`, 101), ",")
	return map[string]badBody{
		"empty":               {"", 400, "one JSON value"},
		"not JSON":            {"order", 400, "one JSON value"},
		"cut off":             {`{"id":"a"`, 400, "one JSON value"},
		"array":               {`[]`, 400, "expected an object"},
		"null":                {`null`, 422, "expected an object"},
		"two values":          {order("a", "Ada") + "{}", 400, "nothing after"},
		"unknown field":       {`{"id":"a","note":"x"}`, 400, `remove the field \"note\"`},
		"unknown item field":  {item(`"sku":"a","colour":"red"`), 400, `remove the field \"colour\"`},
		"field twice":         {`{"id":"a","id":"b"}`, 400, `\"id\" is there twice`},
		"other case":          {`{"ID":"a"}`, 400, `remove the field \"ID\"`},
		"folded case":         {`{"itemſ":[]}`, 400, "remove the field"},
		"not UTF-8":           {"{\"id\":\"\xff\"}", 400, "UTF-8"},
		"id null":             {`{"id":null,"customer":"Ada","items":[{"sku":"a","quantity":1,"price_cents":1}]}`, 422, "#/id"},
		"item null":           {`{"id":"a","customer":"Ada","items":[null]}`, 422, "#/items/0"},
		"half a surrogate":    {`{"id":"a","customer":"\ud800","items":[{"sku":"a","quantity":1,"price_cents":1}]}`, 400, "surrogate"},
		"quantity past int64": {item(`"sku":"a","quantity":9223372036854775808,"price_cents":1`), 400, "expected a whole number"},
		"price past int64":    {item(`"sku":"a","quantity":1,"price_cents":92233720368547758070`), 400, "expected a whole number"},
		"price infinite":      {item(`"sku":"a","quantity":1,"price_cents":Infinity`), 400, "one JSON value"},
		"id a number":         {`{"id":7}`, 400, "expected a string"},
		"id missing":          {`{"customer":"Ada","items":[{"sku":"a","quantity":1,"price_cents":1}]}`, 422, "#/id"},
		"id with a slash":     {order("a/b", "Ada"), 422, "#/id"},
		"id too long":         {order(strings.Repeat("a", 65), "Ada"), 422, "#/id"},
		"id path":             {order("..", "Ada"), 422, "#/id"},
		"no customer":         {order("a", "  "), 422, "#/customer"},
		"long customer":       {order("a", strings.Repeat("ä", 121)), 422, "it has 121"},
		"control character":   {order("a", `A\u0000`), 422, "#/customer"},
		"no items":            {`{"id":"a","customer":"Ada","items":[]}`, 422, "#/items"},
		"too many items":      {`{"id":"a","customer":"Ada","items":[` + many + `]}`, 422, "there are 101"},
		"items an object":     {`{"id":"a","items":{}}`, 400, "expected an array"},
		"quantity a string":   {item(`"sku":"a","quantity":"2","price_cents":1`), 400, "expected a whole number"},
		"quantity fraction":   {item(`"sku":"a","quantity":1.5,"price_cents":1`), 400, "expected a whole number"},
		"quantity zero":       {item(`"sku":"a","quantity":0,"price_cents":1`), 422, "#/items/0/quantity"},
		"quantity negative":   {item(`"sku":"a","quantity":-1,"price_cents":1`), 422, "#/items/0/quantity"},
		"quantity large":      {item(`"sku":"a","quantity":1001,"price_cents":1`), 422, "#/items/0/quantity"},
		"quantity huge":       {item(`"sku":"a","quantity":1e400,"price_cents":1`), 400, "expected a whole number"},
		"price missing":       {item(`"sku":"a","quantity":1`), 422, "#/items/0/price_cents"},
		"price large":         {item(`"sku":"a","quantity":1,"price_cents":10000001`), 422, "#/items/0/price_cents"},
		"sku empty":           {item(`"quantity":1,"price_cents":1`), 422, "#/items/0/sku"},
		"oversized":           {order("a", strings.Repeat("a", shop.MaxBody)), 413, "65536 bytes at most"},
		"deeply nested":       {strings.Repeat("[", 30_000), 400, "one JSON value"},
	}
}

// problem is what clients read of one, by RFC 9457.
type problem struct {
	Type      string `json:"type"`
	Title     string `json:"title"`
	Status    int    `json:"status"`
	Detail    string `json:"detail"`
	RequestID string `json:"request_id"`
}

func refused(t *testing.T, got answer, status int, says string) {
	t.Helper()
	var p problem
	if err := json.Unmarshal([]byte(got.body), &p); err != nil {
		t.Fatalf("the body is no problem: %v: %s", err, got.body)
	}
	if got.status != status || p.Status != status || got.header.Get("Content-Type") != "application/problem+json" {
		t.Errorf("answered %d %s, want %d: %s", got.status, got.header.Get("Content-Type"), status, got.body)
	}
	if !strings.Contains(got.body, says) || p.Title == "" || p.Type == "" || p.RequestID == "" {
		t.Errorf("does not say %q: %s", says, got.body)
	}
}
