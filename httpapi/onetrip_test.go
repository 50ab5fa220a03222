package httpapi_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-chi/chi/v5"
	"github.com/redis/go-redis/v9"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/millrace/millrace/cache"
	"github.com/millrace/millrace/httpapi"
)

// trips counts round trips to Redis.
type trips struct{ made *atomic.Int64 }

func (trips) DialHook(next redis.DialHook) redis.DialHook { return next }

func (c trips) ProcessHook(next redis.ProcessHook) redis.ProcessHook {
	return func(ctx context.Context, cmd redis.Cmder) error { c.made.Add(1); return next(ctx, cmd) }
}

func (c trips) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return func(ctx context.Context, all []redis.Cmder) error { c.made.Add(1); return next(ctx, all) }
}

// inOneTrip is the whole chain.
func inOneTrip(t *testing.T, client redis.UniversalClient, rate cache.Rate, opts ...httpapi.IdempotencyOption) *chi.Mux {
	t.Helper()
	return whole(t, client, tracetest.NewSpanRecorder(), func(s *httpapi.Steps) {
		limiter := must[*cache.Limiter](t)(cache.NewLimiter(client, "api", rate))
		answers := must[*httpapi.RedisAnswers](t)(httpapi.NewRedisAnswers(client, "shop", time.Second))
		var err error
		if s.RateLimit, s.Idempotency, err = httpapi.OneTrip(s.Errors, limiter, httpapi.ByClient, answers, opts...); err != nil {
			t.Fatal(err)
		}
		s.Timeout = time.Minute
	})
}

// TestOneTrip counts what each kind of request asks Redis before its handler runs, and until it is over.
func TestOneTrip(t *testing.T) {
	t.Parallel()
	client := startRedis(t).client()
	var made, before atomic.Int64
	r := inOneTrip(t, client, cache.Rate{Count: 100, Per: time.Hour})
	r.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) {
		before.Store(made.Load())
		_, _ = io.WriteString(w, "done")
	})
	send := func(method, body, key string) reply {
		made.Store(0)
		before.Store(0)
		header := []string{"Badge", "ann acme"}
		if key != "" {
			header = append(header, "Idempotency-Key", key)
		}
		return ask(t, r, method, "/", body, header...)
	}
	send("GET", "", "")
	send("POST", "x", "k0") // the server knows the scripts
	client.AddHook(trips{&made})
	for i, test := range []struct {
		method, body, key  string
		status             int
		left               string
		beforeIt, together int64
	}{
		{"GET", "", "", 200, "97", 1, 1},
		{"POST", "x", "", 200, "96", 1, 1},
		{"POST", "x", "k1", 200, "95", 1, 2},
		{"POST", "x", "k1", 200, "94", 0, 1}, // again
		{"POST", "y", "k1", 422, "93", 0, 1},
		{"POST", "0123456789", "k2", 413, "", 0, 1}, // counted all the same
		{"GET", "", "", 200, "91", 1, 1},
	} {
		got := send(test.method, test.body, test.key)
		if got.status != test.status || test.left != "" && !strings.Contains(got.header.Get("RateLimit"), "r="+test.left+";") {
			t.Errorf("%d: %+v", i, got)
		}
		if before.Load() != test.beforeIt || made.Load() != test.together {
			t.Errorf("%d: %d round trips before the handler, want %d, and %d in all, want %d", i, before.Load(), test.beforeIt, made.Load(),
				test.together)
		}
	}
}

// TestOneTripRefuses is beyond the rate: the key stays free, and no more than one question a second is asked.
func TestOneTripRefuses(t *testing.T) {
	t.Parallel()
	s := startRedis(t)
	var made, ran atomic.Int64
	client := s.client()
	r := inOneTrip(t, client, cache.Rate{Count: 2, Per: time.Hour})
	r.Post("/", func(http.ResponseWriter, *http.Request) { ran.Add(1) })
	post := func(badge, key string) reply {
		return ask(t, r, "POST", "/", "x", "Badge", badge, "Idempotency-Key", key)
	}
	if a, b := post("ann acme", "k1"), post("ann acme", "k2"); a.status != 200 || b.status != 200 {
		t.Fatalf("%+v %+v", a, b)
	}
	client.AddHook(trips{&made})
	for range 10 {
		if got := post("ann acme", "k3"); got.status != 429 || got.header.Get("Retry-After") == "" || got.problem.Status != 429 {
			t.Fatalf("%+v", got)
		}
	}
	for range 10 {
		if got := post("ann acme", "no key"); got.status != 429 {
			t.Fatalf("a key that is none is a way round the limit: %+v", got)
		}
	}
	if ran.Load() != 2 || made.Load() > 6+10 {
		t.Errorf("%d ran, %d round trips", ran.Load(), made.Load())
	}
	if held := client.Keys(t.Context(), "millrace:idempotency:*").Val(); len(held) != 2 {
		t.Errorf("a refused request holds its key: %v", held)
	}
	s.kill()
	if got := post("bob acme", "k1"); got.status != 503 || got.header.Get("RateLimit") == "" || ran.Load() != 2 {
		t.Errorf("without Redis the limiter counts alone, and nothing with a key runs: %+v", got)
	}
	other := s.client()
	answers := must[*httpapi.RedisAnswers](t)(httpapi.NewRedisAnswers(other, "shop", time.Second))
	e, _ := newErrors(t)
	limiter := must[*cache.Limiter](t)(cache.NewLimiter(client, "api", cache.Rate{Count: 2, Per: time.Hour}))
	if _, _, err := httpapi.OneTrip(e, limiter, httpapi.ByClient, answers); err == nil {
		t.Error("two clients are taken for one")
	}
}

// TestAnswerFirst reads an answer while Redis does not take it.
func TestAnswerFirst(t *testing.T) {
	t.Parallel()
	client := startRedis(t).client()
	hold := make(chan struct{})
	r := inOneTrip(t, client, cache.Rate{Count: 100, Per: time.Hour}, httpapi.AnswerFirst())
	r.Post("/", func(w http.ResponseWriter, _ *http.Request) {
		client.AddHook(holding{hold})
		_, _ = io.WriteString(w, "done")
	})
	server := httptest.NewServer(r)
	defer server.Close()
	defer server.Client().CloseIdleConnections()
	asked, _ := http.NewRequestWithContext(t.Context(), http.MethodPost, server.URL, strings.NewReader("x"))
	asked.Header = http.Header{"Badge": {"ann acme"}, "Idempotency-Key": {"k"}}
	response, err := server.Client().Do(asked)
	if err != nil {
		t.Fatal(err)
	}
	if got := read(t, response); got.body != "done" || response.ContentLength != 4 {
		t.Errorf("%+v", got)
	}
	close(hold)
	eventually(t, "the answer is kept", func() bool {
		got := ask(t, r, "POST", "/", "x", "Badge", "ann acme", "Idempotency-Key", "k")
		return got.header.Get("Idempotency-Replayed") == "true" && got.body == "done"
	})
}

// holding lets commands wait.
type holding struct{ until chan struct{} }

func (holding) DialHook(next redis.DialHook) redis.DialHook { return next }

func (h holding) ProcessHook(next redis.ProcessHook) redis.ProcessHook {
	return func(ctx context.Context, cmd redis.Cmder) error { <-h.until; return next(ctx, cmd) }
}

func (holding) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return next
}
