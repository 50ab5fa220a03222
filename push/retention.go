package push

import (
	"context"
	"slices"
	"time"

	"github.com/millrace/millrace/bus"
)

// How often a hub looks at the broadcast topic's settings, and how long that may take.
const (
	inspectEvery = 10 * time.Minute
	inspectLimit = 10 * time.Second
)

// inspect looks whether the broadcast topic is compacted, until ctx ends. Records would be missing between others then, and clients would not be
// told: nobody is served meanwhile.
func (h *Hub) inspect(ctx context.Context) {
	ticker := time.NewTicker(inspectEvery)
	defer ticker.Stop()
	for {
		looking, over := context.WithTimeout(ctx, inspectLimit)
		drifts, err := h.bus.Drift(looking, Define[string]("any").event)
		over()
		if err == nil { // else it is looked at again
			h.compacted(ctx, slices.ContainsFunc(drifts, func(d bus.Drift) bool { return d.Setting == "cleanup.policy" }))
		}
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

// compacted notes whether the topic is, and lets clients go where it has become so.
func (h *Hub) compacted(ctx context.Context, is bool) {
	if h.settings.compacted.Swap(is) == is {
		return
	}
	if !is {
		h.settings.logger.InfoContext(ctx, "the broadcast topic is not compacted any more: clients are served", "topic", Topic)
		return
	}
	h.settings.logger.ErrorContext(ctx, "the broadcast topic is compacted, so that clients could miss messages unseen: none are served. "+
		"Set its cleanup.policy to delete, and make it anew where records are missing already", "topic", Topic)
	h.mu.Lock()
	defer h.mu.Unlock()
	for c := range h.clients {
		c.end(whyAnew)
	}
}
