package bustest_test

import (
	"testing"

	"go.uber.org/goleak"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/bus/bustest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestOpenLeavesNothing(t *testing.T) {
	t.Parallel()
	noted := bus.Define("test.note.written", func(s string) string { return s })
	b := bustest.Open(t, noted)
	if err := b.Publish(t.Context(), noted.New("a")).Err(); err != nil {
		t.Fatal(err)
	}
}
