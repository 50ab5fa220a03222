package integration_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/push"
	"github.com/millrace/millrace/request"
)

// crowd is clients of push gateways that come and go, and what was published to them.
type crowd struct {
	*testing.T
	bus      *bus.Bus
	channels []push.Channel[string]
	secret   []byte

	mu       sync.Mutex
	gateways []string
	sent     map[string]int // how many, by channel and tenant
	over     bool           // nothing more is published

	received, connects, resets atomic.Int64
}

// tenants are whose messages there are; all clients get those of none.
var tenants = []string{"", "acme", "other"}

// publish publishes numbered messages until ctx ends.
func (c *crowd) publish(ctx context.Context, every time.Duration) {
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			c.mu.Lock()
			c.over = true
			c.mu.Unlock()
			return
		case <-ticker.C:
		}
		channel, tenant := c.channels[rand.N(len(c.channels))], tenants[rand.N(len(tenants))]
		of := channel.Name() + "/" + tenant
		c.mu.Lock()
		n := c.sent[of]
		c.mu.Unlock()
		at := request.With(context.WithoutCancel(ctx), request.Info{Tenant: request.Tenant(tenant)})
		if err := channel.Publish(at, c.bus, strconv.Itoa(n%3), fmt.Sprintf("%s/%d", tenant, n)).Err(); err != nil {
			c.Error(err)
			return
		}
		c.mu.Lock()
		c.sent[of]++
		c.mu.Unlock()
	}
}

// gateway is one that serves, by chance.
func (c *crowd) gateway() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.gateways[rand.N(len(c.gateways))]
}

func (c *crowd) token(tenant string) string {
	text, err := jwt.NewWithClaims(jwt.SigningMethodHS256, jwt.MapClaims{
		"sub": "viewer", "tenant": tenant, "exp": time.Now().Add(24 * time.Hour).Unix(), "push": map[string][]string{"subscribe": {"*"}},
	}).SignedString(c.secret)
	if err != nil {
		c.Error(err)
	}
	return text
}

// viewer is a client, and what it knows of each channel.
type viewer struct {
	*crowd
	name     int
	tenant   string
	channels []string
	since    map[string]string // the last id, by channel
	next     map[string]int    // the message that comes next, by channel and tenant
	failed   bool
}

func newViewer(c *crowd, name int) *viewer {
	v := &viewer{crowd: c, name: name, tenant: tenants[name%len(tenants)], since: map[string]string{}, next: map[string]int{}}
	for i := range c.channels {
		if (name/3+i)%2 == 0 {
			v.channels = append(v.channels, c.channels[i].Name())
		}
	}
	return v
}

// connection is a way to be connected: it reads until it ends, or for a while, and resumes behind what is known.
type connection func(ctx context.Context, v *viewer) error

// live connects again and again until all was seen that was published, or ctx ends.
func (v *viewer) live(ctx context.Context, connect connection) {
	for ctx.Err() == nil && !v.done() && !v.failed {
		stay, cut := context.WithTimeout(ctx, 200*time.Millisecond+rand.N(6*time.Second))
		v.connects.Add(1)
		_ = connect(stay, v) // gateways are killed
		cut()
		select {
		case <-ctx.Done():
		case <-time.After(rand.N(500 * time.Millisecond)):
		}
	}
}

// reset is what a client does that cannot be resumed: it takes the next message of a channel as the first.
func (v *viewer) reset(channels ...string) {
	for of := range v.next {
		name, _, _ := strings.Cut(of, "/")
		for _, channel := range channels {
			if name == channel {
				delete(v.next, of)
			}
		}
	}
}

// receive takes a message, and says whether it may come now.
func (v *viewer) receive(channel, data string) bool {
	tenant, number, _ := strings.Cut(data, "/")
	n, err := strconv.Atoi(number)
	of := channel + "/" + tenant
	next, known := v.next[of]
	if err != nil || tenant != "" && tenant != v.tenant || known && n != next {
		v.Errorf("client %d of tenant %q got %q on %s; it was at %d, known %t", v.name, v.tenant, data, channel, next, known)
		v.failed = true
		return false
	}
	v.next[of] = n + 1
	v.received.Add(1)
	return true
}

// done says whether nothing more is to come.
func (v *viewer) done() bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	if !v.over {
		return false
	}
	for _, channel := range v.channels {
		for _, tenant := range []string{"", v.tenant} {
			if of := channel + "/" + tenant; v.next[of] != v.sent[of] {
				return false
			}
		}
	}
	return true
}
