package push

import (
	"cmp"
	"slices"
)

// mostOwn is how many bytes of a replay are framed for one client alone, about. More are read from Kafka, in pages.
const mostOwn = 64 << 10

// replay collects what the client's channels hold behind where it is, in the order in which the hub took it. A message's own id is that of all who
// receive it. While this hub had not yet come as far as the client was in every partition, it would take the client back: it gets the union of the
// two. And before the hub began to read all of these partitions, it says nothing of some, or that was read which is read anew: it gets where the
// client is.
func (r *resumption) replay(missed []*message) []*frame {
	h, c, at := r.hub, r.client, r.from.clone()
	frames := make([]*frame, 0, len(missed))
	newest, passed := h.interest.newest(r.scope), false
	for _, m := range missed {
		if passed {
			frames = append(frames, m.frame(c.format))
			continue
		}
		at.offsets[m.partition] = m.offset
		id := at
		if m.reading >= newest {
			if of, err := parsePosition(m.id); err == nil {
				passed = !of.behind(at)
				id = of.union(at)
			}
		}
		frames = append(frames, frameOf(c.format.framing().message(m, id.String())))
	}
	return frames
}

// missed is what the client has missed of what is held.
func (r *resumption) missed() (missed []*message) {
	for _, wanted := range r.channels {
		for _, m := range r.hub.memory.after(wanted.name, r.from, r.scope) {
			if r.client.may(m) && (wanted.subject == "" || wanted.subject == m.subject) {
				missed = append(missed, m)
			}
		}
	}
	slices.SortFunc(missed, func(a, b *message) int { return cmp.Compare(a.order, b.order) })
	return missed
}

// costs is about how many bytes of a replay are framed for the client alone, since they were taken before all was read that it needs.
func (r *resumption) costs(missed []*message) (bytes int) {
	newest := r.hub.interest.newest(r.scope)
	for _, m := range missed {
		if m.reading < newest {
			bytes += m.size()
		}
	}
	return bytes
}
