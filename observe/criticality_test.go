package observe_test

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/millrace/millrace/observe"
)

// TestStartupCheck has a server that is away at the start, is there, and is away again.
func TestStartupCheck(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		down := true
		h := newHealth(t, observe.Check{Name: "shared", Criticality: observe.Startup, Ask: func(context.Context) error {
			if down {
				return errDown
			}
			return nil
		}})
		for i, step := range []struct {
			down bool
			want observe.Status
		}{{true, observe.Failing}, {false, observe.OK}, {true, observe.Degraded}, {false, observe.OK}} {
			down = step.down
			<-time.After(2 * time.Second) // answers serve for one
			if report := h.Report(t.Context()); report.Status != step.want || report.Answers[0].Well == step.down {
				t.Errorf("%d: %+v, want %s", i, report, step.want)
			}
		}
	})
}

// TestTurnsAreLogged asks a check often that turns twice.
func TestTurnsAreLogged(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var said bytes.Buffer
		down := true
		h := newHealth(t, observe.Logger(slog.New(slog.NewTextHandler(&said, nil))), observe.Check{Name: "turns", Ask: func(context.Context) error {
			if down {
				return errDown
			}
			return nil
		}})
		for i := range 9 {
			down = i < 3 || i > 5
			h.Report(t.Context())
			<-time.After(2 * time.Second)
		}
		lines := strings.Split(strings.TrimSpace(said.String()), "\n")
		if len(lines) != 3 || !strings.Contains(lines[0], "level=WARN") ||
			!strings.Contains(lines[0], `check=turns criticality=critical error="connection refused"`) ||
			!strings.Contains(lines[1], "level=INFO") || !strings.Contains(lines[2], "level=WARN") {
			t.Errorf("%q", lines)
		}
	})
}
