//go:build synctests

package push_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/push"
)

// apart is channels of which each is in another partition.
func apart(partitions int) []push.Channel[string] {
	channels := make([]push.Channel[string], partitions)
	for i, found := 0, 0; found < partitions; i++ {
		name := fmt.Sprintf("c%d", i)
		if at := bus.PartitionFor([]byte(name), partitions); channels[at].Name() == "" {
			channels[at] = push.Define[string](name)
			found++
		}
	}
	return channels
}

func (b *bubble) receives(s *stream, want ...string) {
	b.Helper()
	for _, each := range want {
		if got, ok := s.next(); !ok || got.data != fmt.Sprintf("%q", each) {
			b.Fatalf("got %+v, %t, want %s", got, ok, each)
		}
	}
}

// arrive connects a client and returns once it is live.
func (b *bubble) arrive(hub *push.Hub, query string) *stream {
	b.Helper()
	s := b.connect(hub, query, "")
	for s.lastID == "" && s.line(&event{}) {
	}
	return s
}

func TestInterest(t *testing.T) {
	t.Parallel()
	inBubble(t, func(b *bubble) {
		const count = 8
		channels := apart(count)
		reader, metrics := measured()
		busA, _ := b.open()
		busB, _ := b.open()
		partitions, some := push.Partitions(count), push.Interest(30*time.Second)
		a, _ := b.hub(busA, partitions, some, metrics, push.WriteLimit(time.Hour)) // nobody reads for a while
		others := map[string]*push.Hub{}
		others["some"], _ = b.hub(busB, partitions, some)
		others["all"], _ = b.hub(busB, partitions)
		others["some, Kafka"], _ = b.hub(busB, partitions, some, push.History(0, 0))
		all := func(view string) {
			for _, channel := range channels {
				publish(b.T, busB, channel, "k", view)
			}
		}
		reads := func(want int64) {
			b.Helper()
			<-time.After(time.Second)
			if got := gauge(b.T, reader, "millrace.push.partitions"); got != want {
				b.Errorf("the hub reads %d partitions, want %d", got, want)
			}
		}
		reads(0)
		all("before")
		one := b.arrive(a, "channel="+channels[1].Name())
		two := b.arrive(a, "channel="+channels[2].Name()+"&channel="+channels[3].Name()+"/k")
		reads(3)
		begin, beginTwo := one.lastID, two.lastID
		all("first")
		b.receives(one, "first")
		b.receives(two, "first", "first")
		if got := gauge(b.T, reader, "millrace.push.lag"); got != 3 {
			b.Errorf("the hub has taken %d messages of which 3 are wanted", got)
		}
		all("second")
		b.receives(one, "second")
		for name, hub := range others {
			b.receives(b.connect(hub, "channel="+channels[1].Name(), begin), "first", "second")
			s, got := b.connect(hub, "channel="+channels[2].Name()+"&channel="+channels[3].Name(), beginTwo), map[string]string{}
			for range 4 {
				next, _ := s.next()
				got[next.name] += next.data
			}
			if want := `"first""second"`; got[channels[2].Name()] != want || got[channels[3].Name()] != want {
				b.Errorf("%s: got %v", name, got)
			}
			if reset, _ := b.connect(hub, "channel="+channels[5].Name(), "1-5.1").next(); reset.name != "reset" {
				b.Errorf("%s: got %+v for an id of another topic", name, reset)
			}
		}
		if reset, _ := b.connect(others["some"], "channel="+channels[6].Name(), begin).next(); reset.name != "reset" {
			b.Errorf("got %+v for an id that says nothing of the channel", reset)
		}

		s := b.arrive(a, "channel="+channels[4].Name())
		reads(4)
		at := s.lastID
		s.close()
		<-time.After(time.Minute)
		reads(3)
		all("third")
		b.receives(b.connect(a, "channel="+channels[4].Name(), at), "third")
		reads(4)
		b.receives(one, "third")
	})
}

func TestInterestGrows(t *testing.T) {
	t.Parallel()
	inBubble(t, func(b *bubble) {
		const count = 4
		on, _ := b.open()
		opts := []push.Option{push.Partitions(count), push.Interest(time.Minute), push.WriteLimit(time.Hour)}
		hub, _ := b.hub(on, opts...)
		streams, moved := map[string]*stream{}, 0
		for i := range 16 {
			name := fmt.Sprintf("c%d", i)
			streams[name] = b.arrive(hub, "channel="+name)
		}
		if _, err := b.admin.CreatePartitions(b.Context(), count, string(push.Topic)); err != nil {
			b.Fatal(err)
		}
		writer, _ := b.open()
		<-time.After(time.Second)
		for name := range streams {
			publish(b.T, writer, push.Define[string](name), "k", "while")
		}
		<-time.After(time.Minute)
		after, _ := b.hub(writer, opts...)
		for name, s := range streams {
			got, ok := s.next()
			if bus.PartitionFor([]byte(name), count) == bus.PartitionFor([]byte(name), 2*count) {
				if !ok || got.data != `"while"` {
					b.Errorf("%s has not moved: got %+v, %t", name, got, ok)
				}
				continue
			}
			if moved++; ok {
				b.Errorf("%s has moved: got %+v", name, got)
			}
			resumed := b.connect(after, "channel="+name, s.lastID)
			if got, _ := resumed.next(); got.name != "reset" {
				b.Errorf("%s has moved: resumed with %+v", name, got)
			}
			from := resumed.lastID
			publish(b.T, writer, push.Define[string](name), "k", "after")
			b.receives(resumed, "after")
			b.receives(b.connect(hub, "channel="+name, from), "after")
		}
		if moved == 0 || moved == len(streams) {
			b.Errorf("%d of %d channels have moved", moved, len(streams))
		}
	})
}

// TestInterestIsChecked refuses what would let partitions come and go.
func TestInterestIsChecked(t *testing.T) {
	t.Parallel()
	inBubble(t, func(b *bubble) {
		on, _ := b.open()
		if _, err := push.New(on, push.Interest(time.Second)); err == nil || !strings.Contains(err.Error(), "30 seconds") {
			b.Errorf("a second: %v", err)
		}
	})
}
