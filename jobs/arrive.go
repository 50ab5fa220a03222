package jobs

import (
	"encoding/base64"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/partitions"
	"github.com/millrace/millrace/request"
	"github.com/millrace/millrace/resilience"
)

// arrival is a job as its record has it.
type arrival struct {
	row

	conflict Conflict
	gathers  bool // members of a batch
	parts    int  // of the batch's roster
}

// arrive takes a job in. A record that is no job becomes a dead letter.
func (n *Runner) arrive(tx *partitions.Tx, record bus.Record) error {
	if strings.HasPrefix(record.Type(), controlPrefix) {
		return n.control(tx, record)
	}
	a, err := read(record, tx.Now())
	if err != nil {
		return resilience.Permanent(err)
	}
	if other, err := n.known(tx, a.key); other != nil || err != nil {
		return n.let(tx, a, other, err)
	}
	d := n.desk(tx)
	if a.unique != "" {
		taken, err := n.claim(tx, d, a)
		if taken || err != nil {
			return err
		}
	}
	if a.gathers {
		return n.gather(tx, &a.row, a.parts)
	}
	return n.begin(tx, d, &a.row, "")
}

// begin lets a job that has come, or come back, begin when its time is there and its turn.
func (n *Runner) begin(tx *partitions.Tx, d *desk, r *row, was State) error {
	switch {
	case r.due > tx.Now().UnixNano():
		return n.schedule(tx, r, was, Scheduled)
	case n.reserve(d, r):
		return n.admit(tx, d, r, was, true)
	default:
		return n.wait(tx, d, r, was)
	}
}

// known is a job, wherever it is, or nil.
func (n *Runner) known(tx *partitions.Tx, key string) (*row, error) {
	for _, table := range []*partitions.Table[string, []byte]{n.live, n.held, n.past} {
		if value, found := table.Get(tx, key); found {
			return decode(key, value)
		}
	}
	return nil, tx.Err()
}

// read makes a job of its record.
func read(record bus.Record, now time.Time) (*arrival, error) {
	a := &arrival{row: row{priority: usualPriority, args: record.Value}, conflict: Ignore}
	var id, tenant string
	for _, h := range record.Headers {
		var err error
		switch h.Key {
		case bus.HeaderType:
			a.kind = string(h.Value)
		case bus.HeaderID:
			id = string(h.Value)
		case bus.HeaderTime:
			var t time.Time
			t, err = time.Parse(time.RFC3339Nano, string(h.Value))
			a.created = t.UnixNano()
		case bus.HeaderTenant:
			tenant = string(h.Value)
		case "traceparent":
			a.trace = string(h.Value)
		case "tracestate":
			a.vendors = string(h.Value)
		default:
			err = a.option(h)
		}
		if err != nil {
			return nil, fmt.Errorf("jobs: the header %s of a job: %w", h.Key, err)
		}
	}
	kind, ours := strings.CutPrefix(a.kind, typePrefix)
	switch {
	case !ours || kind == "" || len(kind) > maxName:
		return nil, fmt.Errorf("%w: a record of the type %q is none: its type is to be jobs.<kind>", ErrJob, a.kind)
	case id == "" || len(id) > 2*maxID+1:
		return nil, fmt.Errorf("%w: its id has %d bytes of 1 to %d", ErrJob, len(id), 2*maxID+1)
	case string(record.Key) != route(id):
		return nil, fmt.Errorf("%w: its record has another key than its id says", ErrJob)
	case len(record.Value) > maxArgs:
		return nil, fmt.Errorf("%w: its input of %d bytes is larger than %d", ErrJob, len(record.Value), maxArgs)
	}
	asked := request.Info{
		Tenant: request.Tenant(tenant), Principal: request.Principal(a.principal), Roles: request.Roles(a.roles), Session: a.session,
		ID: a.request, Locale: a.locale,
	}
	if err := asked.Validate(); err != nil {
		return nil, fmt.Errorf("%w: who asks for it: %w", ErrJob, err)
	}
	a.key, a.kind = rowKey(request.Tenant(tenant), id), kind
	if a.created <= 0 {
		a.created = now.UnixNano()
	}
	return a, nil
}

// option reads one of the headers that few jobs have.
func (a *arrival) option(h bus.Header) (err error) {
	names := request.Kafka()
	switch h.Key {
	case headerAt:
		var t time.Time
		t, err = time.Parse(time.RFC3339Nano, string(h.Value))
		a.due = unixNano(t)
	case headerPriority:
		var p uint64
		if p, err = strconv.ParseUint(string(h.Value), 10, 8); err == nil && (p < 1 || p > lowest) {
			err = fmt.Errorf("%w: it must be 1 to %d", ErrJob, lowest)
		}
		a.priority = uint8(p)
	case headerUnique:
		a.unique = string(h.Value)
	case headerWindow:
		var d time.Duration
		d, err = time.ParseDuration(string(h.Value))
		a.window = int64(d)
	case headerBatch:
		a.batch = string(h.Value)
		if queue, id := parseAddress(a.batch); !queuePattern.MatchString(queue) || id == "" {
			err = fmt.Errorf("%w: it must be a queue, a slash and an id", ErrJob)
		}
	case headerParts:
		a.gathers = true
		a.parts, err = strconv.Atoi(string(h.Value))
	case headerThen:
		a.then, err = base64.StdEncoding.DecodeString(string(h.Value))
	case headerGiven:
		a.given = h.Value
	case headerConflict:
		a.conflict = Conflict(h.Value)
	case names.Principal:
		a.principal = string(h.Value)
	case names.Roles:
		a.roles = string(h.Value)
	case names.Session:
		a.session = string(h.Value)
	case names.ID:
		a.request = string(h.Value)
	case names.Locale:
		a.locale = string(h.Value)
	}
	return err //nolint:wrapcheck // by read
}
