package soak_test

import (
	"context"
	"fmt"
	"strconv"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/sagas"
)

func itoa(n int) string { return strconv.Itoa(n) }

const (
	transferCalls bus.Topic = "transfer.calls"
	transferTold  bus.Topic = "transfer.sagas"
)

// bankOracle follows what is told of transfers, and counts the money.
type bankOracle struct {
	breaks func(format string, args ...any)
	open   map[string]bool           // started, and not ended
	status map[string]sagas.Status   // as it was told last
	steps  map[string]map[string]int // by saga and step: 1 done, 2 undone
	early  int
}

func newBankOracle(breaks func(format string, args ...any)) *bankOracle {
	return &bankOracle{breaks: breaks, open: make(map[string]bool), status: make(map[string]sagas.Status), steps: make(map[string]map[string]int)}
}

func (o *bankOracle) started(id string) {
	if _, ended := o.status[id]; ended || o.open[id] {
		o.breaks("transfer %s is started twice", id)
	}
	o.open[id] = true
}

func (o *bankOracle) told(t sagas.Told) {
	was := o.status[t.ID]
	if t.Was != was || was.Ended() {
		o.breaks("transfer %s is %s after %q, which was told as %q", t.ID, t.Status, was, t.Was)
	}
	if o.steps[t.ID] == nil {
		o.steps[t.ID] = make(map[string]int)
	}
	for _, d := range t.Done {
		at, want := d.At+" "+d.Step, 0
		if d.Undo {
			want = 1
		}
		if o.steps[t.ID][at] != want {
			o.breaks("transfer %s: step %s is told with undo %v after %d ends", t.ID, at, d.Undo, o.steps[t.ID][at])
		}
		o.steps[t.ID][at]++
	}
	o.status[t.ID] = t.Status
	if t.Status.Ended() {
		delete(o.open, t.ID)
	}
}

// missing says what has not happened yet.
func (o *bankOracle) missing() string {
	for id := range o.open {
		return fmt.Sprintf("%d transfers have not ended, such as %s, which is %q", len(o.open), id, o.status[id])
	}
	return ""
}

// count compares the money with what was told, once all transfers have ended.
func (o *bankOracle) count(sums map[string]int64, made map[string]paid) {
	total := int64(0)
	for _, balance := range sums {
		total += balance
	}
	if want := int64(len(sums)) * opening; total != want {
		o.breaks("there are %d cents in %d accounts, not %d", total, len(sums), want)
	}
	kept := make(map[string]int)
	o.early = 0
	for key, p := range made {
		if p.Is == payMade {
			kept[p.Saga]++
		}
		if p.Early {
			o.early++
		}
		if o.status[p.Saga] == "" {
			o.breaks("payment %s is of transfer %s, of which nothing was told", key, p.Saga)
		}
	}
	for id, status := range o.status {
		want := 0
		if status == sagas.Completed {
			want = 2
		}
		if kept[id] != want || status == sagas.Abandoned {
			o.breaks("transfer %s is %s, and %d of its payments are made", id, status, kept[id])
		}
	}
}

// ends says how many transfers have ended how.
func (o *bankOracle) ends() string {
	n := make(map[sagas.Status]int)
	for _, status := range o.status {
		n[status]++
	}
	return fmt.Sprintf("%d completed, %d compensated, %d payments taken back before they were made", n[sagas.Completed],
		n[sagas.Compensated], o.early)
}

// transfers tells the oracle of transfers what has come since the last time.
func (r *reader) transfers(ctx context.Context) error {
	err := r.rest(ctx, transferCalls, func(record bus.Record) error {
		if record.Type() == "transfer.start" {
			r.bankOracle.started(string(record.Key))
		}
		return nil
	})
	if err != nil {
		return err
	}
	return r.rest(ctx, transferTold, func(record bus.Record) error {
		if record.Type() != "transfer.told" {
			return nil
		}
		t, err := r.feed.bank.flow.Told().Decode(record)
		if err == nil {
			r.bankOracle.told(t)
		}
		return err
	})
}

// money reads the accounts and all payments.
func (r *reader) money(ctx context.Context) error {
	logged := r.bus.Read(ctx, bankGroup+".changelog", bus.Earliest, bus.UntilEnd())
	sums, err := balances.Rows(logged)
	if err != nil {
		return err
	}
	made, err := payments.Rows(logged)
	if err != nil {
		return err
	}
	r.bankOracle.count(sums, made)
	return nil
}
