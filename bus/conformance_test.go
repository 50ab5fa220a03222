package bus_test

import (
	"testing"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/bus/bustest"
)

func TestConformance(t *testing.T) {
	t.Parallel()
	bustest.Conformance(t, func(t testing.TB) *bus.Bus { t.Helper(); return bustest.Open(t) })
}
