package integration_test

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/millrace/millrace/integration/servers"
)

// shared holds the servers and the binary of this test run.
var shared run

type run struct {
	servers.Shared
	*testing.M
	binary binary
}

func TestMain(m *testing.M) {
	shared.M = m
	goleak.VerifyTestMain(&shared)
}

// Run ends the servers before leaks are looked for.
func (r *run) Run() int {
	code := r.M.Run()
	for _, end := range []func() error{r.Shared.Close, r.binary.remove} {
		if err := end(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			code = 1
		}
	}
	return code
}

// kcatBroker is the broker's address for kcat, a client of the other kind.
func kcatBroker(t testing.TB) string {
	t.Helper()
	_, err := exec.LookPath("kcat")
	servers.Require(t, err)
	return strings.TrimPrefix(shared.Kafka(t).URL, "kafka://")
}
