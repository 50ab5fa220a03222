package count

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/partitions"
)

// inMemory and onDisk are package partitions as a user would write the count.
func inMemory(ctx context.Context, w Work, transaction int) error {
	return group(ctx, w, partitions.MaxBatch(transaction))
}

func onDisk(ctx context.Context, w Work, transaction int) error {
	return group(ctx, w, partitions.MaxBatch(transaction), partitions.OnDisk(w.Dir))
}

func group(ctx context.Context, w Work, opts ...partitions.Option) error {
	b, err := bus.Open(ctx, "kafka://"+strings.Join(w.Brokers, ","))
	if err != nil {
		return err
	}
	defer b.Close() //nolint:errcheck // it never fails
	counts := partitions.NewTable[string, uint64]("counts", partitions.Values(number(w.Pad)))
	opts = append(opts, partitions.NodeID("node-"+filepath.Base(w.Dir)), partitions.Standbys(w.Standbys))
	if w.Session > 0 {
		opts = append(opts, partitions.SessionTimeout(w.Session))
	}
	g, err := partitions.New(b, w.Group, append(opts, partitions.Use(counts),
		partitions.OnRecord(bus.Topic(w.Input), func(tx *partitions.Tx, in bus.Record) error { //nolint:contextcheck // it is given none
			count, _ := counts.Get(tx, string(in.Key))
			count++
			counts.Put(tx, string(in.Key), count)
			value := binary.BigEndian.AppendUint64(make([]byte, 0, outputSize), count)
			tx.Emit(bus.Record{Topic: bus.Topic(w.Output), Key: in.Key, Value: append(value, in.Value[:timeSize]...)}.Message())
			return nil
		}))...)
	if err != nil {
		return err
	}
	return g.Run(ctx)
}

// number is a count as eight bytes, as the other sides keep it, and what follows them.
func number(pad int) bus.Codec[uint64] {
	e := eight{pad: make([]byte, pad)}
	_, _ = rand.Read(e.pad) // it never fails
	return e
}

type eight struct{ pad []byte }

func (e eight) Encode(n uint64) ([]byte, error) {
	return append(binary.BigEndian.AppendUint64(make([]byte, 0, countSize+len(e.pad)), n), e.pad...), nil
}

func (e eight) Decode(b []byte) (uint64, error) {
	if len(b) != countSize+len(e.pad) {
		return 0, fmt.Errorf("a count of %d bytes", len(b))
	}
	return binary.BigEndian.Uint64(b), nil
}

func (eight) ContentType() string { return "application/octet-stream" }

func (eight) Schema() (bus.Schema, error) { return bus.Schema{}, nil }

func (eight) Compare(_, _ bus.Schema) ([]bus.Change, error) { return nil, nil }
