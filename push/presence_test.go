//go:build synctests

package push_test

import (
	"context"
	"io"
	"net/http"
	"reflect"
	"strconv"
	"testing"
	"time"

	"github.com/millrace/millrace/push"
	"github.com/millrace/millrace/request"
)

// whoAsks takes who it is and the tenant from the request's parameters.
func whoAsks() push.Option {
	return push.Auth(func(r *http.Request) (push.Grant, error) {
		q := r.URL.Query()
		return push.Grant{
			Tenant: request.Tenant(q.Get("tenant")), Principal: request.Principal(q.Get("who")), Subscribe: []string{"*"}, Present: []string{"*"},
		}, nil
	})
}

// here fails unless exactly these are present within a time.
func (b *bubble) here(hub *push.Hub, within time.Duration, tenant request.Tenant, key string, want map[string]int) {
	b.Helper()
	var got push.Attendance
	for end := time.Now().Add(within); ; <-time.After(50 * time.Millisecond) {
		got = hub.Present(tenant, "room", key)
		all, connections := map[string]int{}, 0
		for name, m := range got.Members {
			all[name] = m.Connections
		}
		for _, count := range want {
			connections += count
		}
		if reflect.DeepEqual(all, want) && got.Connections == connections && got.Principals == len(want) {
			return
		}
		if time.Now().After(end) {
			b.Fatalf("%s/%s: %+v, want %v", tenant, key, got, want)
		}
	}
}

// stay connects a client that reads what comes, until it is told to leave.
func (b *bubble) stay(hub *push.Hub, query string) (leave func()) {
	b.Helper()
	ctx, cancel := context.WithCancel(b.Context())
	resp, over := b.request(ctx, hub, query, "") //nolint:bodyclose // leave does
	if resp.StatusCode != http.StatusOK {
		b.Fatal(resp.StatusCode)
	}
	go func() { _, _ = io.Copy(io.Discard, resp.Body) }()
	leave = func() { cancel(); <-over; _ = resp.Body.Close() }
	b.ends = append(b.ends, leave)
	return leave
}

func TestPresence(t *testing.T) {
	t.Parallel()
	inBubble(t, func(b *bubble) {
		busA, _ := b.open()
		busB, wireB := b.open()
		presence, who := push.Presence("room"), whoAsks()
		a, _ := b.hub(busA, presence, who)
		other, stopB := b.hub(busB, presence, who)
		leave := b.stay(a, "channel=room/1&who=ann")
		b.stay(a, "channel=room/1&who=ann")
		b.stay(a, "channel=room/2&who=ann&tenant=acme")
		b.stay(other, "channel=room/1&who=bob")
		b.stay(other, "channel=quiet&who=eve")
		for _, hub := range []*push.Hub{a, other} {
			b.here(hub, time.Second, "", "1", map[string]int{"ann": 2, "bob": 1})
			b.here(hub, time.Second, "acme", "2", map[string]int{"ann": 1})
			b.here(hub, 0, "", "2", map[string]int{})
		}
		leave()
		b.here(other, time.Second, "", "1", map[string]int{"ann": 1, "bob": 1})
		busC, _ := b.open()
		late, _ := b.hub(busC, presence, who)
		b.here(late, 2*time.Second, "", "1", map[string]int{"ann": 1, "bob": 1})
		<-time.After(time.Minute) // nothing happens, and nobody is forgotten
		b.here(late, 0, "", "1", map[string]int{"ann": 1, "bob": 1})

		wireB.set(true)
		b.here(a, 17*time.Second, "", "1", map[string]int{"ann": 1})
		b.here(other, 0, "", "1", map[string]int{"ann": 1, "bob": 1}) // who hears nothing forgets nobody
		wireB.set(false)
		b.here(a, 20*time.Second, "", "1", map[string]int{"ann": 1, "bob": 1})
		stopB()
		b.here(a, time.Second, "", "1", map[string]int{"ann": 1})
		b.here(late, time.Second, "", "1", map[string]int{"ann": 1})
	})
}

// TestPresencesAnew removes the topic in which hubs tell who is present, and stops a hub that cannot tell.
func TestPresencesAnew(t *testing.T) {
	t.Parallel()
	inBubble(t, func(b *bubble) {
		on, wire := b.open()
		hub, stop := b.hub(on, push.Presence("room"), whoAsks(), push.WriteLimit(time.Hour))
		b.stay(hub, "channel=room/1&who=ann")
		b.here(hub, time.Second, "", "1", map[string]int{"ann": 1})
		if _, err := b.admin.DeleteTopics(b.Context(), string(push.Presences)); err != nil {
			b.Fatal(err)
		}
		b.stay(hub, "channel=room/1&who=bob")
		b.here(hub, time.Minute, "", "1", map[string]int{"ann": 1, "bob": 1})
		wire.set(true)
		<-time.After(20 * time.Second)
		go stop()
		<-time.After(time.Second)
		resp, _ := b.ask(hub, "channel=room/1&who=eve", "") //nolint:bodyclose // it does
		if resp.StatusCode != http.StatusServiceUnavailable {
			b.Errorf("a hub that stops lets clients in: %d", resp.StatusCode)
		}
	})
}

// TestManyPresent has more members than one report holds.
func TestManyPresent(t *testing.T) {
	t.Parallel()
	inBubble(t, func(b *bubble) {
		busA, _ := b.open()
		busB, _ := b.open()
		presence, who := push.Presence("room"), whoAsks()
		a, _ := b.hub(busA, presence, who)
		want := map[string]int{}
		for i := range 1200 {
			name := "u" + strconv.Itoa(i)
			if len(want) < 1000 {
				want[name] = 1
			}
			b.stay(a, "channel=room/1&who="+name)
		}
		late, _ := b.hub(busB, presence, who)
		for end := time.Now().Add(3 * time.Second); ; <-time.After(50 * time.Millisecond) {
			got := late.Present("", "room", "1")
			if got.Connections == 1200 && got.Principals == 1200 && len(got.Members) == 1000 {
				break
			}
			if time.Now().After(end) {
				b.Fatalf("%d connections of %d, %d listed", got.Connections, got.Principals, len(got.Members))
			}
		}
	})
}
