package cache_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/millrace/millrace/cache"
	"github.com/millrace/millrace/observe"
)

// TestReachable asks a Redis that runs, one that was killed, one that runs again, and one that hangs.
func TestReachable(t *testing.T) {
	t.Parallel()
	s := startRedis(t)
	check := cache.Reachable(s.client())
	check.Timeout = 500 * time.Millisecond
	check.Fresh = time.Nanosecond
	health, err := observe.NewHealth(check)
	if err != nil {
		t.Fatal(err)
	}
	says := func(when string, status observe.Status, want string) {
		t.Helper()
		report := health.Report(context.Background())
		if report.Status != status || !strings.Contains(report.Checks["redis"], want) {
			t.Errorf("%s: %+v, want %s, %q", when, report, status, want)
		}
	}
	says("while it runs", observe.OK, "ok")
	s.kill()
	says("killed", observe.Degraded, "no answer from Redis")
	s.start()
	says("started again", observe.OK, "ok")
	s.freeze()
	says("while it hangs", observe.Degraded, "no answer within 500ms")
}
