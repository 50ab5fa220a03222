package bus

import "github.com/twmb/franz-go/pkg/kgo"

// pinMark is what pinned partitions are counted from, downwards: a client's record has partition 0 or -1 before it has one.
const pinMark = -2

// Partitioner chooses a record's partition as every Kafka client does, by its key, unless the record is pinned: then
// its partition is what [Record.Pin] says.
func Partitioner() kgo.Partitioner { return pinning{kgo.StickyKeyPartitioner(nil)} }

var keyed = kgo.StickyKeyPartitioner(nil).ForTopic("") //nolint:gochecknoglobals // it has no state for records with keys

// PartitionFor is the partition, of so many, of records with a key that are not pinned: Kafka's murmur2, as every client's default. The key is not
// nil.
func PartitionFor(key []byte, partitions int) Partition {
	return Partition(keyed.Partition(&kgo.Record{Key: key}, partitions)) //nolint:gosec // a partition number
}

// Pin is how a client's record says to [Partitioner] where it goes; 0 leaves the choice to the key.
func (r Record) Pin() int32 {
	if !r.pinned {
		return 0
	}
	return pinMark - int32(r.Partition)
}

type pinning struct{ kgo.Partitioner }

func (p pinning) ForTopic(topic string) kgo.TopicPartitioner {
	return &pinningTopic{TopicPartitioner: p.Partitioner.ForTopic(topic)}
}

// pinningTopic is asked twice for a record that begins a batch, and the client has overwritten the partition by then.
type pinningTopic struct {
	kgo.TopicPartitioner

	pinned *kgo.Record
	at     int
	again  bool
}

func (p *pinningTopic) RequiresConsistency(r *kgo.Record) bool {
	return r.Partition <= pinMark || p.TopicPartitioner.RequiresConsistency(r)
}

func (p *pinningTopic) Partition(r *kgo.Record, n int) int {
	switch {
	case r.Partition <= pinMark:
		p.pinned, p.at = r, int(pinMark-r.Partition)
	case p.again && r == p.pinned:
	default:
		p.pinned = nil
		return p.TopicPartitioner.Partition(r, n)
	}
	p.again = false
	return p.at
}

// OnNewBatch lets records without a key go to another partition with each batch.
func (p *pinningTopic) OnNewBatch() {
	p.again = p.pinned != nil
	if informed, ok := p.TopicPartitioner.(kgo.TopicPartitionerOnNewBatch); ok {
		informed.OnNewBatch()
	}
}
