package sagastest_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/millrace/millrace/resilience"
	"github.com/millrace/millrace/sagas"
	"github.com/millrace/millrace/sagas/sagastest"
)

// TestCancelWhileUndone cancels a saga that is undone already: that is passed over, as it is by sagas.
func TestCancelWhileUndone(t *testing.T) {
	t.Parallel()
	tries := 0
	hold := sagas.NewStep("hold", func(context.Context, int) (int, error) { return 1, nil }, func(context.Context, int, int) error {
		if tries++; tries == 1 {
			return errors.New("later")
		}
		return nil
	}, sagas.RetryUndo(resilience.RetryPolicy{Attempts: 5, Initial: time.Hour, Max: time.Hour, Multiplier: 1}))
	flow := sagas.Define("undone", func(s *sagas.Saga, n int) (int, error) {
		if _, err := sagas.Do(s, hold, n); err != nil {
			return 0, err
		}
		return 0, errors.New("no money")
	})
	if out := sagastest.Run(t, flow, 1, sagastest.Cancel(30*time.Minute)); out.Reason != "no money" {
		t.Errorf("%+v", out)
	}
}

// TestContinueClock goes on from entries that come in the order of their rows: time does not go back.
func TestContinueClock(t *testing.T) {
	t.Parallel()
	flow := sagas.Define("clock", func(s *sagas.Saga, _ int) (time.Time, error) {
		for range 11 {
			if err := s.Sleep(time.Hour); err != nil {
				return time.Time{}, err
			}
		}
		return s.Now(), nil
	})
	began := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	at := func(n string, hours int) sagas.Entry {
		return sagas.Entry{At: n, Kind: sagas.KindSleep, When: began.Add(time.Duration(hours) * time.Hour)}
	}
	h := sagas.History{Flow: "clock", ID: "1", Status: sagas.Waiting, Started: began, Input: []byte("1"), Entries: []sagas.Entry{
		at("1", 1), at("10", 10), at("2", 2), at("3", 3), at("4", 4), at("5", 5), at("6", 6), at("7", 7), at("8", 8), at("9", 9),
	}}
	if out := sagastest.Continue(t, flow, h); !out.Result.Equal(began.Add(11 * time.Hour)) {
		t.Errorf("it ends at %s", out.Result)
	}
}
