package push

import (
	"time"

	"github.com/millrace/millrace/bus"
)

// message is one broadcast record, framed once for all who receive it.
type message struct {
	order     uint64
	channel   string
	subject   string
	tenant    string
	partition bus.Partition
	offset    int64
	time      time.Time
	frame     []byte
}

// history holds a channel's newest messages, and knows from where on it holds all.
type history struct {
	messages []*message
	bytes    int
	trimmed  bool
	// floor is, for each partition, the offset behind which every message of the channel is held.
	floor map[bus.Partition]int64
}

// limits bound one channel's history.
type limits struct {
	count int
	bytes int
	age   time.Duration
}

func (h *history) add(m *message, l limits) {
	h.messages = append(h.messages, m)
	h.bytes += len(m.frame)
	h.trim(l, m.time)
}

// trim drops what is too much or too old.
func (h *history) trim(l limits, now time.Time) {
	drop := 0
	for drop < len(h.messages) {
		oldest := h.messages[drop]
		if len(h.messages)-drop <= l.count && h.bytes <= l.bytes && now.Sub(oldest.time) <= l.age {
			break
		}
		h.floor[oldest.partition] = max(h.floorOf(oldest.partition), oldest.offset)
		h.trimmed = true
		h.bytes -= len(oldest.frame)
		drop++
	}
	if drop > 0 {
		h.messages = append([]*message(nil), h.messages[drop:]...)
	}
}

func (h *history) floorOf(partition bus.Partition) int64 {
	if floor, ok := h.floor[partition]; ok {
		return floor
	}
	return -1
}

// covers says whether everything behind p is held.
func (h *history) covers(p position) bool {
	for partition, floor := range h.floor {
		if p.at(partition) < floor {
			return false
		}
	}
	return true
}

// after returns the messages behind p.
func (h *history) after(p position) []*message {
	var after []*message
	for _, m := range h.messages {
		if m.offset > p.at(m.partition) {
			after = append(after, m)
		}
	}
	return after
}
