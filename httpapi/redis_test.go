package httpapi_test

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
)

// redisServer is a redis-server of this machine, which a test may kill.
type redisServer struct {
	t    testing.TB
	addr string
	cmd  *exec.Cmd
}

func startRedis(t testing.TB) *redisServer {
	t.Helper()
	if _, err := exec.LookPath("redis-server"); err != nil {
		if os.Getenv("MILLRACE_REQUIRE_SERVERS") != "" {
			t.Fatal(err)
		}
		t.Skipf("NOT TESTED: install redis-server: %v", err)
	}
	s := &redisServer{t: t, addr: filepath.Join(t.TempDir(), "redis")} // a socket, since others may take a port that was free
	s.cmd = exec.Command("redis-server", "--port", "0", "--unixsocket", s.addr, "--save", "", "--appendonly", "no", "--maxmemory-policy",
		"noeviction")
	s.cmd.Dir = t.TempDir()
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.kill)
	client := redis.NewClient(&redis.Options{Network: "unix", Addr: s.addr})
	defer client.Close()
	eventually(t, "redis-server answers", func() bool { return client.Ping(context.Background()).Err() == nil })
	return s
}

// kill ends the server at once; all that it holds is lost.
func (s *redisServer) kill() {
	if s.cmd != nil {
		_ = s.cmd.Process.Kill()
		_ = s.cmd.Wait()
		s.cmd = nil
	}
}

// client is one process's.
func (s *redisServer) client() redis.UniversalClient {
	client := redis.NewClient(&redis.Options{Network: "unix", Addr: s.addr, MaxRetries: -1, DialTimeout: time.Second})
	s.t.Cleanup(func() { _ = client.Close() })
	return client
}

func eventually(t testing.TB, what string, holds func() bool) {
	t.Helper()
	for began := time.Now(); !holds(); {
		if time.Since(began) > 30*time.Second {
			t.Fatalf("never: %s", what)
		}
		<-time.After(5 * time.Millisecond)
	}
}
