package jobs

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/partitions"
	"github.com/millrace/millrace/request"
	"github.com/millrace/millrace/resilience"
)

// What shards tell each other, beside jobs, in the topics that these come in.
const (
	controlPrefix   = "millrace.jobs."
	controlRoster   = controlPrefix + "roster"
	controlEnded    = controlPrefix + "ended"
	controlCancel   = controlPrefix + "cancel"
	controlPetition = controlPrefix + "petition" // for permits
	controlGrant    = controlPrefix + "grant"
)

// ended says that a member of a batch has, and which jobs came after it.
type ended struct {
	Batch  string   `json:"batch"`
	Member string   `json:"member"`
	State  State    `json:"state"`
	Next   []string `json:"next,omitempty"`
}

// control does what another shard tells.
func (n *Runner) control(tx *partitions.Tx, record bus.Record) error {
	tenant := request.Tenant(record.Tenant())
	var err error
	switch what := record.Type(); what {
	case controlRoster:
		var part roster
		if err = json.Unmarshal(record.Value, &part); err == nil {
			return n.enrol(tx, rowKey(tenant, part.Batch), part)
		}
	case controlEnded:
		var e ended
		if err = json.Unmarshal(record.Value, &e); err == nil {
			return n.memberEnded(tx, rowKey(tenant, e.Batch), e)
		}
	case controlPetition, controlGrant:
		var p petition
		if err = json.Unmarshal(record.Value, &p); err == nil && what == controlGrant {
			return n.given(tx, p)
		} else if err == nil {
			return n.petitioned(tx, p)
		}
	case controlCancel:
		return n.cancelMember(tx, rowKey(tenant, record.ID()))
	default:
		err = fmt.Errorf("%w: nothing is known of %s", ErrJob, what)
	}
	return resilience.Permanent(err)
}

// send is what tells a shard of a queue something, the one that the id is on.
func send(what, queue string, tenant request.Tenant, id string, value []byte) bus.Message {
	r := telling(what, queue, id, value)
	r.Key = []byte(route(id))
	if tenant != "" {
		r.Headers = append(r.Headers, bus.Header{Key: bus.HeaderTenant, Value: []byte(tenant)})
	}
	return r.Message()
}

// telling is a record that tells a shard of a queue something.
func telling(what, queue, id string, value []byte) bus.Record {
	return bus.Record{Topic: inputTopic(queue), Value: value, Headers: bus.Headers{
		{Key: bus.HeaderSpecVersion, Value: []byte("1.0")},
		{Key: bus.HeaderID, Value: []byte(id)},
		{Key: bus.HeaderSource, Value: []byte(scope)},
		{Key: bus.HeaderType, Value: []byte(what)},
		{Key: bus.HeaderContentType, Value: []byte("application/json")},
	}}
}

// report tells a job's batch, if it has one, that it has ended, and which jobs come after it.
func (n *Runner) report(tx *partitions.Tx, r *row, next []string) error {
	if r.batch == "" || r.counted {
		return nil
	}
	r.counted = true
	tenant, id := parseKey(r.key)
	queue, batch := parseAddress(r.batch)
	value, err := json.Marshal(ended{Batch: batch, Member: n.queue + "/" + id, State: r.state, Next: next})
	if err != nil {
		return fmt.Errorf("jobs: %w", err)
	}
	if !tx.Tell(tx.Context(), send(controlEnded, queue, tenant, batch, value)) {
		n.deaf(tx, queue)
	}
	return nil
}

// deaf notes that a queue's topic takes nothing, so that it is not told what has become of members, or that they are cancelled.
func (n *Runner) deaf(tx *partitions.Tx, queue string) {
	untold.Add(tx, 1)
	tx.Committed(func(partitions.Beside) {
		n.logger().Error("jobs: brokers take nothing for a queue that is to be told of a batch's member", "queue", n.queue, "told", queue)
	})
}

// parseAddress is the queue and the id of a job: a queue has no slash in it.
func parseAddress(address string) (queue, id string) {
	queue, id, _ = strings.Cut(address, "/")
	return queue, id
}

// let lets a job go that another one stands for. Its batch does not wait for it, unless the other one is the same.
func (n *Runner) let(tx *partitions.Tx, a *arrival, other *row, err error) error {
	switch {
	case err != nil:
		return err
	case other.kind == "": // it was cancelled before it came
		a.reason, a.counted = other.reason, true
		return n.bury(tx, &a.row, "", Cancelled)
	case other.batch != a.batch:
		a.state = Cancelled
		if err := n.report(tx, &a.row, nil); err != nil {
			return err
		}
	}
	duplicates.Add(tx, 1, kindKey.String(a.kind))
	return tx.Err()
}

// cancelMember cancels a job whose batch is cancelled. One that has not come yet is cancelled when it does.
func (n *Runner) cancelMember(tx *partitions.Tx, key string) error {
	if r, err := n.known(tx, key); r != nil || err != nil {
		if err == nil {
			_, err = n.cancel(tx, key)
		}
		return err
	}
	return n.bury(tx, &row{key: key, created: tx.Now().UnixNano(), reason: "its batch was cancelled before it came"}, "", Cancelled)
}
