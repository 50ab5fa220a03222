package check_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
)

const patience = 2 * time.Minute

// program is built when the first test needs it.
var program struct {
	once      sync.Once
	dir, path string
	err       error
}

func TestMain(m *testing.M) {
	code := m.Run()
	if program.dir != "" && os.RemoveAll(program.dir) != nil {
		code = 1
	}
	os.Exit(code)
}

// millrace is the program's path.
func millrace(t *testing.T) string {
	t.Helper()
	program.once.Do(func() {
		program.dir, program.err = os.MkdirTemp("", "millrace-check") //nolint:usetesting // other tests use it too
		if program.err != nil {
			return
		}
		program.path = filepath.Join(program.dir, "millrace")
		build := exec.Command("go", "build", "-o", program.path, "./cmd/millrace")
		build.Dir = filepath.Join("..", "..")
		if output, err := build.CombinedOutput(); err != nil {
			program.err = fmt.Errorf("%w: %s", err, output)
		}
	})
	if program.err != nil {
		t.Fatal(program.err)
	}
	return program.path
}

// shop is `millrace dev`: the shop, a relay and a hub, with a broker, a database and a Redis of their own.
type shop struct{ url, kafka, metrics string }

var addressOf = regexp.MustCompile(`(?m)^ +(kafka|shop) +(\S+)`)

func startShop(t *testing.T) *shop {
	t.Helper()
	port := freePort(t)
	cmd := exec.CommandContext(t.Context(), millrace(t), "dev", "--ephemeral", "--http", "127.0.0.1:0", "--kafka", "127.0.0.1:0")
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = patience
	cmd.Env = append(os.Environ(), "OTEL_METRICS_EXPORTER=prometheus", "OTEL_EXPORTER_PROMETHEUS_PORT="+port)
	output, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		_ = cmd.Wait()
	})
	s := &shop{metrics: "http://localhost:" + port + "/metrics"}
	lines := bufio.NewScanner(output)
	for lines.Scan() && strings.TrimSpace(lines.Text()) != "ready" {
		for _, found := range addressOf.FindAllStringSubmatch(lines.Text(), -1) {
			if found[1] == "kafka" {
				s.kafka = found[2]
			} else {
				s.url = found[2]
			}
		}
	}
	if s.url == "" || s.kafka == "" {
		t.Fatalf("dev did not start: %+v", s)
	}
	go func() { _, _ = io.Copy(io.Discard, output) }()
	return s
}

func freePort(t *testing.T) string {
	t.Helper()
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	_, port, _ := net.SplitHostPort(listener.Addr().String())
	return port
}

// use lets everything happen once: orders, a client that follows them, one that is refused, and records that nobody understands.
func (s *shop) use(t *testing.T) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	follow, err := http.NewRequestWithContext(ctx, http.MethodGet, s.url+"/events?channel=orders", nil)
	if err != nil {
		t.Fatal(err)
	}
	following, err := http.DefaultClient.Do(follow)
	if err != nil {
		t.Fatal(err)
	}
	defer following.Body.Close()
	for _, id := range []string{"order-1", "order-2"} {
		body := `{"id":"` + id + `","customer":"Ada","email":"ada@example.com","items":[{"sku":"tea","quantity":2,"price_cents":450}]}`
		request, err := http.NewRequestWithContext(ctx, http.MethodPost, s.url+"/orders", strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("Content-Type", "application/json")
		response, err := http.DefaultClient.Do(request)
		if err != nil || response.StatusCode != http.StatusCreated {
			t.Fatal(response, err)
		}
		_ = response.Body.Close()
	}
	if refused, err := http.Get(s.url + "/events"); err == nil {
		_ = refused.Body.Close()
	}
	for _, args := range [][]string{{"outbox.event.order", "shop.order.placed"}, {"order.events", "order.pay"}} {
		publish := exec.CommandContext(ctx, millrace(t), "publish", "--kafka", s.kafka, args[0], "{", "--key", "k", "--type", args[1])
		if output, err := publish.CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, output)
		}
	}
}

// scrape reads the metrics as Prometheus does.
func (s *shop) scrape(t *testing.T) map[string]*dto.MetricFamily {
	t.Helper()
	response, err := http.Get(s.metrics)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	p := expfmt.NewTextParser(model.UTF8Validation)
	families, err := p.TextToMetricFamilies(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return families
}
