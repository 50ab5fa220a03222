package sagas_test

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/millrace/millrace/resilience"
	"github.com/millrace/millrace/sagas"
	"github.com/millrace/millrace/sagas/sagastest"
)

// TestRecordedHistories plays histories that were recorded by the version that first had what is in them. They are never changed.
func TestRecordedHistories(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/history-*.json")
	if err != nil || len(files) == 0 {
		t.Fatalf("%v, %v", files, err)
	}
	for _, file := range files {
		stored, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		sagastest.Replay(t, recorded(), stored)
	}
}

var said = sagas.NewSignal[string]("said")

// recorded is the flow of the recorded histories. What they hold depends on it: it is added to, and never changed.
func recorded() *sagas.Flow[string, string] {
	take := sagas.NewStep("take", func(_ context.Context, what string) (string, error) { return "took " + what, nil },
		func(context.Context, string, string) error { return nil })
	risk := sagas.NewStep("risk", func(_ context.Context, what string) (int, error) {
		if what == "lose" {
			return 0, resilience.Indefinite(errors.New("no answer"))
		}
		return len(what), nil
	}, func(context.Context, string, int) error { return nil })
	return sagas.Define("recorded", func(s *sagas.Saga, what string) (string, error) {
		took, err := sagas.Do(s, take, what)
		if err != nil {
			return "", err
		}
		if err := s.Sleep(time.Hour); err != nil {
			return "", err
		}
		heard, err := sagas.Await(s, said, time.Hour)
		if errors.Is(err, sagas.ErrTimeout) {
			heard, err = "nothing", nil
		}
		if err != nil {
			return "", err
		}
		if _, err := sagas.Do(s, risk, what); err != nil {
			return "", err
		}
		return took + " and heard " + heard + " at " + s.Now().UTC().Format(time.RFC3339Nano), nil
	})
}

// TestRecord writes the histories of this version, where MILLRACE_RECORD names a prefix for them.
func TestRecord(t *testing.T) {
	t.Parallel()
	prefix := os.Getenv("MILLRACE_RECORD")
	if prefix == "" {
		t.Skip("MILLRACE_RECORD is not set")
	}
	for name, run := range map[string]sagastest.Outcome[string]{
		"completed": sagastest.Run(t, recorded(), "win", sagastest.Signal(said, time.Minute, "hello")),
		"timeout":   sagastest.Run(t, recorded(), "wait"),
		"unknown":   sagastest.Run(t, recorded(), "lose", sagastest.Signal(said, time.Minute, "hello")),
		"cancelled": sagastest.Run(t, recorded(), "win", sagastest.Cancel(time.Minute)),
	} {
		text, err := json.MarshalIndent(run.History, "", "  ")
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join("testdata", "history-"+prefix+"-"+name+".json"), append(text, '\n'), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}
