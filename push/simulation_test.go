//go:build synctests

package push_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/push"
)

// TestSimulation lets hubs stop and start, lose Kafka and forget, Kafka delete what is old and the whole topic, and
// clients come and go, all by chance. Whatever a client saw is without gaps and in order, but for the resets that it
// was told of; and in the end it has seen the last message. MILLRACE_SEED repeats a run's choices.
func TestSimulation(t *testing.T) {
	t.Parallel()
	seeds := []uint64{rand.Uint64(), rand.Uint64()}
	if given, err := strconv.ParseUint(os.Getenv("MILLRACE_SEED"), 10, 64); err == nil {
		seeds = []uint64{given}
	}
	for _, seed := range seeds {
		t.Run(strconv.FormatUint(seed, 10), func(t *testing.T) {
			t.Parallel()
			inBubble(t, func(b *bubble) { newWorld(b, seed).run() })
		})
	}
}

const worldChannels = 4

// world is what a simulation changes.
type world struct {
	*bubble
	chance   *rand.Rand
	mu       sync.Mutex
	hubs     []*worldHub
	sent     [worldChannels]int // how many messages each channel has
	writer   *bus.Bus
	channels [worldChannels]push.Channel[int]
	finished bool
}

// worldHub is a hub and how to disturb it.
type worldHub struct {
	hub  *push.Hub
	stop func()
	wire *wire
}

func newWorld(b *bubble, seed uint64) *world {
	w := &world{bubble: b, chance: rand.New(rand.NewPCG(seed, 0))}
	w.writer, _ = b.open()
	for i := range w.channels {
		w.channels[i] = push.Define[int](fmt.Sprintf("c%d", i))
	}
	for range 3 {
		w.hubs = append(w.hubs, w.startHub())
	}
	return w
}

func (w *world) startHub() *worldHub {
	on, wire := w.open()
	opts := []push.Option{push.Partitions(3), push.KeepAlive(time.Duration(1 + w.chance.Int64N(int64(15*time.Second))))}
	if w.chance.IntN(2) == 0 {
		opts = append(opts, push.History(w.chance.IntN(20), time.Hour))
	}
	if w.chance.IntN(4) == 0 {
		opts = append(opts, push.Queue(1+w.chance.IntN(20), 1<<20))
	}
	if w.chance.IntN(4) == 0 {
		opts = append(opts, push.ReadBack(w.chance.IntN(50)))
	}
	if w.chance.IntN(3) == 0 {
		opts = append(opts, push.Interest(30*time.Second))
	}
	hub, stop := w.hub(on, opts...)
	return &worldHub{hub, stop, wire}
}

func (w *world) run() {
	ctx, stop := context.WithCancel(w.Context())
	var clients sync.WaitGroup
	seen := make([]*viewer, 8)
	for i := range seen {
		seen[i] = newViewer(w, i)
		clients.Go(func() { seen[i].live(ctx) })
	}
	for range 150 {
		w.act()
		<-time.After(time.Duration(w.chance.Int64N(int64(20 * time.Second))))
	}
	w.mu.Lock()
	w.finished = true
	for _, h := range w.hubs {
		h.wire.set(false)
	}
	w.mu.Unlock()
	<-time.After(5 * time.Minute)
	for i := range w.channels {
		w.send(i, 1)
	}
	<-time.After(5 * time.Minute)
	for _, v := range seen {
		v.check()
	}
	stop()
	clients.Wait()
}

func (w *world) send(channel, n int) {
	w.mu.Lock()
	views := make([]int, n)
	for i := range views {
		views[i] = w.sent[channel]
		w.sent[channel]++
	}
	w.mu.Unlock()
	if err := w.channels[channel].Publish(w.Context(), w.writer, "k", views...).Err(); err != nil {
		w.Error(err)
	}
}

// act does one thing by chance.
func (w *world) act() {
	at := w.chance.IntN(len(w.hubs))
	switch n := w.chance.IntN(100); {
	case n < 60:
		w.send(w.chance.IntN(worldChannels), 1+w.chance.IntN(25))
	case n < 75:
		w.hubs[at].wire.set(true)
	case n < 88:
		w.hubs[at].wire.set(false)
	case n < 94:
		w.hubs[at].wire.set(false)
		w.hubs[at].stop()
		started := w.startHub()
		w.mu.Lock()
		w.hubs[at] = started
		w.mu.Unlock()
	case n < 99:
		w.deleteSome()
	default:
		w.deleteTopic()
	}
}

// deleteSome removes old records, as retention does.
func (w *world) deleteSome() {
	ends, err := w.admin.ListEndOffsets(w.Context(), string(push.Topic))
	if err != nil {
		w.Fatal(err)
	}
	offsets := make(kadm.Offsets)
	ends.Each(func(end kadm.ListedOffset) {
		offsets.Add(kadm.Offset{Topic: end.Topic, Partition: end.Partition, At: w.chance.Int64N(end.Offset + 1)})
	})
	_, _ = w.admin.DeleteRecords(w.Context(), offsets)
}

func (w *world) deleteTopic() {
	for _, h := range w.hubs {
		h.wire.set(false)
	}
	if _, err := w.admin.DeleteTopics(w.Context(), string(push.Topic)); err != nil {
		w.Fatal(err)
	}
	<-time.After(time.Minute)
	w.writer, _ = w.open()
}

// anyHub chooses where a client connects.
func (w *world) anyHub() *push.Hub {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.hubs[rand.IntN(len(w.hubs))].hub
}
