//go:build synctests

package sagas_test

import (
	"context"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/partitions"
	"github.com/millrace/millrace/partitions/partitionstest"
	"github.com/millrace/millrace/sagas"
)

// lines are what is logged.
type lines struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *lines) count(text string) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Count(l.text.String(), text)
}

// TestSlowFlow lets flows block where they must not, more of them than may work at once and than there is room for: others go on,
// and each of the slow ones is told of, once.
func TestSlowFlow(t *testing.T) {
	t.Parallel()
	const count = 150
	logged := &lines{}
	var open chan struct{}
	step := sagas.NewStep("step", func(_ context.Context, n int) (int, error) { return n, nil }, nil)
	flow := sagas.Define("slow", func(s *sagas.Saga, n int) (int, error) {
		n, err := sagas.Do(s, step, n)
		if n < count {
			<-open
		}
		return n, err
	}, sagas.Room(30), sagas.Logger(slog.New(slog.NewTextHandler(logged, nil))))
	run(t, flow, func(t *testing.T, w *partitionstest.World, g *partitionstest.Group) { //nolint:thelper // it is the test
		open = make(chan struct{})
		g.Start()
		for i := range count + 50 {
			w.Publish(flow.New(id(i), i))
		}
		w.Settle()
		w.Advance(9 * time.Second)
		for i := count; i < count+50; i++ {
			expect(t, g, flow, id(i), sagas.Completed)
		}
		w.Advance(time.Minute)
		if logged.count("does not come to where it waits") != count || logged.count("saga=77 after=1\n") != 1 {
			t.Errorf("%d of %d were told of:\n%s", logged.count("does not come to where it waits"), count, logged.text.String())
		}
		close(open)
		w.Settle()
		expect(t, g, flow, "0", sagas.Completed)
	})
}

// TestAttemptOfParked parks a saga while a step of another branch is under way: that is told so.
func TestAttemptOfParked(t *testing.T) {
	t.Parallel()
	var ended, calm bool
	other := sagas.NewStep("other", func(ctx context.Context, n int) (int, error) {
		if calm {
			return n, nil
		}
		<-ctx.Done()
		ended = true
		return n, context.Cause(ctx)
	}, nil, sagas.Timeout(0))
	falls := sagas.NewStep("falls", func(_ context.Context, n int) (int, error) {
		if !calm {
			panic("help")
		}
		return n, nil
	}, nil)
	do := func(step *sagas.Step[int, int]) func(*sagas.Saga) error {
		return func(s *sagas.Saga) error {
			_, err := sagas.Do(s, step, 1)
			return err
		}
	}
	flow := sagas.Define("parked", func(s *sagas.Saga, n int) (int, error) { return n, sagas.All(s, 0, do(other), do(falls)) })
	run(t, flow, func(t *testing.T, w *partitionstest.World, g *partitionstest.Group) { //nolint:thelper // it is the test
		g.Start()
		w.Publish(flow.New("1", 1))
		w.Settle()
		expect(t, g, flow, "1", sagas.Parked)
		if !ended {
			t.Error("a step of a parked saga goes on")
		}
		calm = true
		if err := flow.Resume(t.Context(), w.Bus(), "1").Err(); err != nil {
			t.Fatal(err)
		}
		w.Settle()
		expect(t, g, flow, "1", sagas.Completed)
	})
}

// TestUsualLogger lets a step panic where no logger was given: the default one, as it is then, is told.
func TestUsualLogger(t *testing.T) { //nolint:paralleltest // the default logger is everybody's
	logged := &lines{}
	step := sagas.NewStep("falls", func(context.Context, int) (int, error) { panic("help") }, nil)
	flow := sagas.Define("usual", func(s *sagas.Saga, n int) (int, error) { return sagas.Do(s, step, n) })
	before := slog.Default()
	slog.SetDefault(slog.New(slog.NewTextHandler(logged, nil)))
	defer slog.SetDefault(before)
	partitionstest.Run(t, func(_ *testing.T, w *partitionstest.World) {
		g := w.Group(func(b *bus.Bus) (*partitions.Group, error) { return partitions.New(b, "bank", flow.Part()) })
		g.Start()
		w.Publish(flow.New("1", 1))
		w.Settle()
	}, flow.Contracts()...)
	if logged.count("a step panicked") != 1 {
		t.Errorf("%q", logged.text.String())
	}
}
