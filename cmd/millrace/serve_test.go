package main_test

import (
	"net/http"
	"os/exec"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"github.com/millrace/millrace/bus/bustest"
	"github.com/millrace/millrace/internal/pgtest"
)

// TestServe runs two pods side by side: an order posted to one is on the event stream of the other, which goes on
// when the first one ends.
func TestServe(t *testing.T) {
	t.Parallel()
	kafka, database, client := bustest.Broker(t), pgtest.Open(t), httpClient(t)
	pod := func() (*process, string) {
		p := launch(t, func(cmd *exec.Cmd) {
			cmd.Args = []string{cmd.Path, "serve", "--http", "127.0.0.1:0", "--drain-delay", "10ms"}
			cmd.Env = environment("KAFKA_URL="+kafka, "DATABASE_URL="+database)
		}).awaitReady(t)
		found := regexp.MustCompile(`msg=ready http=(\S+)`).FindStringSubmatch(p.output())
		return p, "http://" + found[1]
	}
	first, at := pod()
	second, other := pod()
	follow(t, client, other, "order-1", func() {
		if got := place(t.Context(), client, at, "order-1"); got != http.StatusCreated {
			t.Errorf("POST /orders: %d", got)
		}
	})
	if err := first.signal(t, syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	follow(t, client, other, "order-2", func() {
		if got := place(t.Context(), client, other, "order-2"); got != http.StatusCreated {
			t.Errorf("POST /orders: %d", got)
		}
	})
	if err := second.signal(t, syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if output := second.output(); strings.Contains(output, "level=ERROR") {
		t.Error(output)
	}
}
