package sagastest_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/millrace/millrace/resilience"
	"github.com/millrace/millrace/sagas"
	"github.com/millrace/millrace/sagas/sagastest"
)

var (
	hold = sagas.NewStep("hold", func(_ context.Context, item string) (string, error) { return "held " + item, nil },
		func(context.Context, string, string) error { return nil })
	charge = sagas.NewStep("charge", func(context.Context, string) (int, error) { return 0, errors.New("there is no bank in tests") },
		func(context.Context, string, int) error { return nil },
		sagas.Retry(resilience.RetryPolicy{Attempts: 3, Initial: time.Second, Max: time.Minute, Multiplier: 10}))
	approved = sagas.NewSignal[string]("approved")
	checkout = sagas.Define("checkout", func(s *sagas.Saga, item string) (string, error) {
		if _, err := sagas.Do(s, hold, item); err != nil {
			return "", err
		}
		if err := s.Sleep(time.Minute); err != nil {
			return "", err
		}
		by, err := sagas.Await(s, approved, 24*time.Hour)
		if err != nil {
			return "", fmt.Errorf("nobody has approved: %w", err)
		}
		cents, err := sagas.Do(s, charge, item)
		if err != nil {
			return "", err
		}
		return fmt.Sprintf("%s: %d, by %s", item, cents, by), nil
	})
)

// failing records what a test kit says of a flow.
type failing struct {
	testing.TB

	mu    sync.Mutex
	texts []string
}

func (f *failing) Helper() {}
func (f *failing) Errorf(format string, args ...any) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.texts = append(f.texts, fmt.Sprintf(format, args...))
}

func TestRun(t *testing.T) {
	t.Parallel()
	calls := 0
	paying := sagastest.Step(charge, func(context.Context, string) (int, error) {
		if calls++; calls < 3 {
			return 0, errors.New("busy")
		}
		return 5, nil
	})
	run := sagastest.Run(t, checkout, "book", paying, sagastest.Signal(approved, time.Hour, "anna"))
	if run.Status != sagas.Completed || run.Result != "book: 5, by anna" || run.Took != time.Hour+11*time.Second {
		t.Errorf("%+v", run)
	}
	if want := []string{"0s step hold", "1m0s sleep", "1h0m0s await approved", "1h0m11s step charge"}; !slices.Equal(run.Log, want) {
		t.Errorf("%q, want %q", run.Log, want)
	}
	run = sagastest.Run(t, checkout, "book", paying)
	if run.Status != sagas.Compensated || run.Reason != "nobody has approved: sagas: the time is over" || run.Took != 24*time.Hour+time.Minute {
		t.Errorf("%+v", run)
	}
	run = sagastest.Run(t, checkout, "book", sagastest.Cancel(30*time.Second))
	if want := []string{"0s step hold", "30s sleep: the saga is cancelled", "30s undo hold"}; run.Status != sagas.Compensated ||
		!slices.Equal(run.Log, want) {
		t.Errorf("%+v", run)
	}
	run = sagastest.Run(t, checkout, "book", sagastest.Signal(approved, 0, "anna"),
		sagastest.Step(charge, func(context.Context, string) (int, error) {
			return 0, resilience.Indefinite(errors.New("no answer"))
		}), sagastest.Undo(charge, func(_ context.Context, _ string, cents int) error {
			if calls++; calls < 6 || cents != 0 {
				return errors.New("busy")
			}
			return nil
		}))
	if want := []string{
		"0s step hold", "1m0s sleep", "1m0s await approved", "1m11s step charge: no answer",
	}; run.Status != sagas.Compensated || !slices.Equal(run.Log[:4], want) || !strings.HasSuffix(run.Log[5], "undo hold") || calls != 6 {
		t.Errorf("%d calls: %+v", calls, run)
	}
	endless := sagas.Define("endless", func(s *sagas.Saga, _ int) (string, error) { return sagas.Await(s, approved, 0) })
	if run := sagastest.Run(t, endless, 1); run.Status != sagas.Waiting {
		t.Errorf("%+v", run)
	}
}

