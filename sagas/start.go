package sagas

import (
	cryptorand "crypto/rand"
	"fmt"
	"math/rand/v2"
	"strings"

	"github.com/millrace/millrace/partitions"
	"github.com/millrace/millrace/request"
	"github.com/millrace/millrace/resilience"
)

// subject is the saga that the record is for, and its row.
func (n *runner) subject(tx *partitions.Tx) (key string, h head, err error) {
	id := string(tx.Record().Key)
	if err := n.named(id); err != nil {
		return "", h, err
	}
	tenant := request.From(tx.Context()).Tenant
	if named := tx.Record().Tenant(); named != string(tenant) {
		return "", h, resilience.Permanent(fmt.Errorf("sagas: %s: the tenant %q of a call: %w", n.name, named, request.ErrInvalid))
	}
	key = rowKey(tenant, id)
	h, _ = n.rows.Get(tx, key)
	return key, h, tx.Err()
}

// start begins a saga, unless it is known.
func (n *runner) start(tx *partitions.Tx, raw []byte) error {
	key, h, err := n.subject(tx)
	if err != nil {
		return err
	}
	caller, called := parentOf(tx.Record())
	if h.Status != "" {
		if !called {
			return nil
		}
		if refused, err := n.circle(tx, key, h, caller); refused {
			return err
		}
		h.Parents = append(h.Parents, caller)
		n.rows.Put(tx, key, h)
		return nil
	}
	if past, ended := n.ended.Get(tx, key); ended {
		if called {
			return n.report(tx, key, caller, past.Head, past.Result)
		}
		return nil
	}
	info := request.From(tx.Context())
	info.Tenant, info.Shard = "", request.Shard{}
	in := input{In: raw, Request: info, Secret: cryptorand.Text(), Trace: traceIn(tx.Context())}
	h = head{Status: Running, Started: tx.Now(), Changed: tx.Now()}
	if called {
		h.Parents = []parent{caller}
	}
	if n.due > 0 {
		n.timers.At(tx, tx.Now().Add(n.due), timerKey(deadline, key))
	}
	if err := n.announce(tx, key, &h); err != nil {
		return err
	}
	n.journal.Put(tx, pageKey(key, ""), page{Input: &in})
	n.activate(tx, &h, loaded{key: key, head: h, input: in, pages: []string{pageKey(key, "")}, journal: make(map[string]Entry)})
	n.rows.Put(tx, key, h)
	return tx.Err()
}

// activate lets a saga go on in memory once the transaction is committed, or lets it wait for room there. Its row is still to be written.
func (n *runner) activate(tx *partitions.Tx, h *head, l loaded) {
	if l.reserved = n.reserve(n.desk(tx)); l.reserved {
		n.admit(tx, l)
	} else {
		n.enqueue(tx, l.key, h, l.recovered)
	}
}

// admit takes a saga into the memory, for which there is room.
func (n *runner) admit(tx *partitions.Tx, l loaded) {
	l.activation = rand.Uint64() //nolint:gosec // no secret
	n.active.Put(tx, l.key, l.activation)
	n.enter(tx, l)
}

func (n *runner) enter(tx *partitions.Tx, l loaded) {
	l.token, l.shard, l.traces = tx.Token(), request.From(tx.Context()).Shard, tx.Traces()
	if !l.reserved {
		n.committed(tx, func(d *desk) { n.begin(d, l) })
		return
	}
	var d *desk
	d = n.committed(tx, func(d *desk) { n.begin(d, l) }, func() {
		n.mu.Lock()
		n.release(d)
		n.mu.Unlock()
		n.refill()
	})
}

// load reads what a saga has done.
func (n *runner) load(tx *partitions.Tx, key string, h head) loaded {
	l := loaded{key: key, head: h, journal: make(map[string]Entry)}
	prefix := key + pageMark
	for at, p := range n.journal.Range(tx, prefix) {
		if !strings.HasPrefix(at, prefix) {
			break
		}
		if p.Input != nil {
			l.input = *p.Input
		}
		l.pages = append(l.pages, at)
		l.entries = append(l.entries, p.Entries...)
	}
	for _, e := range l.entries {
		l.journal[e.At] = e
	}
	return l
}

// opened lets the sagas go on that were in the memory of the shard's last owner, as there is room, and those that waited for it.
func (n *runner) opened(tx *partitions.Tx) error {
	var interrupted []string
	for key := range n.active.Range(tx) {
		interrupted = append(interrupted, key)
	}
	waits := false
	for range n.queue.Range(tx) {
		waits = true
		break
	}
	n.committed(tx, func(d *desk) {
		n.mu.Lock()
		n.want(d, interrupted, waits)
		n.mu.Unlock()
		n.refill()
	})
	return tx.Err()
}

// meet writes down what has come of something that a saga waited for, and lets the flow meet it.
func (n *runner) meet(tx *partitions.Tx, key string, h *head, entries ...Entry) {
	outcomes := make([]outcome, len(entries))
	for i, e := range entries {
		if w := h.waitAt(e.At); w >= 0 && !h.Waits[w].Due.IsZero() {
			n.timers.Cancel(tx, timerKey(e.At, key))
		}
		h.drop(e.At)
		outcomes[i] = outcome{at: e.At, entry: e, page: pageKey(key, e.At)}
		n.journal.Put(tx, outcomes[i].page, page{Entries: entries[i : i+1]})
	}
	n.wake(tx, key, h, outcomes...)
}

// wake hands outcomes to a saga that is in the memory, and takes one there that is not, unless it is parked.
func (n *runner) wake(tx *partitions.Tx, key string, h *head, outcomes ...outcome) {
	activation, active := n.active.Get(tx, key)
	switch {
	case active:
		n.committed(tx, func(d *desk) { n.deliver(d, key, activation, outcomes) })
	case h.Queued == "" && h.Status != Parked && len(outcomes) > 0:
		if h.Status == Waiting {
			h.Status = Running
		}
		n.activate(tx, h, n.load(tx, key, *h))
	}
	h.Changed = tx.Now()
	n.rows.Put(tx, key, *h)
}
