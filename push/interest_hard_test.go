//go:build synctests

package push_test

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/push"
)

// produce writes a record to a partition, in a transaction that stays open or outside of any.
func (b *bubble) produce(partition int32, open bool, headers ...kgo.RecordHeader) {
	b.Helper()
	opts := []kgo.Opt{kgo.SeedBrokers(b.address), kgo.Dialer(b.network.DialContext), kgo.RecordPartitioner(kgo.ManualPartitioner())}
	if open {
		opts = append(opts, kgo.TransactionalID("tx"), kgo.TransactionTimeout(5*time.Minute))
	}
	client, err := kgo.NewClient(opts...)
	if err != nil {
		b.Fatal(err)
	}
	b.ends = append(b.ends, client.Close)
	if open {
		if err := client.BeginTransaction(); err != nil {
			b.Fatal(err)
		}
	}
	record := &kgo.Record{Topic: string(push.Topic), Partition: partition, Key: []byte("k"), Value: []byte(`"stray"`), Headers: headers}
	if err := client.ProduceSync(b.Context(), record).FirstErr(); err != nil {
		b.Fatal(err)
	}
}

// TestInterestIDsHoldElsewhere takes ids to hubs that read other partitions, where the beginning of all of them was removed.
func TestInterestIDsHoldElsewhere(t *testing.T) {
	t.Parallel()
	inBubble(t, func(b *bubble) {
		const count = 4
		channels, on := apart(count), func() *bus.Bus { opened, _ := b.open(); return opened }
		some, _ := b.hub(on(), push.Partitions(count), push.Interest(time.Minute), push.WriteLimit(time.Hour))
		offsets, writer := make(kadm.Offsets), on()
		for partition := range int32(count) {
			publish(b.T, writer, channels[partition], "k", "old", "old", "old")
			offsets.Add(kadm.Offset{Topic: string(push.Topic), Partition: partition, At: 2})
		}
		if _, err := b.admin.DeleteRecords(b.Context(), offsets); err != nil {
			b.Fatal(err)
		}
		full, _ := b.hub(on(), push.Partitions(count), push.WriteLimit(time.Hour))
		one := "channel=" + channels[1].Name()
		ids := map[string]string{"some": b.arrive(some, one).lastID, "full": b.arrive(full, one).lastID}
		publish(b.T, writer, channels[1], "k", "1", "2")
		for from, id := range ids {
			b.receives(b.connect(some, one, id), "1", "2")
			b.receives(b.connect(full, one, id), "1", "2")
			both := one + "&channel=" + channels[2].Name()
			if got, _ := b.connect(full, both, id).next(); (got.name == "reset") != (from == "some") {
				b.Errorf("an id of the hub %q with another channel: got %+v", from, got)
			}
		}
	})
}

// TestInterestReplaysAcross resumes clients of two partitions, of which one was not read, and is empty, while the other's messages came.
func TestInterestReplaysAcross(t *testing.T) {
	t.Parallel()
	inBubble(t, func(b *bubble) {
		const count = 4
		channels := apart(count)
		on, _ := b.open()
		opts := []push.Option{push.Partitions(count), push.Interest(time.Minute), push.WriteLimit(time.Hour)}
		hub, _ := b.hub(on, opts...)
		other, _ := b.hub(on, opts...)
		both := "channel=" + channels[1].Name() + "&channel=" + channels[2].Name()
		at := b.arrive(other, both).lastID
		b.arrive(hub, "channel="+channels[1].Name())
		want := []string{"0", "1", "2", "3", "4"}
		publish(b.T, on, channels[1], "k", want...)
		<-time.After(time.Second)
		for i := range want[1:] {
			s := b.connect(hub, both, at)
			b.receives(s, want[:i+1]...)
			b.receives(b.connect(hub, both, s.lastID), want[i+1:]...)
		}
	})
}

