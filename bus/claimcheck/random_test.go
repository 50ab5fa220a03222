package claimcheck_test

import (
	"math/rand/v2"
	"slices"
	"sync"
	"testing"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/bus/bustest"
	"github.com/millrace/millrace/bus/claimcheck"
	"github.com/millrace/millrace/bus/claimcheck/claimchecktest"
)

const (
	retries = bus.Topic("mailer.retry")
	letters = bus.Topic("mailer.dlq")
)

// office publishes, fails, tries again, gives up and redrives at random, and its topics let go of what has moved on, while collectors run.
type office struct {
	*testing.T
	random *rand.Rand
	store  claimchecktest.Memory
	codec  bus.Codec[scan]
	bus    *bus.Bus
	admin  *kadm.Client
	// lives are the records that somebody will still read, by topic; waiting are encoded and not published yet, as rows of an outbox.
	lives   map[bus.Topic][]bus.Record
	waiting []bus.Record
	// aging keeps collections from seeing time jump.
	aging sync.RWMutex
}

func newOffice(t *testing.T, seed uint64) *office {
	t.Helper()
	o := &office{T: t, random: rand.New(rand.NewPCG(seed, 0)), lives: map[bus.Topic][]bus.Record{}}
	o.codec = checked(t, &o.store)
	address := bustest.Broker(t)
	var err error
	if o.bus, err = bus.Open(t.Context(), address); err != nil {
		t.Fatal(err)
	}
	client, err := kgo.NewClient(kgo.SeedBrokers(address[len("kafka://"):]))
	if err != nil {
		t.Fatal(err)
	}
	o.admin = kadm.NewClient(client)
	t.Cleanup(func() {
		client.Close()
		if err := o.bus.Close(); err != nil {
			t.Error(err)
		}
	})
	for _, name := range []bus.Topic{topic, retries, letters} {
		if err := o.bus.Create(t.Context(), bus.TopicSpec{Name: name, Partitions: 1}); err != nil {
			t.Fatal(err)
		}
	}
	return o
}

// put publishes a record as it is, and notes where it stands.
func (o *office) put(record bus.Record, to bus.Topic) {
	o.Helper()
	record.Topic = to
	results := o.bus.Publish(o.Context(), record.Message())
	if err := results.Err(); err != nil {
		o.Fatal(err)
	}
	record.Offset = results[0].Offset
	o.lives[to] = append(o.lives[to], record)
}

// move takes any record that lives in a topic to another one.
func (o *office) move(from, to bus.Topic) {
	o.Helper()
	if n := len(o.lives[from]); n > 0 {
		at := o.random.IntN(n)
		record := o.lives[from][at]
		o.put(record, to)
		o.lives[from] = slices.Delete(o.lives[from], at, at+1)
	}
}

// trim lets a topic forget what stands before the first record that lives in it.
func (o *office) trim(name bus.Topic) {
	o.Helper()
	info, err := o.bus.Topics(o.Context(), name)
	if err != nil {
		o.Fatal(err)
	}
	first := info[0].Partitions[0].End
	for _, record := range o.lives[name] {
		first = min(first, record.Offset)
	}
	offsets := kadm.Offsets{}
	offsets.AddOffset(string(name), 0, first, -1)
	if answers, err := o.admin.DeleteRecords(o.Context(), offsets); err != nil || answers.Error() != nil {
		o.Fatal(err, answers.Error())
	}
}

func (o *office) step() {
	o.Helper()
	switch o.random.IntN(12) {
	case 0, 1, 2:
		records, err := bus.Encode(of(o.Context(), "acme"), scanned().Encoded(o.codec).New(large("acme")))
		if err != nil {
			o.Fatal(err)
		}
		o.waiting = append(o.waiting, records...)
	case 3, 4:
		for _, record := range o.waiting {
			o.put(record, topic)
		}
		o.waiting = nil
	case 5, 6:
		o.move(topic, retries)
	case 7:
		o.move(retries, letters)
	case 8:
		o.move(letters, retries)
	case 9:
		o.trim([]bus.Topic{topic, retries, letters}[o.random.IntN(3)])
	default:
		if len(o.waiting) == 0 {
			o.aging.Lock()
			o.store.Age(hours)
			o.aging.Unlock()
		}
	}
}

// lost are the records that live and whose payloads cannot be read.
func (o *office) lost() (lost int) {
	for _, records := range o.lives {
		for _, record := range records {
			if _, err := o.codec.Decode(record.Value); err != nil {
				lost++
			}
		}
	}
	return lost
}

func (o *office) collect(opts ...claimcheck.CollectorOption) error {
	o.aging.RLock()
	defer o.aging.RUnlock()
	_, err := collect(o.T, o.bus, &o.store, opts...)
	return err
}

// work lets collections run beside the steps, and says how many payloads of records that live were lost.
func (o *office) work(steps int, opts ...claimcheck.CollectorOption) int {
	o.Helper()
	done, ended := make(chan struct{}), make(chan int, 1)
	go func() {
		collections := 0
		for {
			select {
			case <-done:
				ended <- collections
				return
			default:
			}
			if err := o.collect(opts...); err == nil { // topics that forget again and again fail a collection, which deletes nothing
				collections++
			}
		}
	}()
	for range steps {
		o.step()
	}
	close(done)
	o.Logf("%d collections beside %d steps", <-ended, steps)
	for _, record := range o.waiting {
		o.put(record, topic)
	}
	o.trim(topic)
	o.store.Age(hours)
	if err := o.collect(opts...); err != nil {
		o.Fatal(err)
	}
	return o.lost()
}

// referred are the ids in what the topics still keep.
func (o *office) referred() map[string]bool {
	o.Helper()
	found := map[string]bool{}
	for _, name := range []bus.Topic{topic, retries, letters} {
		for record, err := range o.bus.Read(o.Context(), name, bus.Earliest, bus.UntilEnd()) {
			r, _, errParse := claimcheck.ParseReference(record.Value)
			if err != nil || errParse != nil {
				o.Fatal(err, errParse)
			}
			found[r.Key] = true
		}
	}
	return found
}
