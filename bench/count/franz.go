package count

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"os"

	"github.com/twmb/franz-go/pkg/kgo"
)

// franz is the loop that one would write with the bare client: a map, one transaction a poll, offsets inside of it. It
// restores nothing, survives no rebalance, and keeps one map for all partitions.
func franz(ctx context.Context, w Work, transaction int) error {
	session, err := kgo.NewGroupTransactSession(
		kgo.SeedBrokers(w.Brokers...), kgo.TransactionalID(w.Group), kgo.ConsumerGroup(w.Group), kgo.ConsumeTopics(w.Input),
		kgo.ConsumeStartOffset(kgo.NewOffset().AtStart()), kgo.FetchIsolationLevel(kgo.ReadCommitted()),
		kgo.FetchMaxPartitionBytes(int32(max(1<<20, 2*transaction*(valueSize+keySize)/w.Shards))), //nolint:gosec // small
		kgo.RecordPartitioner(kgo.ManualPartitioner()), kgo.ProducerBatchCompression(kgo.NoCompression()),
		kgo.MaxBufferedRecords(4*transaction),
	)
	if err != nil {
		return err //nolint:wrapcheck // a bench
	}
	defer session.Close()
	counts := map[string]*uint64{}
	transactions, records := 0, 0
	defer func() { fmt.Fprintf(os.Stderr, "franz-go: %d records in %d transactions\n", records, transactions) }()
	for {
		fetches := session.PollRecords(ctx, transaction)
		if ctx.Err() != nil {
			return nil
		}
		if err := fetches.Err(); err != nil {
			return err //nolint:wrapcheck // a bench
		}
		if fetches.NumRecords() == 0 {
			continue
		}
		if err := session.Begin(); err != nil {
			return err //nolint:wrapcheck // a bench
		}
		var failed error // promises run one after the other, and all before End returns
		update(fetches, counts, w, func(r *kgo.Record) {
			session.Produce(ctx, r, func(_ *kgo.Record, err error) { failed = errors.Join(failed, err) })
		})
		committed, err := session.End(ctx, kgo.TryCommit)
		if ctx.Err() != nil {
			return nil
		}
		if err := errors.Join(err, failed); err != nil || !committed {
			return fmt.Errorf("transaction committed: %t: %w", committed, err)
		}
		transactions, records = transactions+1, records+fetches.NumRecords()
	}
}

// update counts the polled records and produces an output and a changelog record for each.
func update(fetches kgo.Fetches, counts map[string]*uint64, w Work, produce func(*kgo.Record)) {
	n := fetches.NumRecords()
	made, values := make([]kgo.Record, 0, 2*n), make([]byte, 0, n*(outputSize+countSize))
	fetches.EachRecord(func(in *kgo.Record) {
		count := counts[string(in.Key)]
		if count == nil {
			count = new(uint64)
			counts[string(in.Key)] = count
		}
		*count++
		start := len(values)
		values = binary.BigEndian.AppendUint64(values, *count)
		values = append(values, in.Value[:timeSize]...)
		values = binary.BigEndian.AppendUint64(values, *count)
		made = append(made,
			kgo.Record{Topic: w.Output, Partition: in.Partition, Key: in.Key, Value: values[start : start+outputSize]},
			kgo.Record{Topic: w.Changelog, Partition: in.Partition, Key: in.Key, Value: values[start+outputSize:]})
		produce(&made[len(made)-2])
		produce(&made[len(made)-1])
	})
}
