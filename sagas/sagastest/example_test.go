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

// TestCheckout is a test as one would write it for a flow of one's own.
func TestCheckout(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		world []sagastest.Option
		want  sagas.Status
	}{
		"all is well": {[]sagastest.Option{
			sagastest.Signal(approved, time.Hour, "anna"),
			sagastest.Step(charge, func(context.Context, string) (int, error) { return 5, nil }),
		}, sagas.Completed},
		"no money": {[]sagastest.Option{
			sagastest.Signal(approved, time.Hour, "anna"),
			sagastest.Step(charge, func(context.Context, string) (int, error) { return 0, resilience.Permanent(errors.New("no money")) }),
		}, sagas.Compensated},
		"nobody approves": {nil, sagas.Compensated},
	} {
		if run := sagastest.Run(t, checkout, "book", test.world...); run.Status != test.want {
			t.Errorf("%s: %s: %s", name, run.Status, run.Reason)
		}
	}
}
