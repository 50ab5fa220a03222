package bus_test

import (
	"testing"

	"github.com/millrace/millrace/bus/bustest"
)

func TestLagOfUnknownGroup(t *testing.T) {
	t.Parallel()
	lags, err := bustest.Open(t).Lag(t.Context(), "nobody")
	if err != nil || len(lags) != 1 || lags[0].Group != "nobody" || lags[0].State != "Dead" || lags[0].Total() != 0 {
		t.Errorf("got %v, %v: a group that nobody has joined is no error", lags, err)
	}
}
