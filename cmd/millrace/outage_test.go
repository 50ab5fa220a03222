package main_test

import (
	"io"
	"net"
	"net/http"
	"os/exec"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/twmb/franz-go/pkg/kfake"

	"github.com/millrace/millrace/bus/bustest"
	"github.com/millrace/millrace/internal/pgtest"
)

// serving is a pod of `millrace serve` that is ready, and its address.
func serving(t *testing.T, variables ...string) (*process, string) {
	t.Helper()
	p := launch(t, func(cmd *exec.Cmd) {
		cmd.Args = []string{cmd.Path, "serve", "--http", "127.0.0.1:0", "--drain-delay", "10ms"}
		cmd.Env = environment(variables...)
	}).awaitReady(t)
	return p, "http://" + regexp.MustCompile(`msg=ready http=(\S+)`).FindStringSubmatch(p.output())[1]
}

// TestKafkaAway ends the cluster under a pod: it stays in the balancer, takes orders, says which requests it cannot answer, and tells no prober
// what its drivers say.
func TestKafkaAway(t *testing.T) {
	t.Parallel()
	cluster, err := kfake.NewCluster(kfake.NumBrokers(1))
	if err != nil {
		t.Fatal(err)
	}
	defer cluster.Close()
	address, client := cluster.ListenAddrs()[0], httpClient(t)
	p, at := serving(t, "KAFKA_URL=kafka://"+address, "DATABASE_URL="+pgtest.Open(t))
	cluster.Close()
	await(t, at+"/readyz?verbose", http.StatusOK, "[-]kafka fails (startup")
	await(t, at+"/readyz", http.StatusOK, `{"status":"degraded"}`)
	if got := place(t.Context(), client, at, "order-1"); got != http.StatusCreated {
		t.Errorf("POST /orders without Kafka: %d", got)
	}
	await(t, at+"/orders/order-1", http.StatusOK, "order-1")
	await(t, at+"/topics", http.StatusServiceUnavailable, "cannot reach one of its servers")
	response, err := client.Get(at + "/readyz?verbose")
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil || strings.Contains(string(text), "127.0.0.1") || strings.Contains(string(text), "refused") {
		t.Errorf("a prober is told %s, %v", text, err)
	}
	if !strings.Contains(p.output(), `level=WARN msg="observe: a health check fails" check=kafka criticality=startup error=`) {
		t.Error("the log does not say what the check said")
	}
}

// unused is an address at which nothing listens.
func unused(t *testing.T) string {
	t.Helper()
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	return listener.Addr().String()
}

// TestRedisAway starts a pod before its Redis: it is ready, refuses what needs Redis, and serves that when Redis comes.
func TestRedisAway(t *testing.T) {
	t.Parallel()
	address, client := unused(t), httpClient(t)
	_, at := serving(t, "KAFKA_URL="+bustest.Broker(t), "DATABASE_URL="+pgtest.Open(t), "REDIS_URL=redis://"+address)
	await(t, at+"/readyz?verbose", http.StatusOK, "[-]redis fails (advisory")
	if got := place(t.Context(), client, at, "order-1"); got != http.StatusCreated {
		t.Errorf("an order without a key: %d", got)
	}
	keyed := func() (status int, replayed bool) {
		body := `{"id":"order-2","customer":"Ada","email":"ada@example.com","items":[{"sku":"tea","quantity":2,"price_cents":450}]}`
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, at+"/orders", strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("Idempotency-Key", "the-key-of-order-2")
		response, err := client.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer response.Body.Close()
		return response.StatusCode, response.Header.Get("Idempotency-Replayed") == "true"
	}
	if got, _ := keyed(); got != http.StatusServiceUnavailable {
		t.Errorf("an order with a key: %d", got)
	}
	server := miniredis.NewMiniRedis()
	if err := server.StartAddr(address); err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	late := time.After(patience)
	for status := 0; status != http.StatusCreated; status, _ = keyed() {
		select {
		case <-late:
			t.Fatalf("Redis is there, and an order with a key: %d", status)
		case <-time.After(100 * time.Millisecond):
		}
	}
	if got, replayed := keyed(); got != http.StatusCreated || !replayed {
		t.Errorf("the same again: %d, replayed: %t", got, replayed)
	}
	await(t, at+"/readyz?verbose", http.StatusOK, "[+]redis ok")
}

// TestGatewayWithoutRedis starts a push gateway whose tickets need a Redis that is away.
func TestGatewayWithoutRedis(t *testing.T) {
	t.Parallel()
	g := newGateways(t)
	g.redis = "redis://" + unused(t)
	_, at := g.start()
	await(t, at+"/readyz?verbose", http.StatusOK, "[-]redis fails (advisory")
	status, says := g.ask(http.MethodPost, at+"/ticket", g.token(), "")
	if status != http.StatusOK || !says.Scan() {
		t.Errorf("POST /ticket: %d", status)
	}
}
