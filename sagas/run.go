package sagas

import (
	"context"
	"encoding/json"
	"fmt"
	"runtime"
	"runtime/debug"
	"sync"
	"sync/atomic"

	"go.opentelemetry.io/otel/trace"

	"github.com/millrace/millrace/partitions"
	"github.com/millrace/millrace/request"
)

// run is a saga in memory. Its flow is a goroutine that works only while a turn of the run waits for it, so that what both use
// needs no lock. A run has one turn at a time; what comes meanwhile is queued. Kill gives it up, and what its flow has deferred is
// called then.
type run struct {
	runner *runner
	loaded

	mu    sync.Mutex
	busy  bool
	queue []outcome
	held  []*op // attempts that begin once what has come is known

	misused atomic.Pointer[string] // how a Saga was used where it must not be

	desk    *desk // nil where the flow is only played
	beside  partitions.Beside
	counted bool            // it takes room in the memory: guarded by the runner
	life    context.Context //nolint:containedctx // ends when the run is given up
	kill    context.CancelFunc
	yielded chan struct{}      // the flow has come to where it waits, or to its end
	reached atomic.Pointer[op] // what the flow has asked for last

	// The rest belongs to the turn.
	playing bool
	blocked []*op          // since the turn began
	waiting map[string]*op // what the flow waits for, by position
	tries   map[string]wait
	undos   []*undo
	undoing *op
	steps   int // that have ended

	ready      []func()       // branches that can go on
	noted      []Entry        // by the flow itself
	unwritten  *plan          // what the turn wants to be committed
	slow       bool           // it was said that the flow does not yield
	working    bool           // in one of the places that flows work in
	versions   map[string]int // that the flow knows
	views      map[string]json.RawMessage
	recovering bool // what has no entry may have happened: until the flow has come to where it waits

	told   bool // the flow knows that the saga is cancelled
	blind  bool // the flow has tokens that are not those of the journal
	ended  bool
	out    json.RawMessage
	err    error
	broken string // why the flow cannot go on
}

// loaded is what a run begins with.
type loaded struct {
	key        string
	activation uint64
	token      int64
	shard      request.Shard
	traces     trace.TracerProvider // nil where the flow is only played
	head       head
	input      input
	journal    map[string]Entry // that the flow has not met yet
	entries    []Entry          // all of them
	pages      []string         // the rows that they are in
	recovered  bool             // what has no entry may have happened
	dry        bool             // the flow is only played
	reserved   bool             // there is room for it until it is counted
}

// outcome is what has come of something that a flow asked for.
type outcome struct {
	at    string
	entry Entry
	fresh bool   // the entry is not in the journal yet
	page  string // where it is
	again *wait  // another attempt is to be made, later
	now   bool   // another attempt is to be made now
	park  string // somebody has to look
	held  bool   // the attempt has not begun: a look at the saga's row comes first
}

func newRun(r *runner, l loaded) *run {
	n := &run{
		runner: r, loaded: l, busy: true, yielded: make(chan struct{}),
		waiting: make(map[string]*op), tries: make(map[string]wait, len(l.head.Waits)),
		versions: make(map[string]int), views: make(map[string]json.RawMessage),
		recovering: l.recovered,
	}
	n.life, n.kill = context.WithCancel(context.Background())
	for _, e := range l.entries {
		if e.Kind == KindStep {
			n.steps++
		}
	}
	for _, w := range l.head.Waits {
		n.tries[w.At] = w
	}
	return n
}

// play runs the flow to its end.
func (r *run) play() {
	returned, root := false, &Saga{run: r, now: plainTime(r.head.begun())}
	defer func() {
		v := recover()
		if !returned && r.dead() { // nobody waits, and a turn may look at the run
			return
		}
		if root.over && v == nil {
			r.err = ErrCancelled
		} else if v != nil {
			r.broken = "the flow panicked: " + clip(fmt.Sprint(v))
			r.runner.logger().Error("sagas: a flow panicked", "flow", r.runner.name, "stack", string(debug.Stack()))
		} else if !returned && r.broken == "" {
			r.broken = r.left("the flow")
		}
		root.busy.Store(&op{kind: idle})
		r.ended = true
		r.yield()
	}()
	r.out, r.err = r.runner.invoke(root, r.input.In)
	returned = true
}

// yield lets the turn go on.
func (r *run) yield() {
	select {
	case r.yielded <- struct{}{}:
	case <-r.life.Done():
	}
}

// wait is called by the flow, which goes on with what comes of the operation.
func (r *run) wait(o *op) Entry {
	o.wake = make(chan Entry, 1)
	r.blocked = append(r.blocked, o)
	r.yield()
	select {
	case e := <-o.wake:
		return e
	case <-r.life.Done():
		runtime.Goexit()
		return Entry{}
	}
}

// living ends the flow's goroutine when the run has been given up.
func (r *run) living() {
	select {
	case <-r.life.Done():
		runtime.Goexit()
	default:
	}
}

func (r *run) dead() bool { return r.life.Err() != nil }

// maxText bounds what is kept of errors' texts.
const maxText = 2000

func clip(text string) string {
	if len(text) > maxText {
		return text[:maxText] + "…"
	}
	return text
}
