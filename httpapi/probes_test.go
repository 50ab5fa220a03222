package httpapi_test

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/millrace/millrace/httpapi"
	"github.com/millrace/millrace/observe"
)

func TestProbes(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var down atomic.Bool
		down.Store(true)
		health, err := observe.NewHealth(observe.Check{Name: "kafka", Ask: func(context.Context) error {
			if down.Load() {
				return errors.New("no broker answers")
			}
			return nil
		}})
		if err != nil {
			t.Fatal(err)
		}
		h := httpapi.Probes(health)(answering("the application's"))
		expect := func(when string, live, ready, startup int) {
			t.Helper()
			<-time.After(2 * time.Second) // answers serve for one
			for path, want := range map[string]int{"/livez": live, "/readyz": ready, "/startupz": startup} {
				if got := ask(t, h, "GET", path, ""); got.status != want || got.header.Get("Content-Type") != "application/json" ||
					strings.Contains(got.body, "kafka") || strings.Contains(got.body, "broker") {
					t.Errorf("%s: %s: %d %s, want %d", when, path, got.status, got.body, want)
				}
			}
		}
		expect("at the start", 200, 503, 503)
		if got := ask(t, h, "GET", "/readyz?verbose",
			""); got.body != "[-]kafka fails (critical, asked 0s ago, took 0s, so for 0s)\nreadyz failing\n" || got.status != 503 {
			t.Errorf("%+v", got)
		}
		down.Store(false)
		expect("when it is up", 200, 200, 200)
		if got := ask(t, h, "GET", "/readyz?verbose",
			""); got.body != "[+]kafka ok (critical, asked 0s ago, took 0s, so for 0s)\n   2000-01-01T00:00:02Z fails\nreadyz ok\n" {
			t.Errorf("%+v", got)
		}
		down.Store(true)
		expect("when a server is away", 200, 503, 200)
		down.Store(false)
		health.Drain()
		expect("when it stops", 200, 503, 200)
		if got := ask(t, h, "POST", "/livez", ""); got.status != 405 {
			t.Errorf("%+v", got)
		}
		if got := ask(t, h, "GET", "/orders", ""); got.body != "the application's" {
			t.Errorf("%+v", got)
		}
	})
}
