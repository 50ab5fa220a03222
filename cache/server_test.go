package cache_test

import (
	"context"
	"net"
	"os"
	"os/exec"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/millrace/millrace/request"
)

// server is a redis-server of this machine, which a test may kill, stop and start again.
type server struct {
	t    testing.TB
	addr string
	cmd  *exec.Cmd
}

func startRedis(t testing.TB) *server {
	t.Helper()
	if _, err := exec.LookPath("redis-server"); err != nil {
		if os.Getenv("MILLRACE_REQUIRE_SERVERS") != "" {
			t.Fatal(err)
		}
		t.Skipf("NOT TESTED: install redis-server: %v", err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &server{t: t, addr: listener.Addr().String()}
	listener.Close()
	s.start()
	t.Cleanup(s.kill)
	return s
}

func (s *server) start() {
	s.t.Helper()
	_, port, _ := net.SplitHostPort(s.addr)
	s.cmd = exec.Command("redis-server", "--bind", "127.0.0.1", "--port", port, "--save", "", "--appendonly", "no", "--maxmemory-policy",
		"noeviction")
	s.cmd.Dir = s.t.TempDir()
	if err := s.cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	client := redis.NewClient(&redis.Options{Addr: s.addr})
	defer client.Close()
	eventually(s.t, "redis-server answers", func() bool { return client.Ping(context.Background()).Err() == nil })
}

// kill ends the server at once; all that it holds is lost.
func (s *server) kill() {
	if s.cmd != nil {
		_ = s.cmd.Process.Kill()
		_ = s.cmd.Wait()
		s.cmd = nil
	}
}

// freeze stops the server, which keeps its connections and does not answer, until the test ends.
func (s *server) freeze() { _ = s.cmd.Process.Signal(syscall.SIGSTOP) }

// client is one process's.
func (s *server) client() redis.UniversalClient {
	client := redis.NewClient(&redis.Options{Addr: s.addr, MaxRetries: -1, DialTimeout: time.Second, ReadTimeout: 20 * time.Second})
	s.t.Cleanup(func() { _ = client.Close() })
	return client
}

func eventually(t testing.TB, what string, holds func() bool) {
	t.Helper()
	for began := time.Now(); !holds(); {
		if time.Since(began) > 30*time.Second {
			t.Fatalf("it does not come about that %s", what)
		}
		<-time.After(5 * time.Millisecond)
	}
}

func as(t testing.TB, tenant request.Tenant) context.Context {
	t.Helper()
	return request.With(context.Background(), request.Info{Tenant: tenant})
}

// origin is where values come from: each is the number of its last change.
type origin struct {
	mu      sync.Mutex
	version int
	loads   int
	running int
	most    int
	hold    chan struct{} // nil, or what a load waits for after it has read
}

func (o *origin) load(ctx context.Context, key string) (string, error) {
	o.mu.Lock()
	o.loads++
	o.running++
	o.most = max(o.most, o.running)
	value := string(request.From(ctx).Tenant) + "/" + key + "/" + strconv.Itoa(o.version)
	hold := o.hold
	o.mu.Unlock()
	if hold != nil {
		<-hold
	}
	<-time.After(5 * time.Millisecond)
	o.mu.Lock()
	o.running--
	o.mu.Unlock()
	return value, nil
}

func (o *origin) change(do func(*origin)) {
	o.mu.Lock()
	defer o.mu.Unlock()
	do(o)
}

func (o *origin) made() (loads, most int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.loads, o.most
}
