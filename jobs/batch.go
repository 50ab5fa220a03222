package jobs

import (
	"fmt"
	"strconv"
	"time"

	"github.com/google/uuid"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/resilience"
)

// Batch makes jobs members of a batch, and completion the job that comes after them: it is [Pending] until all members have ended, as
// done, dead or cancelled, and then begins once. It learns from [Attempt.Members] how many of each there were. What is returned is for
// [Enqueue], all of it and with one context; where that says that some of it is not enqueued, enqueue the same again, or cancel the
// batch. The topic of completion's queue must be there.
//
// What is enqueued again, and is kept, is there once, see [Enqueue]. A member without [Retain] that is done by then is done again, and
// counts once all the same. Where the completion job is done, and not retained, the batch begins anew: members that are not kept are done
// again, and then the completion job. So let all of them be retained for longer than it may take until the same is enqueued again.
//
// The batch is its completion job: it has that one's id, is described and listed as that, and is cancelled by [Control.Cancel]. With it
// those of its members are cancelled that have not ended, and for 24 hours those that come later. Members may be of any kinds and queues,
// also completion jobs of other batches.
// Jobs that come after a member by [Then] are members too, and by [Attempt.Join] a member makes others. A member counts once, as what it
// has ended as first: its redrive is not waited for. One that is let go, since another job has its id or its unique key, counts as
// cancelled.
//
// The completion job's shard has a row for each member that has not ended, of about the length of its id.
func Batch(completion Job, members ...Job) []Job {
	if completion.err != nil {
		return append([]Job{completion}, refuse(completion.err, members)...)
	}
	address := completion.queue + "/" + completion.id
	parts, own := joined(address, true, members)
	completion = completion.remade(bus.WithHeader(headerParts, strconv.Itoa(len(parts))))
	return append(append([]Job{completion}, parts...), own...)
}

// Join makes jobs members of the batch that the attempt's job is one of. They are to be enqueued before the handler returns, at once and not with
// a database transaction: a batch that has come to its end takes none. Let them have ids that another attempt of the job gives them
// too. Those that must not be enqueued where the attempt fails are better given to [Attempt.Then].
func (a *Attempt) Join(members ...Job) []Job {
	if a.of.row.batch == "" || a.of.row.counted {
		err := resilience.Permanent(fmt.Errorf("%w: %s is no member of a batch that is open", ErrJob, a.ID()))
		return refuse(err, members)
	}
	parts, own := joined(a.of.row.batch, false, members)
	return append(parts, own...)
}

// refuse is jobs that are not to be enqueued.
func refuse(err error, jobs []Job) []Job {
	refused := make([]Job, len(jobs))
	for i, j := range jobs {
		refused[i] = Job{id: j.id, message: bus.Invalid(err), err: err}
	}
	return refused
}

// Members is how many members of a batch have come to what. See [Batch].
type Members struct {
	// Open are those that have not ended.
	Open      int `json:"open,omitempty"`
	Done      int `json:"done,omitempty"`
	Dead      int `json:"dead,omitempty"`
	Cancelled int `json:"cancelled,omitempty"`
}

// Members is what has become of the members of the batch that the job completes; none where it completes none.
func (a *Attempt) Members() Members { return a.of.row.members }

// Headers of the records of a batch's jobs.
const (
	headerBatch = "millrace-job-batch" // of a member: the completion job's queue, a slash, and its id
	headerParts = "millrace-job-parts" // of a completion job: how many parts the roster has
)

// roster is a part of what a batch's members are, each as its queue, a slash, and its id.
type roster struct {
	Batch   string   `json:"batch"`
	Part    string   `json:"part"`
	First   bool     `json:"first,omitempty"` // it is one of those that the completion job has told of
	Members []string `json:"members"`
}

// partLength is how many members a part of a roster has at most.
const partLength = 1000

// joined makes jobs members of a batch, and its roster of them. Those that are members of another one stay so.
func joined(address string, first bool, members []Job) (parts, own []Job) {
	queue, id := parseAddress(address)
	event := bus.Define(controlRoster, bus.Addressed[roster].Recipient, bus.InTopic(inputTopic(queue)), bus.Aggregate(queue),
		bus.Encoding(bus.Addressing(bus.JSON[roster]())))
	own = make([]Job, 0, len(members))
	var names []string
	for i, m := range members {
		if m.err == nil && m.remake != nil && m.batch == "" {
			m = m.remade(bus.WithHeader(headerBatch, address))
			m.batch = address
			names = append(names, m.queue+"/"+m.id)
		}
		own = append(own, m)
		if len(names) == partLength || i == len(members)-1 && len(names) > 0 {
			part := roster{Batch: id, Part: partID(names), First: first, Members: names}
			message := event.New(bus.Addressed[roster]{To: route(id), Value: part}, bus.ID(part.Part))
			parts = append(parts, Job{id: part.Part, message: message, err: message.Err(), batch: address})
			names = nil
		}
	}
	return parts, own
}

// partID is the same for the same members.
func partID(names []string) string {
	var all []byte
	for _, name := range names {
		all = append(append(all, name...), 0)
	}
	return uuid.NewSHA1(uuid.NameSpaceOID, all).String()
}

// remade is the job with more said of it.
func (j Job) remade(more ...bus.MessageOption) Job {
	if j.remake == nil {
		return j
	}
	remake := j.remake
	j.remake = func(further ...bus.MessageOption) bus.Message { return remake(append(more, further...)...) }
	j.message = j.remake()
	return j
}

// gathering is a batch whose members have not all ended, beside the row of its completion job.
type gathering struct {
	Came    bool    `json:"came,omitempty"` // its completion job is there
	Parts   int     `json:"parts,omitempty"`
	Seen    int     `json:"seen,omitempty"` // parts of these
	Members Members `json:"members"`
}

// whole says whether all members have ended.
func (g *gathering) whole() bool { return g.Came && g.Seen >= g.Parts && g.Members.Open == 0 }

// count counts a member that has ended.
func (m *Members) count(state State) {
	switch state {
	case Done:
		m.Done++
	case Dead:
		m.Dead++
	default:
		m.Cancelled++
	}
}

// earlyKept is how long the end of a member is kept whose batch is not there.
const earlyKept = 7 * 24 * time.Hour
