package partitions

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/millrace/millrace/bus"
)

// ring is a lane's transactional producers, used in turn: the next transaction of the same producer would wait for the
// last one's markers.
type ring struct {
	producers []*producer
	next      int
}

type producer struct {
	*kgo.Client
	id string
}

const (
	ringSize = 3
	// transactionTimeout stays below the session timeout, so that a dead node's transaction is gone when others take over.
	transactionTimeout = 5 * time.Second
)

// transactionalID names one producer of a lane. A ring's prefix is unique to a run of a node, so that two runs never
// fence each other by accident.
func transactionalID(prefix string, lane, i int) string {
	return prefix + "/" + strconv.Itoa(lane) + "/" + strconv.Itoa(i)
}

// openRing opens the lane's producers. It ends what an earlier ring of the same names left open.
func openRing(ctx context.Context, e *engine, lane int) (*ring, error) {
	r := &ring{}
	for i := range ringSize {
		p := &producer{id: transactionalID(e.prefix, lane, i)}
		var err error
		p.Client, err = e.bus.Client(
			kgo.TransactionalID(p.id),
			kgo.TransactionTimeout(transactionTimeout),
			kgo.MetadataMinAge(clientMetadataAge),
			kgo.RequestTimeoutOverhead(brokerPatience),
			kgo.MaxBufferedRecords(1<<20),
			// Records wait for a full batch or the commit's flush: a small request costs the broker about as much as a large one.
			kgo.ProducerLinger(handlerBudget),
			// A record's own time may be long ago; the commit bounds how long its writing takes.
			kgo.RecordDeliveryTimeout(0),
			kgo.RecordPartitioner(e.partitioner()),
		)
		if err == nil {
			r.producers = append(r.producers, p)
			_, _, err = p.ProducerID(ctx)
		}
		if err != nil {
			r.close()
			return nil, fmt.Errorf("open transactional producer %s: %w", p.id, err)
		}
	}
	return r, nil
}

func (r *ring) turn() *producer {
	r.next = (r.next + 1) % len(r.producers)
	return r.producers[r.next]
}

// relearn looks again at a topic that has refused a batch as too large: its limit may have been lowered since. One that was
// deleted and made anew has another id, which the client would not adopt.
func (r *ring) relearn(ctx context.Context, b *bus.Bus, cause error) {
	failed, ok := errors.AsType[*produceError](cause)
	anew := ok && errors.Is(failed, kerr.UnknownTopicID)
	if !ok || !anew && (!errors.Is(failed, kerr.MessageTooLarge) || len(b.Relearn(ctx, bus.Topic(failed.topic))) == 0) {
		return
	}
	for _, p := range r.producers {
		p.PurgeTopicsFromProducing(failed.topic)
	}
}

func (r *ring) close() {
	for _, p := range r.producers {
		p.Close()
	}
}

// fence opens the transactional ids of a ring that belongs to nobody any more: its producers are refused from then on,
// and what they left open is aborted at once.
func fence(ctx context.Context, b *bus.Bus, owner ownerMark) error {
	var errs []error
	for i := range owner.size {
		errs = append(errs, fenceID(ctx, b, transactionalID(owner.prefix, owner.lane, i)))
	}
	return errors.Join(errs...)
}

func fenceID(ctx context.Context, b *bus.Bus, id string) error {
	client, err := b.Client(kgo.TransactionalID(id), kgo.TransactionTimeout(transactionTimeout),
		kgo.RequestTimeoutOverhead(brokerPatience))
	if err != nil {
		return fmt.Errorf("fence %s: %w", id, err)
	}
	defer client.Close()
	if _, _, err = client.ProducerID(ctx); err != nil {
		return fmt.Errorf("fence %s: %w", id, err)
	}
	return nil
}

// ownerMark is written as the metadata of every offset that is committed: which producers to fence when its writer is gone.
type ownerMark struct {
	member     string
	prefix     string
	lane, size int
	live       bool
}

const markVersion = "millrace1"

func (m ownerMark) String() string {
	phase := "claimed"
	if m.live {
		phase = "live"
	}
	return strings.Join([]string{markVersion, m.member, m.prefix, strconv.Itoa(m.lane), strconv.Itoa(m.size), phase}, " ")
}

func parseMark(text string) (ownerMark, bool) {
	fields := strings.Fields(text)
	if len(fields) < 6 || fields[0] != markVersion { // a later version may add some
		return ownerMark{}, false
	}
	lane, err := strconv.Atoi(fields[3])
	size, errSize := strconv.Atoi(fields[4])
	mark := ownerMark{member: fields[1], prefix: fields[2], lane: lane, size: size, live: fields[5] == "live"}
	return mark, err == nil && errSize == nil && size > 0 && size <= 16
}
