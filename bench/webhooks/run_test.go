package webhooks_test

import (
	"testing"
	"time"

	"github.com/millrace/millrace/bench/webhooks"
)

func TestArguments(t *testing.T) {
	t.Parallel()
	began := time.Now()
	for _, wrong := range []string{"--endpoints", "--rate"} {
		if webhooks.Run(t.Context(), []string{wrong}) == nil {
			t.Errorf("%s was taken", wrong)
		}
	}
	if took := time.Since(began); took > time.Second {
		t.Errorf("a server was started: %s", took)
	}
}
