package partitions

import (
	"context"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/request"
)

// Rows of parked records: of a key how many there are and which comes next, and behind that the records in their order.
const (
	parkedPrefix = "!parked/"
	parkedEnd    = "!parked0" // "0" follows "/"
	parkPrefix   = "!park/"
)

// ParkLimit is how many records of one key are parked at most; at the next one the group halts as with [Halt]. The
// default is 100,000.
func ParkLimit(records int) Option { return option(func(c *config) { c.parkLimit = records }) }

// parkedKey says which records of a key are parked: those numbered from first to before next.
type parkedKey struct{ first, next uint64 }

// TenantsApart says of topics that records of two tenants have nothing to do with each other, also where their keys are the same: what
// is parked of a tenant's key holds up nobody else's. See [Park] and [Group.Redrive].
func TenantsApart(topics ...bus.Topic) Option {
	return option(func(c *config) {
		if c.apart == nil {
			c.apart = make(map[bus.Topic]bool)
		}
		for _, topic := range topics {
			c.apart[topic] = true
		}
	})
}

// parking is what records are parked under: a key, and its tenant where tenants are apart.
type parking struct {
	key    []byte
	tenant string
}

// parking says what a record is parked under.
func (c *config) parking(r *bus.Record) parking {
	if c.apart[r.Topic] {
		return parking{key: r.Key, tenant: r.Tenant()}
	}
	return parking{key: r.Key}
}

// tenantMark stands between a key and its tenant, both in hexadecimal.
const tenantMark = '.'

func (p parking) row(prefix string) []byte {
	row := hex.AppendEncode([]byte(prefix), p.key)
	if p.tenant != "" {
		row = hex.AppendEncode(append(row, tenantMark), []byte(p.tenant))
	}
	return row
}

// parseParking reads what follows the prefix of a row.
func parseParking(row string) (parking, error) {
	key, tenant, _ := strings.Cut(row, string(tenantMark))
	k, err := hex.DecodeString(key)
	t, failed := hex.DecodeString(tenant)
	return parking{k, string(t)}, errors.Join(err, failed)
}

func parkRow(p parking, n uint64) []byte {
	return binary.BigEndian.AppendUint64(append(p.row(parkPrefix), '/'), n)
}

// parked says what of a key is parked, as the transaction sees it.
func (tx *Tx) parked(key parking) (parkedKey, bool) {
	value, found := tx.get(key.row(parkedPrefix))
	at, ok := parseParkedKey(value)
	return at, found && ok
}

// parseParkedKey reads two big-endian numbers.
func parseParkedKey(value []byte) (parkedKey, bool) {
	if len(value) != 16 { //nolint:mnd // two numbers of 8 bytes
		return parkedKey{}, false
	}
	return parkedKey{first: binary.BigEndian.Uint64(value), next: binary.BigEndian.Uint64(value[8:])}, true
}

func (tx *Tx) setParked(key parking, at parkedKey) {
	if at.first == at.next {
		tx.set(key.row(parkedPrefix), nil)
		return
	}
	tx.set(key.row(parkedPrefix), binary.BigEndian.AppendUint64(binary.BigEndian.AppendUint64(nil, at.first), at.next))
}

// park puts a record behind those of its key that are parked, or begins with it.
func (b *batch) park(s *shard, letter bus.DeadLetter) error {
	c := b.engine.config
	return b.run(s, letter.Record, func(tx *Tx) error {
		key := c.parking(&letter.Record)
		at, _ := tx.parked(key)
		if at.next-at.first >= uint64(c.parkLimit) { //nolint:gosec // checked to be positive
			return fmt.Errorf("%w: %d records of the key are parked already", ErrLimit, c.parkLimit)
		}
		record, _ := letter.Message(c.name).Record()
		tx.overlay.set(parkRow(key, at.next), formatParked(&record))
		at.next++
		tx.setParked(key, at)
		s.parks = true
		return nil
	})
}

