package sagas_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/millrace/millrace/resilience"
	"github.com/millrace/millrace/sagas"
)

func TestDefinitionErrors(t *testing.T) {
	t.Parallel()
	fine := func(*sagas.Saga, int) (int, error) { return 0, nil }
	do := func(context.Context, int) (int, error) { return 0, nil }
	for want, err := range map[string]error{
		"the name must be":       sagas.Define("Orders", fine).Err(),
		"the function is nil":    sagas.Define[int, int]("a", nil).Err(),
		"an option is nil":       sagas.Define("a", fine, nil).Err(),
		"at least 1s":            sagas.Define("a", fine, sagas.Keep(time.Millisecond)).Err(),
		"Deadline 0s must be":    sagas.Define("a", fine, sagas.Deadline(0)).Err(),
		`query "Q": the name`:    sagas.NewQuery[int]("Q").Err(),
		"Logger: it is nil":      sagas.Define("a", fine, sagas.Logger(nil)).Err(),
		"is for another input":   sagas.Define("a", fine, sagas.IDs(func(string) string { return "" })).Err(),
		`step "A": the name`:     sagas.NewStep("A", do, nil).Err(),
		"step \"a\": the funct":  sagas.NewStep[int, int]("a", nil, nil).Err(),
		"time-out -1s":           sagas.NewStep("a", do, nil, sagas.Timeout(-time.Second)).Err(),
		"attempts 0":             sagas.NewStep("a", do, nil, sagas.Retry(resilience.RetryPolicy{})).Err(),
		"attempts -1":            sagas.NewStep("a", do, nil, sagas.RetryUndo(resilience.RetryPolicy{Attempts: -1})).Err(),
		`signal "": the name`:    sagas.NewSignal[int]("").Err(),
		"text of 1 to 500 bytes": sagas.Define("a", fine).New("a\x00b", 1).Err(),
	} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		} else if !errors.Is(err, sagas.ErrDefinition) && !strings.Contains(want, "text of") {
			t.Errorf("%v is no ErrDefinition", err)
		}
	}
	if wrong := sagas.Define("Orders", fine); len(wrong.Contracts()) > 0 || wrong.New("1", 1).Err() == nil {
		t.Error("a wrong flow can be used")
	}
	if fits := sagas.Define("orders", fine); fits.Err() != nil || len(fits.Contracts()) != 8 {
		t.Error(fits.Err())
	}
}
