package httpapi_test

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/millrace/millrace/cache"
	"github.com/millrace/millrace/httpapi"
)

// TestRateLimit counts on a real Redis.
func TestRateLimit(t *testing.T) {
	t.Parallel()
	s := startRedis(t)
	e, _ := newErrors(t)
	burst, err := cache.NewLimiter(s.client(), "burst", cache.Rate{Count: 1, Per: time.Minute, Burst: 2})
	if err != nil {
		t.Fatal(err)
	}
	daily, err := cache.NewLimiter(s.client(), "daily", cache.Rate{Count: 1, Per: time.Minute, Burst: 100}, cache.Shared())
	if err != nil {
		t.Fatal(err)
	}
	identify, err := httpapi.Identify(e, badges{})
	if err != nil {
		t.Fatal(err)
	}
	outer, err := httpapi.RateLimit(e, daily, func(*http.Request) string { return "all" })
	if err != nil {
		t.Fatal(err)
	}
	inner, err := httpapi.RateLimit(e, burst, httpapi.ByClient)
	if err != nil {
		t.Fatal(err)
	}
	h := identify(outer(inner(answering("done"))))
	for i, badge := range []string{"ann acme", "ann acme", "bob acme", "ann other"} {
		if got := ask(t, h, "GET", "/", "", "Badge", badge); got.status != 200 || len(got.header["Ratelimit"]) != 2 ||
			got.header.Get("Retry-After") != "" {
			t.Errorf("%d: %+v", i, got)
		}
	}
	got := ask(t, h, "GET", "/", "", "Badge", "ann acme")
	if got.status != 429 || got.problem.Type != "https://iana.org/assignments/http-problem-types#quota-exceeded" ||
		got.header.Get("Retry-After") == "" {
		t.Errorf("%+v", got)
	}
	if policies := fmt.Sprint(got.header["Ratelimit-Policy"]); policies != `["daily";q=100;w=6000 "burst";q=2;w=120]` {
		t.Error(policies)
	}
	if got := ask(t, h, "GET", "/", "", "Badge", "ann "); got.status != 500 {
		t.Errorf("a limiter of tenants without a tenant: %+v", got)
	}
	if got := httpapi.ByClient(&http.Request{RemoteAddr: "[::1]:80"}); got != "a:::1" {
		t.Error(got)
	}
}
