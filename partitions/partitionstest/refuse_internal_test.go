//go:build synctests

package partitionstest

import (
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/partitions"
)

// witness is a test that notes its failures.
type witness struct {
	testing.TB
	mu   sync.Mutex
	said []string
}

func (w *witness) Errorf(format string, args ...any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.said = append(w.said, fmt.Sprintf(format, args...))
}

func (w *witness) Fatalf(format string, args ...any) {
	w.Errorf(format, args...)
	runtime.Goexit()
}

func (w *witness) Fatal(args ...any) { w.Fatalf("%s", fmt.Sprint(args...)) }
func (w *witness) FailNow()          { runtime.Goexit() }

// TestSaysWhatIsWrong does what must fail a test, each in a world of its own.
func TestSaysWhatIsWrong(t *testing.T) {
	t.Parallel()
	word := bus.Define("test.word.said", func(s string) string { return s }, bus.InTopic("words"))
	count := partitions.NewTable[string, int]("count")
	handle := func(tx *partitions.Tx, s string) error {
		if s == "stop" {
			return errors.New("told to stop")
		}
		count.Put(tx, "one", 1)
		return nil
	}
	build := func(b *bus.Bus) (*partitions.Group, error) {
		return partitions.New(b, "words", partitions.Use(count), partitions.On(word, handle), partitions.OnPoison(partitions.Halt))
	}
	for name, test := range map[string]struct {
		do   func(*World, *Group)
		want string
	}{
		"nobody handles it": {func(w *World, g *Group) {
			n := g.Start()
			w.Settle()
			n.Stop()
			w.Publish(word.New("a"))
			w.Settle()
		}, "words has committed offset 0 of 1 in words/"},
		"it has ended": {func(w *World, g *Group) {
			g.Start()
			w.Publish(word.New("stop"))
			w.Settle()
		}, "node-1 ended: partitions: group \"words\""},
		"nobody asked why": {func(w *World, g *Group) {
			g.Start()
			w.Settle()
			w.Publish(word.New("stop"))
			w.Advance(settledLimit)
		}, "told to stop"},
		"it goes on":    {func(_ *World, g *Group) { _ = g.Start().Wait() }, "node-1 runs"},
		"it runs":       {func(_ *World, g *Group) { g.Start().Restart() }, "node-1 runs"},
		"no such crash": {func(_ *World, g *Group) { g.Start().CrashBefore(Produce, 0) }, "cannot crash at request 0 of Produce"},
		"no such abort": {func(_ *World, g *Group) { g.Abort(1) }, "some node must have been started"},
		"a wrong definition": {func(w *World, _ *Group) {
			w.Group(func(b *bus.Bus) (*partitions.Group, error) { return partitions.New(b, "") }).Start()
		}, "nothing to do"},
		"no node yet": {func(_ *World, g *Group) { Row(g, count, "one") }, "none of its nodes was started"},
		"several rows": {func(w *World, g *Group) {
			g.Start()
			for i := range 20 {
				w.Publish(word.New(fmt.Sprint(i)))
			}
			w.Settle()
			Row(g, count, "one")
		}, "several shards have a row of one"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			Run(t, func(t *testing.T, w *World) {
				seen := &witness{TB: w.t}
				inner := open(seen, nil)
				done := make(chan struct{})
				go func() {
					defer close(done)
					defer inner.close()
					inner.create([]bus.Definition{word})
					test.do(inner, inner.Group(build))
				}()
				<-done
				if said := strings.Join(seen.said, "\n"); len(seen.said) != 1 || !strings.Contains(said, test.want) {
					t.Errorf("it says %q, want %q once", seen.said, test.want)
				}
			})
		})
	}
}
