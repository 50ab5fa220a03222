package debezium_test

import (
	"fmt"
	"os"
	"testing"

	"go.uber.org/goleak"

	"github.com/millrace/millrace/integration/servers"
)

// shared holds the servers of this test run.
var shared run

type run struct {
	servers.Shared
	*testing.M
}

func TestMain(m *testing.M) {
	shared.M = m
	goleak.VerifyTestMain(&shared)
}

// Run ends the servers before leaks are looked for.
func (r *run) Run() int {
	code := r.M.Run()
	if err := r.Close(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	return code
}
