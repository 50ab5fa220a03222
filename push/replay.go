package push

import (
	"cmp"
	"slices"
)

// replay collects what the client's channels hold behind where it is, in the order in which the hub took it. A message's own id is that of all who
// receive it. While this hub had not yet come as far as the client was in every partition, it would take the client back: it gets the union of the
// two. And while the hub read other partitions than now, it says of what is read anew that it was read before: it gets where the client is.
func (r *resumption) replay() []*frame {
	h, c, at := r.hub, r.client, r.from.clone()
	missed := r.missed()
	frames := make([]*frame, 0, len(missed))
	passed := false
	for _, m := range missed {
		if passed {
			frames = append(frames, m.frame(c.format))
			continue
		}
		at.offsets[m.partition] = m.offset
		id := at
		if m.reading == h.interest.reading {
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
		for _, m := range r.hub.memory.after(wanted.name, r.from) {
			if r.client.may(m) && (wanted.subject == "" || wanted.subject == m.subject) {
				missed = append(missed, m)
			}
		}
	}
	slices.SortFunc(missed, func(a, b *message) int { return cmp.Compare(a.order, b.order) })
	return missed
}
