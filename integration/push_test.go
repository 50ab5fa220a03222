package integration_test

import (
	"context"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/millrace/millrace/push"
)

// TestPushPods kills and restarts two gateways at random while clients come and go. MILLRACE_SOAK says for how long, with a thousand of them.
func TestPushPods(t *testing.T) {
	t.Parallel()
	clients, long := 300, 15*time.Second
	if text := os.Getenv("MILLRACE_SOAK"); text != "" {
		var err error
		if long, err = time.ParseDuration(text); err != nil {
			t.Fatal(err)
		}
		clients = 1000
	}
	c := &crowd{T: t, bus: open(t), secret: []byte(strings.Repeat("s", 32)), sent: make(map[string]int)}
	name := "c" + strings.ToLower(uuid.NewString()[:8])
	for _, end := range []string{"-a", "-b", "-c", "-d"} {
		c.channels = append(c.channels, push.Define[string](name+end))
	}
	secret := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(secret, c.secret, 0o600); err != nil {
		t.Fatal(err)
	}
	start := func(at int) *pod { // the second one reads what its clients need alone
		return runPod(t, []string{"KAFKA_URL=" + shared.Kafka(t).URL},
			"push", "--http", "127.0.0.1:0", "--jwt-secret", secret, "--drain-delay", "10ms", "--interest", []string{"0", "30s"}[at])
	}
	pods := []*pod{start(0), start(1)}
	c.gateways = []string{pods[0].url, pods[1].url}

	ctx, cancel := context.WithTimeout(t.Context(), long+patience)
	defer cancel()
	var running sync.WaitGroup
	for i := range clients {
		way := []connection{bySocket, bySocket, byStream, byPoll}[i%4]
		running.Go(func() { newViewer(c, i).live(ctx, way) })
	}
	publishing, stop := context.WithCancel(ctx)
	running.Go(func() { c.publish(publishing, 20*time.Millisecond) })
	kills := 0
	for end := time.Now().Add(long); time.Now().Before(end) && !t.Failed(); kills++ {
		<-time.After(time.Second + rand.N(3*time.Second))
		at := kills % len(pods)
		pods[at].end(t, []syscall.Signal{syscall.SIGKILL, syscall.SIGKILL, syscall.SIGTERM}[rand.N(3)])
		pods[at] = start(at)
		c.mu.Lock()
		c.gateways[at] = pods[at].url
		c.mu.Unlock()
	}
	stop()
	running.Wait()
	if ctx.Err() != nil {
		t.Error("not all clients have seen all")
	}
	sent := 0
	for _, n := range c.sent {
		sent += n
	}
	t.Logf("%d clients, %d kills: %d messages sent, %d received, %d connections, %d resets", clients, kills, sent, c.received.Load(),
		c.connects.Load(), c.resets.Load())
	if sent == 0 || c.received.Load() < int64(sent) {
		t.Error("hardly anything was received")
	}
}
