package outbox

import (
	"context"
	"fmt"
)

// reader turns the log into records.
type reader struct {
	relay  *Relay
	stream *stream
	queue  *queue
	report chan<- struct{}

	routers map[uint32]*router
	open    bool
}

func (r *reader) run(ctx context.Context) error {
	r.routers = make(map[uint32]*router)
	for {
		message, err := r.stream.next(ctx)
		if err == nil {
			err = r.take(ctx, message)
		}
		if ctx.Err() != nil {
			return nil //nolint:nilerr // stopping is no failure
		}
		if err != nil {
			return err
		}
	}
}

func (r *reader) take(ctx context.Context, message any) error {
	switch message := message.(type) {
	case keepalive:
		// With nothing on its way, everything up to here concerned other tables.
		if !r.open && r.queue.idle() {
			r.stream.confirm(message.end)
		}
		if message.reply {
			signal(r.report)
		}
	case walBegin:
		r.open = true
	case walRelation:
		described, err := r.relay.describe(ctx, message)
		if err != nil {
			return err
		}
		router, err := newRouter(described, r.relay.connector)
		if err != nil {
			return err
		}
		r.routers[message.id] = router
	case walInsert:
		return r.insert(ctx, message)
	case walCommit:
		r.open = false
		r.queue.commit(message.end)
	}
	return nil
}

func (r *reader) insert(ctx context.Context, message walInsert) error {
	router := r.routers[message.relation]
	if router == nil {
		return fmt.Errorf("%w: a row of an unknown relation", errMalformed)
	}
	record, err := router.record(message.values)
	if err != nil {
		return err
	}
	size := len(record.Key) + len(record.Value)
	for _, header := range record.Headers {
		size += len(header.Key) + len(header.Value)
	}
	return r.queue.add(ctx, record.Message(), size)
}