func TestInterestPassesStrays(t *testing.T) {
	t.Parallel()
	inBubble(t, func(b *bubble) {
		const count = 4
		channels := apart(count)
		on, _ := b.open()
		hub, _ := b.hub(on, push.Partitions(count), push.Interest(time.Minute), push.History(1, time.Hour), push.WriteLimit(time.Hour))
		one, beside := "channel="+channels[1].Name(), b.arrive(hub, "channel="+channels[2].Name())
		s := b.arrive(hub, one)
		begin, earlier := s.lastID, b.arrive(hub, one+"&channel="+channels[2].Name()).lastID
		b.produce(2, false, kgo.RecordHeader{Key: "ce_specversion", Value: []byte("1.0")}, kgo.RecordHeader{Key: "ce_id", Value: []byte("1")},
			kgo.RecordHeader{Key: "ce_source", Value: []byte("x")},
			kgo.RecordHeader{Key: "ce_type", Value: []byte("push.broadcast." + channels[1].Name())})
		publish(b.T, on, channels[2], "k", "after")
		b.receives(beside, "after")
		publish(b.T, on, channels[1], "k", "0", "1", "2")
		b.receives(s, "0", "1", "2")
		b.receives(b.connect(hub, one, begin), "0", "1", "2")

		both := one + "&channel=" + channels[2].Name() // whose page has the stray
		kafka, _ := b.hub(on, push.Partitions(count), push.Interest(time.Minute), push.History(0, 0), push.WriteLimit(time.Hour))
		s, got := b.connect(kafka, both, earlier), make(map[string]int)
		for range 4 {
			next, _ := s.next()
			got[next.data]++
		}
		if got[`"stray"`] > 0 || len(got) != 4 {
			b.Errorf("resumed with %v", got)
		}
	})
}

// TestInterestBesideOpenTransaction follows channels while a transaction is open in the partition of one.
func TestInterestBesideOpenTransaction(t *testing.T) {
	t.Parallel()
	inBubble(t, func(b *bubble) {
		channels := apart(4)
		on, _ := b.open()
		hub, _ := b.hub(on, push.Partitions(4), push.Interest(time.Minute), push.WriteLimit(time.Hour))
		b.produce(2, true)
		for _, partition := range []int{2, 1} {
			resp, _ := b.ask(hub, "channel="+channels[partition].Name(), "") //nolint:bodyclose // it does
			if resp.StatusCode != http.StatusOK {
				b.Errorf("partition %d: %d", partition, resp.StatusCode)
			}
		}
	})
}

// TestInterestMovesToOldPlaces adds partitions so that a channel moves to one that there was, and which is read before that is noticed.
func TestInterestMovesToOldPlaces(t *testing.T) {
	t.Parallel()
	inBubble(t, func(b *bubble) {
		on, _ := b.open()
		hub, _ := b.hub(on, push.Partitions(4), push.Interest(time.Minute), push.WriteLimit(time.Hour), push.History(0, 0))
		place := func(name string, count int) bus.Partition { return bus.PartitionFor([]byte(name), count) }
		named := func(fits func(name string) bool) string {
			for i := 0; ; i++ {
				if name := fmt.Sprintf("c%d", i); fits(name) {
					return name
				}
			}
		}
		name := named(func(name string) bool { return place(name, 6) < 4 && place(name, 6) != place(name, 4) })
		stays := named(func(other string) bool { return place(other, 4) == place(name, 6) && place(other, 6) == place(name, 6) })
		s := b.arrive(hub, "channel="+name)
		if _, err := b.admin.CreatePartitions(b.Context(), 2, string(push.Topic)); err != nil {
			b.Fatal(err)
		}
		writer, _ := b.open()
		<-time.After(100 * time.Millisecond)
		moved := push.Define[string](name)
		publish(b.T, writer, moved, "k", "1", "2", "3")
		b.arrive(hub, "channel="+stays)
		publish(b.T, writer, moved, "k", "4")
		for _, more := s.next(); more; _, more = s.next() {
		}
		if got, _ := b.connect(hub, "channel="+name, s.lastID).next(); got.name != "reset" {
			b.Errorf("resumed with %+v", got)
		}
	})
}
