package outbox

import (
	"context"
	"fmt"
)

// reader turns the log into records.
type reader struct {
	feed     *logFeed
	routers  map[uint32]*router
	messages *messages
	values   [][]byte

	open   bool // a transaction is being read
	commit LSN  // of that one
	nth    int  // its changes so far
	skip   int  // as many of its changes are published
	odd    bool // it should have none to be published
	warned bool // of messages that are passed over
}

func (r *reader) run(ctx context.Context) error {
	r.routers, r.messages = make(map[uint32]*router), &messages{connector: r.feed.relay.connector}
	for {
		m, err := r.feed.stream.next() //nolint:contextcheck // interrupt ends it, at no cost for each message
		if err != nil && ctx.Err() == nil {
			return err
		}
		if err == nil {
			err = r.take(ctx, m)
		}
		if err != nil && ctx.Err() == nil {
			r.feed.queue.fail(err) // what comes before is published first
			<-ctx.Done()
		}
		if ctx.Err() != nil {
			return nil //nolint:nilerr // stopping is no failure
		}
	}
}

func (r *reader) take(ctx context.Context, m message) error {
	switch m.kind {
	case 'k':
		if !r.open {
			if err := r.passed(ctx, m.at); err != nil {
				return err
			}
			r.feed.queue.pass(m.at, m.reply)
		}
		if m.reply {
			signal(r.feed.told)
		}
		return nil
	case 'I':
		return r.insert(ctx, m)
	}
	decoded, err := decodeWAL(m.data)
	if err != nil {
		return err
	}
	switch decoded := decoded.(type) {
	case walBegin:
		err = r.begin(ctx, decoded)
	case walRelation:
		err = r.relate(ctx, decoded)
	case walMessage:
		err = r.message(ctx, m, decoded)
	case walCommit:
		r.open = false
		r.feed.queue.end(decoded.end)
	}
	return err
}

// begin decides what of a transaction is published already.
func (r *reader) begin(ctx context.Context, tx walBegin) error {
	from := r.feed.from
	r.open, r.commit, r.nth, r.skip = true, tx.commit, 0, 0
	switch {
	case tx.commit < from.End:
		r.skip = int(^uint(0) >> 1) // all
	case tx.commit == from.Commit:
		r.skip = from.Changes
	}
	r.odd = from.oddAt(tx.commit)
	r.feed.queue.begin(tx.commit, tx.at)
	return r.meet(ctx, tx.commit, tx.at)
}

func (r *reader) insert(ctx context.Context, m message) error {
	if r.nth++; r.nth <= r.skip && !r.odd {
		return r.resumes(m)
	}
	router, known := r.routers[relationOf(m.data)]
	switch {
	case !known:
		return fmt.Errorf("%w: a row of an unknown relation", errMalformed)
	case router == nil:
		return nil // of a table that the connector leaves out
	}
	own := r.feed.stream.own(m.data)
	insert, err := decodeInsert(own, r.values)
	if err != nil {
		return err
	}
	r.values = insert.values
	switch {
	case router.polled(insert.values):
		r.feed.stream.disown(own)
		return nil // a poller's, which finds it in the table
	case r.odd:
		return r.feed.part(reasonOdd)
	}
	record, err := router.record(insert.values)
	if err != nil {
		id, _ := router.id.write(insert.values)
		return r.unroutable(string(id), m.at, err)
	}
	return r.feed.queue.add(ctx, record, len(m.data)+recordSize+headerSize*len(record.Headers), r.nth, m.at)
}

// relate learns how rows of a table are routed.
func (r *reader) relate(ctx context.Context, relation walRelation) error {
	if c := r.feed.relay.connector; !c.tables.has(relation.schema, relation.name) {
		r.routers[relation.id] = nil
		if _, err := newRouter(relation, c); err == nil {
			r.feed.relay.logger.WarnContext(ctx, "the connector's configuration leaves a table out that could be an outbox",
				"slot", r.feed.relay.slot, "table", relation.schema+"."+relation.name)
		}
		return nil
	}
	r.feed.asking.Lock()
	relation, err := describe(ctx, r.feed.conn, relation)
	r.feed.asking.Unlock()
	if err == nil {
		r.routers[relation.id], err = newRouter(relation, r.feed.relay.connector)
		r.feed.relay.knows(relation.schema, relation.name)
	}
	return err
}

// message takes a message of the outbox that is part of a transaction.
func (r *reader) message(ctx context.Context, m message, said walMessage) error {
	if !said.transactional {
		return nil
	}
	if r.nth++; r.nth <= r.skip && !r.odd {
		return r.resumes(m)
	}
	if !r.feed.relay.takes(said.prefix) {
		return nil
	}
	if !r.feed.relay.logOnly {
		if !r.warned {
			r.warned = true
			r.feed.relay.logger.WarnContext(ctx, "messages in the log are passed over: a relay takes them when it is given outbox.LogOnly",
				"slot", r.feed.relay.slot, "prefix", said.prefix)
		}
		return nil
	}
	if r.odd {
		return r.feed.part(reasonOdd)
	}
	record, err := r.messages.record(said)
	if err != nil {
		return r.unroutable("in a message", m.at, err)
	}
	return r.feed.queue.add(ctx, record, len(m.data)+recordSize+headerSize*len(record.Headers), r.nth, m.at)
}

// unroutable says where a row is of which no record can be made. It is in the log for good.
func (r *reader) unroutable(id string, at LSN, err error) error {
	return fmt.Errorf("the row %s, at %s of the log: %w. Where neither table nor connector can be mended, pass over its whole transaction "+
		"with SELECT pg_replication_slot_advance('%s', '%s'), and accept the gap that the relay then names",
		id, at, err, r.feed.relay.slot, r.commit+1)
}

// recordSize is about what a record takes in memory beside its bytes, and headerSize what each of its headers does with
// the copy that telemetry makes.
const (
	recordSize = 512
	headerSize = 80
)

// resumes checks that the last change which is passed over is the one that was published last.
func (r *reader) resumes(m message) error {
	from := r.feed.from
	if r.commit == from.Commit && r.nth == from.Changes && m.at != from.Change {
		return fmt.Errorf("%w: the transaction that commits at %s was published up to its change %d at %s, which is at %s now; "+
			"publication or connector must not change while it is on its way", ErrSlot, r.commit, r.nth, from.Change, m.at)
	}
	return nil
}
