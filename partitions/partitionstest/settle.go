package partitionstest

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/millrace/millrace/bus"
)

const (
	settledFor   = 500 * time.Millisecond
	settledLimit = 3 * time.Minute
	settledPoll  = 25 * time.Millisecond
)

// Settle returns when the groups have handled all that there is to handle: their running nodes are members and nobody
// waits for a dead one, the committed offsets are at the ends of all inputs, no transaction is open, and all that has
// been so for half a second. What handlers have begun with [partitions.Tx.Go] and timers that are not due are not waited
// for: see [World.Advance]. It takes as much virtual time as the groups take, a session timeout after a crash. A group
// that does not get there within three minutes fails the test with the reason.
func (w *World) Settle() {
	w.t.Helper()
	w.until(settledFor, w.progress)
}

// Advance lets virtual time pass: what falls due in it begins, and [World.Settle] waits for its end. An hour of one node
// takes the machine about two seconds.
func (w *World) Advance(d time.Duration) { time.Sleep(d) }

// until waits until look has found nothing wrong, and the same, for a while.
func (w *World) until(quiet time.Duration, look func() (seen, wrong string)) {
	w.t.Helper()
	began := time.Now()
	since, last := began, ""
	for {
		seen, wrong := look()
		if wrong != "" || seen != last {
			since, last = time.Now(), seen
		}
		if wrong == "" && time.Since(since) >= quiet {
			return
		}
		if time.Since(began) > settledLimit {
			w.t.Fatalf("after %s: %s", settledLimit, cmp.Or(wrong, "there is no end of changes"))
		}
		time.Sleep(settledPoll)
	}
}

// progress is where everything is, and what is not done yet.
func (w *World) progress() (seen, wrong string) {
	var b strings.Builder
	topics, err := w.admin.ListTopics(w.t.Context())
	if err != nil {
		w.t.Fatalf("list topics: %v", err)
	}
	for _, topic := range topics.Names() {
		for _, p := range w.cluster.PartitionInfos(topic) {
			if p.LastStableOffset < p.HighWatermark {
				return "", fmt.Sprintf("a transaction is open in %s/%d", topic, p.Partition)
			}
			fmt.Fprintln(&b, topic, p.Partition, p.HighWatermark)
		}
	}
	for _, n := range w.nodes {
		if n.report() {
			w.t.FailNow()
		}
	}
	for _, g := range w.groups {
		members, wrong := g.membership()
		if wrong == "" {
			wrong = g.behind()
		}
		if wrong != "" {
			return "", wrong
		}
		fmt.Fprintln(&b, members)
	}
	return b.String(), ""
}

// place is an offset that a group has committed.
type place struct {
	topic     string
	partition int32
	committed int64
}

// behind is what there is between a committed offset and an end.
type behind struct {
	end  int64
	more bool
}

// behind says what the group has not handled yet.
func (g *Group) behind() string {
	w := g.world
	w.t.Helper()
	info := g.info()
	if info == nil {
		return ""
	}
	inputs := make(map[string]bool)
	for topic := range info.Commits {
		inputs[topic] = true
	}
	for _, m := range info.Members {
		for _, topic := range m.SubscribedTopics {
			inputs[topic] = true
		}
	}
	for topic := range inputs {
		for _, p := range w.cluster.PartitionInfos(topic) {
			c, committed := info.Commits[topic][p.Partition]
			if !committed {
				return fmt.Sprintf("%s has committed nothing in %s/%d", g.name, topic, p.Partition)
			}
			if at := (place{topic, p.Partition, c.Offset}); c.Offset < p.HighWatermark && w.holds(at, p.HighWatermark) {
				return fmt.Sprintf("%s has committed offset %d of %d in %s/%d%s", g.name, c.Offset, p.HighWatermark, topic, p.Partition, g.nobody())
			}
		}
	}
	return ""
}

func (g *Group) nobody() string {
	if slices.ContainsFunc(g.nodes, (*Node).up) {
		return ""
	}
	return ", and none of its nodes runs"
}

// holds says whether there is a record behind a committed offset: markers of transactions take offsets too.
func (w *World) holds(at place, end int64) bool {
	if known := w.read[at]; known.more || known.end >= end {
		return known.more
	}
	partition := bus.Partition(at.partition)
	from := bus.From(map[bus.Partition]int64{partition: at.committed})
	more := false
	for _, err := range w.bus.Read(w.t.Context(), bus.Topic(at.topic), from, bus.Only(partition), bus.UntilEnd()) {
		if err != nil {
			w.t.Fatalf("read %s: %v", at.topic, err)
		}
		more = true
		break
	}
	w.read[at] = behind{end, more}
	return more
}
