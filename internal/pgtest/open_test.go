package pgtest_test

import (
	"testing"

	"github.com/millrace/millrace/internal/pgtest"
)

func TestOpen(t *testing.T) {
	t.Parallel()
	if pgtest.Open(t) == "" {
		t.Fatal("no address")
	}
}
