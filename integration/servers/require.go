package servers

import (
	"os"
	"testing"
)

// Require skips the test loudly when err says that a server cannot be had, and fails it where
// MILLRACE_REQUIRE_SERVERS is set.
func Require(t testing.TB, err error) {
	t.Helper()
	switch {
	case err == nil:
	case os.Getenv("MILLRACE_REQUIRE_SERVERS") != "":
		t.Fatalf("a server is required: %v", err)
	default:
		t.Skipf("SKIPPED, a server is missing: %v", err)
	}
}
