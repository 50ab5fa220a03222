package jobs

import (
	"encoding/base64"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/resilience"
)

// Job is work that is to be enqueued: see [Enqueue]. Enqueuing one value twice is enqueuing it once, while the job is kept.
type Job struct {
	id      string
	queue   string
	batch   string // that it is a member of
	message bus.Message
	remake  func(...bus.MessageOption) bus.Message
	after   time.Duration // from when it comes after another one
	err     error
}

// ID is the job's id, by which it is asked for later.
func (j Job) ID() string { return j.id }

// Message is what is published for the job, for who publishes messages of several kinds at once.
func (j Job) Message() bus.Message { return j.message }

// Err says why the job cannot be enqueued, or nil.
func (j Job) Err() error { return j.err }

// JobOption changes one job. See [Kind.New].
type JobOption interface{ applyJob(*wish) }

type jobOption func(*wish)

func (f jobOption) applyJob(w *wish) { f(w) }

// wish is what is asked for a job.
type wish struct {
	id       string
	at       time.Time
	priority int
	unique   string
	window   time.Duration
	conflict Conflict
	after    time.Duration
	then     []byte
	errs     []error
}

func (w *wish) require(ok bool, text string, args ...any) {
	if !ok {
		w.errs = append(w.errs, fmt.Errorf(text, args...))
	}
}

// At is when the job may begin, not before, by the clock of the node that does it.
func At(t time.Time) JobOption {
	return jobOption(func(w *wish) { w.at, w.after = t, 0 })
}

// After is At in so long from now.
func After(d time.Duration) JobOption {
	return jobOption(func(w *wish) { w.at, w.after = time.Now().Add(d), d })
}

const (
	usualPriority = 2
	lowest        = 4
)

// Priority is 1 to 4, and 2 by default. It is a share and no order, so that nothing starves: of the jobs of a tenant that wait, those of
// priority 1 have 8 turns, of 2 have 4, of 3 have 2 and of 4 have 1.
func Priority(p int) JobOption {
	return jobOption(func(w *wish) {
		w.priority = p
		w.require(p >= 1 && p <= lowest, "the priority %d must be 1 to 4", p)
	})
}

// Conflict says what becomes of a job whose unique key another one has: see [Unique].
type Conflict string

// What may become of it.
const (
	// Ignore lets it go.
	Ignore Conflict = "ignore"
	// Replace gives its input, time and priority to the other job, where that has not begun yet. Where it has, both stay.
	Replace Conflict = "replace"
	// Reject makes it dead, with the other one's id as the reason, so that it can be looked at and be redriven.
	Reject Conflict = "reject"
)

// Unique lets at most one job of the kind and the tenant have the key: from when it comes to its queue until it has ended, and at least for
// the window, which may be 0. What becomes of another one is up to conflict. The key is 1 to 200 bytes of visible characters. Where a job with a key
// is dead, the key is free.
func Unique(key string, window time.Duration, conflict Conflict) JobOption {
	return jobOption(func(w *wish) {
		w.unique, w.window, w.conflict = key, window, conflict
		w.require(visible(key), "the unique key %q must be 1 to 200 bytes of visible characters", key)
		w.require(window >= 0, "the window %s must not be negative", window)
		w.require(conflict == Ignore || conflict == Replace || conflict == Reject, "the conflict %q must be Ignore, Replace or Reject", conflict)
	})
}

// ID names the job, 1 to 200 bytes of visible characters without "#": enqueuing another one of the same name and tenant does
// nothing while the first is kept. The default is a new UUIDv7. The id of a job with a unique key begins with that and a "#".
func ID(id string) JobOption {
	return jobOption(func(w *wish) {
		w.id = id
		w.require(visible(id) && !strings.Contains(id, mark), "the id %q must be 1 to 200 bytes of visible characters without %q", id, mark)
	})
}

const maxID = 200

// visible says whether a text can be an id or a key.
func visible(text string) bool {
	return text != "" && len(text) <= maxID && strings.IndexFunc(text, func(r rune) bool { return r <= ' ' || r == 0x7f || r == '\uFFFD' }) < 0
}

// mark stands between the unique key and the rest of an id.
const mark = "#"

// route is what a job's shard is chosen by: its unique key where it has one, else its id.
func route(id string) string {
	if at := strings.LastIndex(id, mark); at >= 0 {
		return id[:at]
	}
	return id
}

// Headers of a job's record, beside those of its event.
const (
	headerAt       = "millrace-job-at"
	headerPriority = "millrace-job-priority"
	headerUnique   = "millrace-job-unique"
	headerWindow   = "millrace-job-window"
	headerConflict = "millrace-job-conflict"
)

// New makes a job. It has the tenant, and is part of the trace, of the context that it is enqueued with.
func (k *Kind[In, Out]) New(in In, opts ...JobOption) Job {
	var w wish
	for _, opt := range opts {
		opt.applyJob(&w)
	}
	if w.id == "" {
		id, err := uuid.NewV7()
		if err != nil {
			w.errs = append(w.errs, err)
		}
		w.id = id.String()
	}
	if k.err != nil || len(w.errs) > 0 {
		return wrong(k.kind, w.errs)
	}
	headers := make([]bus.MessageOption, 1, 7) //nolint:mnd // all there may be
	if w.unique != "" {
		w.id = w.unique + mark + w.id
		headers = append(headers, bus.WithHeader(headerUnique, w.unique), bus.WithHeader(headerWindow, w.window.String()),
			bus.WithHeader(headerConflict, string(w.conflict)))
	}
	headers[0] = bus.ID(w.id)
	if !w.at.IsZero() {
		headers = append(headers, bus.WithHeader(headerAt, w.at.UTC().Format(time.RFC3339Nano)))
	}
	if w.priority != 0 && w.priority != usualPriority {
		headers = append(headers, bus.WithHeader(headerPriority, strconv.Itoa(w.priority)))
	}
	if len(w.then) > 0 {
		headers = append(headers, bus.WithHeader(headerThen, base64.StdEncoding.EncodeToString(w.then)))
	}
	remake := func(more ...bus.MessageOption) bus.Message {
		return k.event.New(bus.Addressed[In]{To: route(w.id), Value: in}, append(slices.Clip(headers), more...)...)
	}
	return Job{id: w.id, queue: k.queue, after: w.after, message: remake(), remake: remake}
}

func wrong(k *kind, errs []error) Job {
	err := k.err
	if err == nil {
		err = resilience.Permanent(fmt.Errorf("%w of %s: %w", ErrJob, k.name, errs[0]))
	}
	return Job{message: bus.Invalid(err), err: err}
}
