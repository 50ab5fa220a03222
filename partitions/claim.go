package partitions

import (
	"encoding/json"
	"fmt"

	"github.com/twmb/franz-go/pkg/kgo"
)

// claim is the record by which a node takes a shard. Its offset in the changelog is the shard's fencing token.
type claim struct {
	Version      int      `json:"version"`
	Node         string   `json:"node"`
	Address      string   `json:"address,omitempty"`
	Member       string   `json:"member"`
	Generation   int32    `json:"generation"`
	Transactions []string `json:"transactions"`
}

const claimVersion = 1

// claim writes the shard's claim in the transaction.
func (tx *Tx) claim() error {
	b := tx.batch
	c := claim{
		Version: claimVersion, Node: b.engine.config.node, Address: b.engine.config.address,
		Member: b.membership.member, Generation: b.membership.generation,
	}
	for i := range ringSize {
		c.Transactions = append(c.Transactions, transactionalID(b.engine.prefix, b.lane.number, i))
	}
	value, err := json.Marshal(c)
	if err != nil {
		return fmt.Errorf("claim shard %d: %w", tx.shard.id, err)
	}
	record := b.blank()
	record.Topic, record.Partition, record.Key, record.Value = b.engine.changelog, tx.shard.id, []byte(claimKey), value
	overlay, shard := tx.overlay, tx.shard
	b.produce(record, func(r *kgo.Record, err error) {
		overlay.logged(r, err)
		if err == nil {
			shard.token.Store(r.Offset)
		}
	})
	return nil
}
