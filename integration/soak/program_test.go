package soak_test

import (
	"strconv"
	"strings"
	"time"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/partitions"
)

const (
	group   = "soak"
	shards  = 6
	session = 6 * time.Second
	// timerAfter is when a record's own timer fires, idleAfter when its key's does, unless another record of the key comes.
	timerAfter = 2 * time.Second
	idleAfter  = 5 * time.Second
	// timerEvery is which records have a timer of their own.
	timerEvery = 10
)

// step is one record of the input. N counts the steps that were sent for the key.
type step struct {
	Key  string `json:"key"`
	N    int64  `json:"n"`
	Sent int64  `json:"sent,omitempty"` // in milliseconds since 1970
}

// place is where in a shard something was done, and under which token.
type place struct {
	Shard int32 `json:"shard"`
	Token int64 `json:"token"`
}

// counted is the effect of a step.
type counted struct {
	place
	Key    string `json:"key"`
	Count  int64  `json:"count"`
	Offset int64  `json:"offset"` // of the step
	Sent   int64  `json:"sent,omitempty"`
}

// fired is a step's timer that has fired.
type fired struct {
	place
	Key    string    `json:"key"`
	Offset int64     `json:"offset"`
	Due    time.Time `json:"due"`
	At     time.Time `json:"at"`
}

// idled says that no step has come for a key since it had this count.
type idled struct {
	place
	Key   string `json:"key"`
	Count int64  `json:"count"`
}

// row is the state of a key.
type row struct {
	Count int64 `json:"count"`
	Token int64 `json:"token"`
}

const (
	inputs  bus.Topic = "soak.inputs"
	outputs bus.Topic = "soak.outputs"
)

var (
	stepped   = bus.Define("soak.step.taken", func(s step) string { return s.Key }, bus.InTopic(inputs), bus.Partitions(shards))
	wasCount  = bus.Define("soak.count.made", func(c counted) string { return c.Key }, bus.InTopic(outputs), bus.Partitions(shards))
	wasFired  = bus.Define("soak.timer.fired", func(f fired) string { return f.Key }, bus.InTopic(outputs), bus.Partitions(shards))
	wasIdle   = bus.Define("soak.key.idled", func(i idled) string { return i.Key }, bus.InTopic(outputs), bus.Partitions(shards))
	changelog = bus.Topic(group + ".changelog")
)

const (
	countsTable = "counts"
	duesTable   = "dues"
)

var singletons = []string{"sun", "moon", "star"}

// program is the group that every worker runs.
func program(b *bus.Bus, notes *journal, where ...partitions.Option) (*partitions.Group, error) {
	counts := partitions.NewTable[string, row](countsTable)
	dues := partitions.NewTable[string, time.Time](duesTable)
	at := func(tx *partitions.Tx) place { return place{Shard: tx.Shard(), Token: tx.Token()} }
	own := partitions.NewTimer("own", func(tx *partitions.Tx, id string) error {
		due, _ := dues.Get(tx, id)
		dues.Delete(tx, id)
		key, offset, _ := strings.Cut(id, "@")
		n, err := strconv.ParseInt(offset, 10, 64)
		tx.Emit(wasFired.New(fired{place: at(tx), Key: key, Offset: n, Due: due, At: time.Now()}))
		return err
	})
	idle := partitions.NewTimer("idle", func(tx *partitions.Tx, key string) error {
		v, _ := counts.Get(tx, key)
		tx.Emit(wasIdle.New(idled{place: at(tx), Key: key, Count: v.Count}))
		return nil
	})
	opts := append(where,
		partitions.On(stepped, func(tx *partitions.Tx, s step) error {
			v, _ := counts.Get(tx, s.Key)
			v = row{Count: v.Count + 1, Token: tx.Token()}
			counts.Put(tx, s.Key, v)
			offset := tx.Record().Offset
			tx.Emit(wasCount.New(counted{place: at(tx), Key: s.Key, Count: v.Count, Offset: offset, Sent: s.Sent}))
			if offset%timerEvery == 0 {
				id, due := s.Key+"@"+strconv.FormatInt(offset, 10), time.Now().Add(timerAfter)
				dues.Put(tx, id, due)
				own.At(tx, due, id)
			}
			idle.After(tx, idleAfter, s.Key)
			return nil
		}),
		partitions.Use(counts, dues, own, idle),
		partitions.Standbys(1), partitions.SessionTimeout(session), partitions.Lanes(2), partitions.MaxBatch(500))
	for _, name := range singletons {
		opts = append(opts, partitions.Singleton(name, notes.reign(name)))
	}
	return partitions.New(b, group, opts...)
}
