package machines

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/millrace/millrace/partitions"
	"github.com/millrace/millrace/request"
	"github.com/millrace/millrace/resilience"
)

// handle lets an event that has come happen.
func (m *Machine[S, E, D]) handle(tx *partitions.Tx, id string, payload Payload[E]) error {
	tenant := request.From(tx.Context()).Tenant
	if named := tx.Record().Tenant(); named != string(tenant) {
		return resilience.Permanent(fmt.Errorf("machines: %s: the tenant %q of an event: %w", m.spec.Name, named, request.ErrInvalid))
	}
	if err := m.named(id); err != nil {
		return resilience.Permanent(err)
	}
	_, err := m.apply(tx, tenant, id, payload)
	return notFailed(err)
}

// notFailed takes a refusal for what it is: an answer, which was published.
func notFailed(err error) error {
	if errors.Is(err, ErrNotAllowed) {
		return nil
	}
	return err
}

// apply lets an event happen to an instance in the transaction: its row, its time-outs, its effects and what is told of
// it change together. An event that the instance has seen, taken or refused, changes nothing.
func (m *Machine[S, E, D]) apply(tx *partitions.Tx, tenant request.Tenant, id string, payload Payload[E]) (Instance[S, D], error) {
	key := rowKey(tenant, id)
	stored, _ := m.rows.Get(tx, key)
	if stored.Version == 0 {
		stored.State = m.spec.Start
	}
	was := instanceOf(key, stored)
	was.At = tx.Now()
	event := tx.Record().ID()
	if err := tx.Err(); err != nil || stored.saw(event) {
		return was, err
	}
	is, effects, err := m.Decide(was, payload)
	info := request.From(tx.Context())
	info.Tenant = tenant
	ctx := request.With(tx.Context(), info)
	if refusal, ok := errors.AsType[*NotAllowedError](err); ok {
		if was.Version > 0 {
			stored.see(event)
			m.rows.Put(tx, key, stored)
		}
		told := m.refused.New(Refused[S, E]{
			ID: id, State: was.State, Event: payload.Event(), Reason: refusal.Reason, Missing: refusal.Missing,
			Version: was.Version, Cause: event, At: was.At,
		})
		m.countRefusal(tx, payload.Event(), was.State)
		return was, errors.Join(err, tx.Publish(ctx, told).Err())
	}
	if err != nil {
		return was, err
	}
	if was.Version > 0 {
		m.disarm(tx, key, was.State)
	}
	stored.see(event)
	stored.Of, stored.State, stored.Data, stored.Version, stored.Entered = m.spec.Version, is.State, is.Data, is.Version, is.Entered
	m.rows.Put(tx, key, stored)
	m.arm(tx, key, is.State)
	m.countMove(tx, payload.Event(), was.State, is.State)
	moved := Moved[S, E, D]{
		ID: id, From: was.State, Event: payload.Event(), To: is.State, Version: is.Version, Data: is.Data, Cause: event, At: is.At,
	}
	return is, tx.Publish(ctx, append(effects, m.made.New(moved))...).Err()
}

func instanceOf[S ~string, D any](key string, r row[S, D]) Instance[S, D] {
	tenant, id := parseKey(key)
	return Instance[S, D]{ID: id, Tenant: tenant, State: r.State, Data: r.Data, Version: r.Version, Entered: r.Entered}
}

// A time-out's timer is called by its event, a slash, and the instance's row, so that later versions of a machine may have
// others; that which removes an instance is called forget, which is no event's name.
const forget = "!forget"

// arm arms the time-outs of a state, and what forgets an instance in a final one.
func (m *Machine[S, E, D]) arm(tx *partitions.Tx, key string, state S) {
	for _, timeout := range m.spec.After {
		if timeout.In == state {
			m.timers.After(tx, timeout.After, string(timeout.Event.name)+"/"+key)
		}
	}
	if m.spec.Keep > 0 && slices.Contains(m.spec.Final, state) {
		m.timers.After(tx, m.spec.Keep, forget+"/"+key)
	}
}

func (m *Machine[S, E, D]) disarm(tx *partitions.Tx, key string, state S) {
	for _, timeout := range m.spec.After {
		if timeout.In == state {
			m.timers.Cancel(tx, string(timeout.Event.name)+"/"+key)
		}
	}
}

// expire is called when a timer fires.
func (m *Machine[S, E, D]) expire(tx *partitions.Tx, timer string) error {
	what, key, _ := strings.Cut(timer, "/")
	stored, _ := m.rows.Get(tx, key)
	if what == forget { // which an older version may have armed, in a state that is not final any more
		if m.spec.Keep > 0 && slices.Contains(m.spec.Final, stored.State) {
			m.rows.Delete(tx, key)
		}
		return nil
	}
	at := slices.IndexFunc(m.spec.After, func(t Timeout[S, E]) bool { return string(t.Event.name) == what && t.In == stored.State })
	if err := tx.Err(); err != nil || at < 0 { // of an older version of the machine, which had this time-out
		return err
	}
	tenant, id := parseKey(key)
	_, err := m.apply(tx, tenant, id, m.spec.After[at].Event.zero)
	return notFailed(err)
}
