package push

import (
	"time"

	"github.com/millrace/millrace/bus"
)

// Presence lets channels be ones of which hubs know who follows them, on all hubs together: see push.presence in the package's documentation, and
// [Hub.Present]. Hubs tell each other by a topic of their own: what has changed in a record four times a second at most, and that they live in one
// every 5 seconds where nothing has.
func Presence(channels ...string) Option {
	return option(func(s *settings) {
		for _, name := range channels {
			s.present[name] = true
		}
	})
}

// spot is where somebody is present.
type spot struct {
	Tenant  string `json:"tenant,omitempty"`
	Channel string `json:"channel"`
	Key     string `json:"key,omitempty"`
}

// entry is a principal at a spot.
type entry struct {
	spot

	Principal string `json:"principal,omitempty"`
}

// change is how many connections of a principal a hub has at a spot.
type change struct {
	entry

	Count int `json:"count,omitempty"`
}

// report is what a hub tells the others.
type report struct {
	Hub string `json:"hub"`
	// Number counts a hub's reports, so that a lost one is noticed.
	Number int64 `json:"number"`
	// Whole says that the changes are all there is, with those of the reports that follow.
	Whole bool `json:"whole,omitempty"`
	// More says that these follow.
	More bool `json:"more,omitempty"`
	// Gone says that the hub stops, and Ask that it wants the others to tell all.
	Gone    bool     `json:"gone,omitempty"`
	Ask     bool     `json:"ask,omitempty"`
	Changes []change `json:"changes,omitempty"`
}

// Presences is the topic in which hubs tell each other who is present. Those with [Presence] make it where it is missing.
const Presences bus.Topic = bus.TopicPrefix + "presence"

var reports = bus.Define("push.hub.presence", func(r report) string { return r.Hub }, bus.InTopic(Presences), bus.Aggregate("presence"))

// attendance is who is present, as far as the hubs' reports have been read, those of this hub too. It changes under the hub's lock.
type attendance struct {
	self   string
	counts map[entry]int      // of this hub's connections, as they are
	dirty  map[entry]struct{} // that are not told yet
	tell   bool               // all is to be told
	ask    bool               // all hubs are to tell all

	peers    map[string]*peer
	spots    map[spot]map[string]int // connections by principal
	watchers map[spot]map[*socket]struct{}
	heard    time.Time // of this hub itself: how new what it reads is
}

// peer is a hub as its reports have it.
type peer struct {
	number int64
	heard  time.Time
	counts map[entry]int
	stale  map[entry]struct{} // that are over, unless they are told while all is
}

func newAttendance(self string) attendance {
	return attendance{
		self: self, counts: make(map[entry]int), dirty: make(map[entry]struct{}), peers: make(map[string]*peer),
		spots: make(map[spot]map[string]int), watchers: make(map[spot]map[*socket]struct{}),
	}
}

// enter counts a connection that follows something, or leaves it.
func (h *Hub) enter(c *client, f follow, count int) {
	if !h.settings.present[f.name] {
		return
	}
	a := &h.attendance
	e := entry{spot{c.tenant, f.name, f.subject}, c.principal}
	if a.counts[e] += count; a.counts[e] == 0 {
		delete(a.counts, e)
	}
	a.dirty[e] = struct{}{}
}

// movement is who has come and gone at a spot.
type movement struct{ joined, left []string }

// set notes a hub's count of a principal.
func (a *attendance) set(p *peer, e entry, count int, moved map[spot]*movement) {
	before := a.spots[e.spot][e.Principal]
	after := before + count - p.counts[e]
	if count == 0 {
		delete(p.counts, e)
	} else {
		p.counts[e] = count
	}
	if after == before {
		return
	}
	if a.spots[e.spot] == nil {
		a.spots[e.spot] = make(map[string]int)
	}
	a.spots[e.spot][e.Principal] = after
	m := moved[e.spot]
	if m == nil && len(a.watchers[e.spot]) > 0 {
		m = &movement{}
		moved[e.spot] = m
	}
	switch {
	case after == 0:
		delete(a.spots[e.spot], e.Principal)
		if len(a.spots[e.spot]) == 0 {
			delete(a.spots, e.spot)
		}
		if m != nil {
			m.left = append(m.left, e.Principal)
		}
	case before == 0 && m != nil:
		m.joined = append(m.joined, e.Principal)
	}
}

// drop forgets all of a hub.
func (a *attendance) drop(p *peer, moved map[spot]*movement) {
	for e := range p.counts {
		a.set(p, e, 0, moved)
	}
}

// follows gives a client a place in a channel. The hub's lock is held.
func (h *Hub) follows(c *client, f follow) {
	h.memory.follow(c, f)
	h.enter(c, f, 1)
}

// unfollow takes a client out of what it follows. The hub's lock is held.
func (h *Hub) unfollow(c *client, of ...follow) {
	for _, f := range c.places {
		for _, wanted := range of {
			if f.follow == wanted {
				h.enter(c, wanted, -1)
			}
		}
	}
	h.memory.leave(c, of...)
}
