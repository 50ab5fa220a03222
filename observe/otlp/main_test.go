package otlp_test

import (
	"os"
	"strings"
	"testing"

	"go.uber.org/goleak"
)

// TestMain takes the surrounding process's own OTEL_* variables away: tests set what they need, one after another.
func TestMain(m *testing.M) {
	for _, pair := range os.Environ() {
		if name, _, _ := strings.Cut(pair, "="); strings.HasPrefix(name, "OTEL_") {
			_ = os.Unsetenv(name)
		}
	}
	goleak.VerifyTestMain(m)
}