// TestChild lets a flow call another one, and begin anew.
func TestChild(t *testing.T) {
	t.Parallel()
	flow := sagas.Define("caller", func(s *sagas.Saga, n int) (string, error) {
		text, err := sagas.Call(s, checkout, "c", strings.Repeat("x", n))
		if err == nil && n < 3 {
			return "", sagas.Again(n + 1)
		}
		return text, err
	})
	run := sagastest.Run(t, flow, 1, sagastest.Child(checkout, func(item string) (string, error) { return item + "!", nil }))
	if run.Status != sagas.Completed || run.Result != "xxx!" || len(run.Log) != 3 {
		t.Errorf("%+v", run)
	}
	run = sagastest.Run(t, flow, 1, sagastest.Child(checkout, func(string) (string, error) { return "", errors.New("sold out") }))
	if run.Status != sagas.Compensated || !strings.Contains(run.Reason, "sold out") {
		t.Errorf("%+v", run)
	}
	if run := sagastest.Run(t, flow, 1); run.Status != sagas.Waiting {
		t.Errorf("%+v", run)
	}
}

func TestNotDeterministic(t *testing.T) {
	t.Parallel()
	plays := 0
	fickle := sagas.Define("fickle", func(s *sagas.Saga, _ int) (string, error) {
		plays++
		if plays > 2 {
			return sagas.Await(s, approved, time.Hour)
		}
		if _, err := sagas.Do(s, hold, "it"); err != nil {
			return "", err
		}
		return "", s.Sleep(time.Minute)
	})
	f := &failing{TB: t}
	sagastest.Run(f, fickle, 1)
	if len(f.texts) != 1 || !strings.Contains(f.texts[0],
		`the flow has changed: at 1 the journal has step "hold", and the flow asks for await "approved"`) {
		t.Errorf("%q", f.texts)
	}
}

func TestReplay(t *testing.T) {
	t.Parallel()
	run := sagastest.Run(t, checkout, "book", sagastest.Signal(approved, time.Hour, "anna"),
		sagastest.Step(charge, func(context.Context, string) (int, error) { return 5, nil }))
	stored, err := json.Marshal(run.History)
	if err != nil {
		t.Fatal(err)
	}
	sagastest.Replay(t, checkout, stored)
	half := run.History
	half.Status, half.Entries = sagas.Waiting, half.Entries[:2]
	stored2, _ := json.Marshal(half)
	sagastest.Replay(t, checkout, stored2)
	for want, changed := range map[string]func(*sagas.Saga, string) (string, error){
		"at 1 the journal has step": func(s *sagas.Saga, _ string) (string, error) { return "", s.Sleep(time.Minute) },
		"it ends before":            func(*sagas.Saga, string) (string, error) { return "", nil },
		"would be compensating now": func(s *sagas.Saga, item string) (string, error) {
			return "", errors.Join(same(s, item), errors.New("no"))
		},
		"the result of test": func(s *sagas.Saga, item string) (string, error) { return "other", same(s, item) },
	} {
		f := &failing{TB: t}
		sagastest.Replay(f, sagas.Define("checkout", changed), stored)
		if len(f.texts) != 1 || !strings.Contains(f.texts[0], want) {
			t.Errorf("%q, want %q", f.texts, want)
		}
	}
}

// same asks for what checkout does.
func same(s *sagas.Saga, item string) error {
	_, held := sagas.Do(s, hold, item)
	slept := s.Sleep(time.Minute)
	_, heard := sagas.Await(s, approved, 24*time.Hour)
	_, paid := sagas.Do(s, charge, item)
	return errors.Join(held, slept, heard, paid)
}

func TestCrashes(t *testing.T) {
	t.Parallel()
	keys := make(map[string]int)
	run := sagastest.Run(t, checkout, "book", sagastest.Crashes(), sagastest.Signal(approved, time.Hour, "anna"),
		sagastest.Step(charge, func(ctx context.Context, _ string) (int, error) { keys[sagas.Key(ctx)]++; return 5, nil }))
	if run.Status != sagas.Completed || len(keys) != 1 {
		t.Errorf("%v, %+v", keys, run)
	}
	for _, n := range keys {
		if n != 2 {
			t.Errorf("%d calls", n)
		}
	}
}
