//go:build synctests

package push_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
)

// viewer is a client of the simulation, and what it knows of each channel.
type viewer struct {
	w        *world
	name     int
	channels []int
	mu       sync.Mutex
	next     map[int]int  // the message that comes next
	anew     map[int]bool // its state was loaded anew: next is the newest that may come next
	lastID   string
	got      int
	resets   int
}

func newViewer(w *world, name int) *viewer {
	v := &viewer{w: w, name: name, channels: w.chance.Perm(worldChannels)[:1+name%worldChannels]}
	v.load()
	return v
}

// load is what a client does after a reset: it reads the state.
func (v *viewer) load() {
	v.w.mu.Lock()
	defer v.w.mu.Unlock()
	v.next, v.anew = map[int]int{}, map[int]bool{}
	for _, channel := range v.channels {
		v.next[channel], v.anew[channel] = v.w.sent[channel], true
	}
}

func (v *viewer) live(ctx context.Context) {
	var query []string
	for _, channel := range v.channels {
		query = append(query, fmt.Sprintf("channel=c%d", channel))
	}
	for ctx.Err() == nil {
		stay := rand.N(5 * time.Minute)
		v.w.mu.Lock()
		if v.w.finished {
			stay = time.Hour
		}
		v.w.mu.Unlock()
		if v.lastID == "" {
			v.load()
		}
		connected, cut := context.WithTimeout(ctx, stay)
		resp, over := v.w.request(connected, v.w.anyHub(), strings.Join(query, "&"), v.lastID)
		if resp.StatusCode == http.StatusOK {
			s := newStream(v.w.T, resp, v.lastID)
			end := context.AfterFunc(connected, func() { _ = resp.Body.Close() })
			for got, ok := s.next(); ok && v.receive(got); got, ok = s.next() {
				if chance := rand.IntN(100); chance == 0 {
					<-time.After(rand.N(15 * time.Second))
				} else if chance < 5 {
					break // in the middle of whatever is being sent
				}
			}
			v.lastID = s.lastID
			end()
			_ = resp.Body.Close()
		}
		cut()
		<-over
		select {
		case <-ctx.Done():
		case <-time.After(rand.N(10 * time.Second)):
		}
	}
}

// receive takes one event, and says whether it may come now.
func (v *viewer) receive(got event) bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.got++
	if got.name == "reset" {
		v.resets++
		v.load()
		return true
	}
	channel, errName := strconv.Atoi(strings.TrimPrefix(got.name, "c"))
	n, err := strconv.Atoi(got.data)
	next, known := v.next[channel]
	if err != nil || errName != nil || !known || (n != next && !v.anew[channel]) || n > next {
		v.w.Errorf("client %d got %+v; channel %d is at %d, anew %t", v.name, got, channel, next, v.anew[channel])
		return false
	}
	v.next[channel], v.anew[channel] = n+1, false
	return true
}

// check holds that the client has seen the end of each channel.
func (v *viewer) check() {
	v.mu.Lock()
	defer v.mu.Unlock()
	for channel, next := range v.next {
		if sent := v.w.sent[channel]; next != sent {
			v.w.Errorf("client %d is at %d of %d in channel %d, at id %s", v.name, next, sent, channel, v.lastID)
		}
	}
	v.w.Logf("client %d saw %d events and %d resets", v.name, v.got, v.resets)
}
