package push

import (
	"context"
	"encoding/json"
	"maps"
	"net/http"
	"slices"

	"github.com/millrace/millrace/push/internal/jsonrpc"
	"github.com/millrace/millrace/request"
)

// Attendance is who follows a channel or one of its keys, on all hubs together.
type Attendance struct {
	// Connections are all, and Members who they are of, the first 1,000 by name; connections without a principal are of "".
	Connections int               `json:"connections"`
	Principals  int               `json:"principals"`
	Members     map[string]Member `json:"members"`
}

// Member is how somebody is present.
type Member struct {
	Connections int `json:"connections"`
}

// mostMembers bounds the members that are listed.
const mostMembers = 1000

// Present is who of a tenant follows a channel of [Presence], or one of its keys where that is given, as far as this hub knows: what happens on
// another hub is known after a second, and that one has died after 16 seconds.
func (h *Hub) Present(t request.Tenant, channel, key string) Attendance {
	h.mu.Lock()
	there := maps.Clone(h.attendance.spots[spot{string(t), channel, key}])
	h.mu.Unlock()
	return attending(there)
}

// attending is what is told of who is there.
func attending(there map[string]int) Attendance {
	found := Attendance{Principals: len(there), Members: make(map[string]Member, min(len(there), mostMembers))}
	for _, principal := range slices.Sorted(maps.Keys(there)) {
		found.Connections += there[principal]
		if len(found.Members) < mostMembers {
			found.Members[principal] = Member{there[principal]}
		}
	}
	return found
}

// present answers with who is present at a channel, and tells of changes from then on, or until it is told not to.
func (s *socket) present(c *call) error {
	_, f, err := placed(c)
	var with struct {
		Watch *bool `json:"watch"`
	}
	if err == nil && json.Unmarshal(c.Params, &with) != nil {
		err = &paramsError{c.Method}
	}
	switch {
	case err != nil:
		return err
	case !s.hub.settings.present[f.name]:
		return &Problem{Status: http.StatusNotFound, Detail: "nobody notes who follows " + f.name}
	case !allows(s.grant.Load().Present, f):
		return &Problem{Status: http.StatusForbidden, Detail: "who follows " + f.String() + " may not be asked for"}
	}
	if with.Watch != nil {
		if err := s.watch(spot{s.tenant, f.name, f.subject}, *with.Watch); err != nil {
			return err
		}
	}
	answer, err := json.Marshal(s.hub.Present(request.Tenant(s.tenant), f.name, f.subject))
	if err != nil {
		return err //nolint:wrapcheck // it has nothing that fails
	}
	c.answer(jsonrpc.Result(c.ID, answer))
	return nil
}

// watch lets a connection be told of who comes and goes somewhere, or no more.
func (s *socket) watch(at spot, on bool) error {
	h := s.hub
	h.mu.Lock()
	defer h.mu.Unlock()
	switch {
	case !on:
		h.unwatch(s, at)
	case !s.live() || slices.Contains(s.watches, at):
	case len(s.watches) >= h.settings.channels:
		return &Problem{Status: http.StatusTooManyRequests, Detail: "the connection watches as much as it may"}
	default:
		if h.attendance.watchers[at] == nil {
			h.attendance.watchers[at] = make(map[*socket]struct{})
		}
		h.attendance.watchers[at][s] = struct{}{}
		s.watches = append(s.watches, at)
	}
	return nil
}

// unwatch lets a connection watch something no more. The hub's lock is held.
func (h *Hub) unwatch(s *socket, spots ...spot) {
	for _, at := range spots {
		delete(h.attendance.watchers[at], s)
		if len(h.attendance.watchers[at]) == 0 {
			delete(h.attendance.watchers, at)
		}
	}
	s.watches = slices.DeleteFunc(s.watches, func(at spot) bool { return slices.Contains(spots, at) })
}

// moves is what watchers are told.
type moves struct {
	Channel string   `json:"channel"`
	Key     string   `json:"key,omitempty"`
	Joined  []string `json:"joined,omitempty"`
	Left    []string `json:"left,omitempty"`
}

const tellPresence = "push.presence"

// tellWatchers tells those who watch of who has come and gone, once for all of them. The hub's lock is held.
func (h *Hub) tellWatchers(ctx context.Context, moved map[spot]*movement) {
	for at, m := range moved {
		if len(m.joined)+len(m.left) == 0 {
			continue
		}
		params, err := json.Marshal(moves{at.Channel, at.Key, m.joined, m.left})
		if err != nil {
			continue // it has nothing that fails
		}
		f := frameOf(tell(tellPresence, params))
		for s := range h.attendance.watchers[at] {
			s.send(ctx, f)
		}
	}
}
