package push

import (
	"cmp"
	"maps"
	"slices"
)

// Census is who is connected to a hub.
type Census struct {
	Connections int `json:"connections"`
	// Formats are connections by how they are served: text/event-stream, application/x-ndjson and websocket.
	Formats map[string]int `json:"formats"`
	// Channels and Tenants are the 100 with the most connections.
	Channels []Counted `json:"channels"`
	Tenants  []Counted `json:"tenants"`
}

// Counted is how many connections something has.
type Counted struct {
	Name        string `json:"name"`
	Connections int    `json:"connections"`
}

const mostCounted = 100

// Census counts who is connected to this hub.
func (h *Hub) Census() Census {
	h.mu.Lock()
	defer h.mu.Unlock()
	formats, channels := make(map[string]int), make(map[string]int)
	for c := range h.clients {
		formats[c.format.medium()]++
	}
	for name, at := range h.memory.channels {
		if at.audience.count > 0 {
			channels[name] = at.audience.count
		}
	}
	return Census{Connections: len(h.clients), Formats: formats, Channels: counted(channels), Tenants: counted(h.tenants)}
}

func counted(by map[string]int) []Counted {
	all := make([]Counted, 0, len(by))
	for _, name := range slices.Sorted(maps.Keys(by)) {
		all = append(all, Counted{name, by[name]})
	}
	slices.SortStableFunc(all, func(a, b Counted) int { return cmp.Compare(b.Connections, a.Connections) })
	return all[:min(len(all), mostCounted)]
}
