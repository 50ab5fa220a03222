package bus

import (
	"context"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

// borrowed is an event that the broker has lent to this process until it is acknowledged or its lock runs out.
type borrowed struct {
	*delivery
	raw      *kgo.Record
	lock     time.Duration
	deadline time.Time
	running  bool
}

func borrow(raw *kgo.Record, record Record) *borrowed {
	return &borrowed{
		delivery: &delivery{record: record}, raw: raw,
		lock: time.Until(raw.AcquisitionDeadline()), deadline: raw.AcquisitionDeadline(),
	}
}

// renew asks the broker for as much time again, once a third of it has gone by.
func (b *borrowed) renew(now time.Time) {
	if b.deadline.Sub(now) < b.lock*2/3 {
		b.raw.Ack(kgo.AckRenew)
		b.deadline = now.Add(b.lock)
	}
}

// keeper keeps records from being accepted unasked. With each poll the Kafka client accepts all that the poll before
// returned and that has no answer yet. It finds them by a value in their context, and so does an acknowledgement;
// the keeper hides the value from the moment of the fetch, and reveal shows it again after the poll.
type keeper struct{}

// OnFetchRecordBuffered is called by the client for each record, before a poll can return it.
func (keeper) OnFetchRecordBuffered(r *kgo.Record) { r.Context = hidden{r.Context} }

// hidden is a context without what the client keeps in it for itself, whose keys are pointers to text.
type hidden struct{ context.Context } //nolint:containedctx // it is a context itself

type hiddenKey struct{}

func (h hidden) Value(key any) any {
	switch key.(type) {
	case *string:
		return nil
	case hiddenKey:
		return h.Context
	}
	return h.Context.Value(key)
}

func reveal(r *kgo.Record) {
	if ctx, ok := r.Context.Value(hiddenKey{}).(context.Context); ok {
		r.Context = ctx
	}
}
