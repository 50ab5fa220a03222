package sagas

import "slices"

// drop takes away what the saga's row has for an entry. A signal that came for a branch in the moment in which it has lost is kept for
// another await.
func (c *committing) drop(e Entry) {
	n, key := c.run.runner, c.run.key
	if i := c.head.waitAt(e.At); i >= 0 {
		if !c.head.Waits[i].Due.IsZero() {
			n.timers.Cancel(c.Tx, timerKey(e.At, key))
		}
		if e.lost() {
			c.fail(n.cancelCall(c.Tx, key, c.head.Waits[i], "another branch has won"))
		}
		c.head.drop(e.At)
		c.changed = true
		return
	}
	if e.lost() && e.Kind == KindAwait && !e.token {
		if came, _ := n.journal.Get(c.Tx, pageKey(key, e.At)); len(came.Entries) == 1 && came.Entries[0].Out != nil {
			c.back = append(c.back, came.Entries[0])
		}
	}
}

// giveBack gives signals that came for branches in the moment in which they have lost to who waits for them, or keeps them.
func (c *committing) giveBack() {
	n, key := c.run.runner, c.run.key
	for _, e := range c.back {
		c.changed = true
		i := slices.IndexFunc(c.head.Waits, func(w wait) bool { return w.Kind == KindAwait && w.Name == e.Name })
		if i < 0 {
			c.head.Inbox++
			n.inbox.Put(c.Tx, backKey(key, e), signalled{Name: e.Name, Value: e.Out})
			continue
		}
		if !c.head.Waits[i].Due.IsZero() {
			n.timers.Cancel(c.Tx, timerKey(c.head.Waits[i].At, key))
		}
		c.add(Entry{At: c.head.Waits[i].At, Kind: KindAwait, Name: e.Name, Out: e.Out, When: c.Now()})
	}
}

// arm begins a sleep or an await.
func (c *committing) arm(o *op) {
	n, key := c.run.runner, c.run.key
	w := wait{At: o.at, Kind: o.kind, Name: o.name}
	if o.kind == KindAwait {
		w.Name = o.signal
		if value, found := n.fromInbox(c.Tx, key, &c.head, o.signal); found {
			c.changed = true
			c.add(Entry{At: o.at, Kind: o.kind, Name: o.name, Out: value, When: c.Now()})
			return
		}
	}
	if o.kind == KindCall {
		w.Of, w.Given = o.of, o.given
		call := o.message(parent{Flow: n.name, ID: idOf(key), At: o.at, Run: c.head.Run, Started: c.head.Started, Callers: c.head.callers()})
		c.fail(publish(c.run.input.Trace.in(c.Context()), c.Tx, tenantOf(key), call))
	}
	if o.kind == KindSleep || o.after > 0 {
		w.Due = c.Now().Add(o.after)
		n.timers.At(c.Tx, w.Due, timerKey(o.at, key))
	}
	c.head.set(w)
	c.changed = true
}

// add adds an entry that the flow is to meet after the transaction.
func (c *committing) add(e Entry) {
	if c.head.drop(e.At) {
		c.changed = true
	}
	c.extra = append(c.extra, e)
	c.got = append(c.got, outcome{at: e.At, entry: e})
}