// findParked learns whether any key of a restored shard has parked records.
func (s *shard) findParked() error {
	for _, err := range s.state.Range([]byte(parkedPrefix), []byte(parkedEnd)) {
		s.parks = err == nil
		return err
	}
	return nil
}

// behind parks a record whose key has others parked, and says whether it did.
func (b *batch) behind(s *shard, record *bus.Record) (bool, error) {
	if !s.parks || len(record.Key) == 0 {
		return false, nil
	}
	tx := &Tx{batch: b, shard: s, overlay: b.touch(s)}
	_, parked := tx.parked(b.engine.config.parking(record))
	if tx.broken != nil || !parked {
		return false, missing(tx.broken != nil, "%w", &brokenError{tx.broken})
	}
	err := b.park(s, bus.DeadLetter{Record: *record, FailedAt: time.Now()})
	if errors.Is(err, ErrLimit) {
		return false, &brokenError{&PoisonError{Topic: record.Topic, Partition: record.Partition, Offset: record.Offset, Err: err}}
	}
	return true, err
}

// formatParked writes a record in Kafka's record format of version 2, with a length of 0 and milliseconds since 1970.
func formatParked(r *bus.Record) []byte {
	record := kmsg.Record{TimestampDelta64: r.Time.UnixMilli(), Key: r.Key, Value: r.Value}
	for _, h := range r.Headers {
		record.Headers = append(record.Headers, kmsg.Header{Key: h.Key, Value: h.Value})
	}
	return record.AppendTo(nil)
}

func (e *engine) parseParked(value []byte) (bus.DeadLetter, error) {
	var raw kmsg.Record
	if err := raw.ReadFrom(value); err != nil {
		return bus.DeadLetter{}, fmt.Errorf("a parked record cannot be read: %w", err)
	}
	record := bus.Record{Topic: bus.Topic(e.config.deadTopic()), Time: time.UnixMilli(raw.TimestampDelta64), Key: raw.Key, Value: raw.Value}
	for _, h := range raw.Headers {
		record.Headers = append(record.Headers, bus.Header{Key: h.Key, Value: h.Value})
	}
	letter := record.DeadLetter()
	letter.Record = e.bus.Adopt(letter.Record)
	return letter, nil
}

// ParkedKey is a key whose records wait behind one that could not be handled.
type ParkedKey struct {
	Key string
	// Tenant is whose records they are, where tenants are apart: see [TenantsApart].
	Tenant  request.Tenant
	Shard   int32
	Records int
	// First is the record that could not be handled.
	First bus.DeadLetter
}

// Parked lists the keys of this node's live shards that have parked records, in the order of shards and keys.
func (g *Group) Parked(ctx context.Context) ([]ParkedKey, error) {
	e, err := g.running()
	if err != nil {
		return nil, err
	}
	var all []ParkedKey
	for id := range int32(e.count) { //nolint:gosec // a number of partitions
		s := e.shard(id)
		if s == nil || Phase(s.phase.Load()) != PhaseLive {
			continue
		}
		for row, err := range s.state.Range([]byte(parkedPrefix), []byte(parkedEnd)) {
			if err = errors.Join(err, ctx.Err()); err != nil {
				return nil, fmt.Errorf("partitions: parked records of shard %d: %w", id, err)
			}
			key, err := parseParking(string(row.Key[len(parkedPrefix):]))
			at, ok := parseParkedKey(row.Value)
			if err != nil || !ok {
				continue
			}
			one := ParkedKey{Key: string(key.key), Tenant: request.Tenant(key.tenant), Shard: id}
			one.Records = int(at.next - at.first) //nolint:gosec // at most ParkLimit
			if value, found, err := s.state.Get(parkRow(key, at.first)); err == nil && found {
				one.First, _ = e.parseParked(value)
			}
			all = append(all, one)
		}
	}
	return all, nil
}
