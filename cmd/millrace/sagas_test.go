package main_test

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/millrace/millrace/request"
	"github.com/millrace/millrace/resilience"
	"github.com/millrace/millrace/sagas"
)

// trips are what the commands look at: one waits for its approval, and one that nobody can book is parked when it is undone.
var (
	approval = sagas.NewSignal[string]("approved")
	book     = sagas.NewStep("book", func(_ context.Context, to string) (string, error) { return "seat to " + to, nil },
		func(_ context.Context, to string, _ string) error {
			if to == "nowhere" {
				return resilience.Permanent(errors.New("there is no way back"))
			}
			return nil
		}, sagas.RetryUndo(resilience.RetryPolicy{Attempts: 1, Initial: time.Millisecond, Max: time.Second, Multiplier: 2}))
	trips = sagas.Define("trip", func(s *sagas.Saga, to string) (string, error) {
		if _, err := sagas.Do(s, book, to); err != nil {
			return "", err
		}
		if to == "nowhere" {
			return "", resilience.Permanent(errors.New("closed"))
		}
		return sagas.Await(s, approval, time.Hour)
	})
)

func TestSagas(t *testing.T) {
	t.Parallel()
	at, b, stop := grouped(t, "sagas", "agency", trips.Part(), trips.Contracts()...)
	acme := request.With(t.Context(), request.Info{Tenant: "acme"})
	if err := errors.Join(trips.Start(t.Context(), b, "1", "rome").Err(), trips.Start(t.Context(), b, "2", "nowhere").Err(),
		trips.Start(acme, b, "1", "oslo").Err()); err != nil {
		t.Fatal(err)
	}
	// until waits for the status of a saga.
	until := func(id string, status sagas.Status) {
		t.Helper()
		for deadline := time.Now().Add(30 * time.Second); ; {
			out, errs, code := command(t, "", "sagas", "show", "agency", "trip", id, "--kafka", at, "--json")
			var is sagas.Description
			if code == 0 && json.Unmarshal([]byte(out), &is) == nil && is.Status == status {
				return
			}
			if time.Now().After(deadline) {
				t.Fatalf("%s: %s%s", id, out, errs)
			}
		}
	}
	until("1", sagas.Waiting)
	until("2", sagas.Parked)
	type step struct {
		in, out, errs string
		code          int
		args          []string
	}
	try := func(steps ...step) {
		t.Helper()
		for _, step := range steps {
			out, errs, code := command(t, step.in, append([]string{"sagas", "--kafka", at}, step.args...)...)
			if code != step.code || !strings.Contains(out, step.out) || !strings.Contains(errs, step.errs) {
				t.Errorf("sagas %v: %d, %s%s", step.args, code, out, errs)
			}
		}
	}
	try([]step{
		{out: "trip  3      parked 1, waiting 2\n", args: []string{"agency"}},
		{out: `{"flow":"trip","sagas":3,"statuses":{"parked":1,"waiting":2}}`, args: []string{"agency", "--json"}},
		{out: "await approved until", args: []string{"list", "agency", "trip"}},
		{out: "… and 2 more", args: []string{"list", "agency", "trip", "-n", "1"}},
		{out: "no way back", args: []string{"list", "agency", "trip", "--status", "parked"}},
		{out: `{"id":"1","tenant":"acme","status":"waiting"`, args: []string{"list", "agency", "trip", "--tenant", "acme", "--json"}},
		{errs: "must be one of", code: 2, args: []string{"list", "agency", "trip", "--status", "lost"}},
		{errs: "has no tour", code: 1, args: []string{"list", "agency", "tour"}},
		{out: "step  book  done\n", args: []string{"show", "agency", "trip", "1"}},
		{out: "reason   the undo of step book failed", args: []string{"show", "agency", "trip", "2"}},
		{out: `"seat to rome"`, args: []string{"show", "agency", "trip", "1", "--values"}},
		{out: `"flow":"trip","id":"1","status":"waiting"`, args: []string{"show", "agency", "trip", "1", "--history"}},
		{errs: `no saga "3"`, code: 1, args: []string{"show", "agency", "trip", "3"}},
		{errs: "is not JSON", code: 2, args: []string{"signal", "agency", "trip", "1", "approved", "anna"}},
		{errs: `no saga "3"`, code: 1, args: []string{"cancel", "agency", "trip", "1", "3"}},
		{in: `"anna"`, out: "trip.calls ", args: []string{"signal", "agency", "trip", "1", "approved", "-"}},
		{out: "trip.calls ", args: []string{"resume", "agency", "trip", "2"}},
		{out: "trip.calls ", args: []string{"cancel", "agency", "trip", "1", "--tenant", "acme", "--reason", "rain"}},
	}...)
	until("1", sagas.Completed)
	until("2", sagas.Parked)
	try([]step{
		{errs: "has ended: completed", code: 1, args: []string{"cancel", "agency", "trip", "1"}},
		{out: "trip.calls ", args: []string{"abandon", "agency", "trip", "2", "--reason", "lost"}},
	}...)
	until("2", sagas.Abandoned)
	try(step{out: "rain", args: []string{"show", "agency", "trip", "1", "--tenant", "acme"}})
	stop()
}
