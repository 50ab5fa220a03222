package claimchecktest_test

import (
	"testing"

	"github.com/millrace/millrace/bus/claimcheck/claimchecktest"
)

func TestMemory(t *testing.T) {
	t.Parallel()
	claimchecktest.Conformance(t, &claimchecktest.Memory{})
}
