package shop_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/millrace/millrace/bus/bustest"
	"github.com/millrace/millrace/examples/shop"
	"github.com/millrace/millrace/push"
)

// TestLargestOrder holds that the sum of the largest order that may be placed is exact.
func TestLargestOrder(t *testing.T) {
	t.Parallel()
	f := open(t, nil)
	item := fmt.Sprintf(`{"sku":"a","quantity":%d,"price_cents":%d}`, shop.MaxQuantity, shop.MaxPriceCents)
	items := strings.TrimSuffix(strings.Repeat(item+",", shop.MaxItems), ",")
	got := f.post(`{"id":"largest","customer":"Ada","items":[` + items + `]}`)
	if got.status != http.StatusCreated || !strings.Contains(got.body, `"total_cents":1000000000000,`) {
		t.Fatalf("%d %s", got.status, got.body)
	}
	if read := f.get("/orders/largest"); read.body != got.body {
		t.Errorf("read %s", read.body)
	}
}

// stalled is a connection whose client sends its head and nothing more.
type stalled struct {
	*httptest.ResponseRecorder
	until time.Time
}

func (s *stalled) SetReadDeadline(until time.Time) error { s.until = until; return nil }

func (s *stalled) Read([]byte) (int, error) {
	if s.until.IsZero() {
		return 0, errors.New("the read would never end")
	}
	return 0, os.ErrDeadlineExceeded
}

func TestStalledBodyIsGivenUp(t *testing.T) {
	t.Parallel()
	handler := withoutDatabase(t).Handler()
	client := &stalled{ResponseRecorder: httptest.NewRecorder()}
	request := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/orders", client)
	request.Header.Set("Content-Type", "application/json")
	handler.ServeHTTP(client, request)
	if client.Code != http.StatusRequestTimeout || time.Until(client.until) > 11*time.Second {
		t.Errorf("%d %s", client.Code, client.Body)
	}
	request = httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/orders", strings.NewReader(order("a", "Ada")))
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Content-Encoding", "gzip")
	recorder := httptest.NewRecorder()
	handler.ServeHTTP(recorder, request)
	if recorder.Code != http.StatusUnsupportedMediaType {
		t.Errorf("%d %s", recorder.Code, recorder.Body)
	}
}

// withoutDatabase is a shop that takes requests and can place nothing.
func withoutDatabase(t testing.TB, opts ...shop.Option) *shop.Shop {
	t.Helper()
	pool, err := pgxpool.New(t.Context(), "postgres://nobody@127.0.0.1:1/none?connect_timeout=1")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	b := bustest.Open(t)
	hub, err := push.New(b)
	if err != nil {
		t.Fatal(err)
	}
	s, err := shop.New(shop.Deps{Pool: pool, Bus: b, Hub: hub}, opts...)
	if err != nil {
		t.Fatal(err)
	}
	return s
}
