package jobs

import (
	"fmt"
	"slices"
	"strings"

	"github.com/millrace/millrace/partitions"
	"github.com/millrace/millrace/resilience"
)

// Marks between the key of a batch's completion job and the name of a member or of a part of the roster.
const (
	memberMark = "\x00"
	partMark   = "\x01"
)

// rosters are the rows of batches.
type rosters struct {
	batches *partitions.Table[string, gathering] // whose members have not all ended
	members *partitions.Table[string, []byte]    // that have not, and the parts of their rosters
	early   *partitions.Table[string, ended]     // ends of members whose batch is not there
}

func newRosters() rosters {
	return rosters{
		batches: partitions.NewTable[string, gathering]("batch"),
		members: partitions.NewTable[string, []byte]("member", partitions.Values[[]byte](plain{})),
		early:   partitions.NewTable[string, ended]("early", partitions.TTL(earlyKept)),
	}
}

// gather lets a completion job wait for its members.
func (n *Runner) gather(tx *partitions.Tx, r *row, parts int) error {
	g, _ := n.batches.Get(tx, r.key)
	g.Came, g.Parts = true, parts
	r.state = Pending
	n.held.Put(tx, r.key, r.encode())
	if err := n.tell(tx, r, ""); err != nil {
		return err
	}
	return n.complete(tx, r.key, &g)
}

// complete lets the completion job begin, where all members have ended.
func (n *Runner) complete(tx *partitions.Tx, key string, g *gathering) error {
	if !g.whole() {
		n.batches.Put(tx, key, *g)
		return tx.Err()
	}
	value, found := n.held.Get(tx, key)
	r, err := decode(key, value)
	if err != nil || !found {
		return err
	}
	n.batches.Delete(tx, key)
	n.strike(tx, key+partMark, func(string) bool { return true })
	n.held.Delete(tx, key)
	r.members = g.Members
	return n.begin(tx, n.desk(tx), r, Pending)
}

// strike takes members or parts away, as long as each says so.
func (n *Runner) strike(tx *partitions.Tx, prefix string, each func(name string) bool) {
	for row := range n.members.Range(tx, prefix) {
		name, ours := strings.CutPrefix(row, prefix)
		if !ours || !each(name) {
			return
		}
		n.members.Delete(tx, row)
	}
}

// enrol takes a part of the roster in.
func (n *Runner) enrol(tx *partitions.Tx, key string, part roster) error {
	if _, twice := n.members.Get(tx, key+partMark+part.Part); twice {
		return tx.Err()
	}
	g, open := n.batches.Get(tx, key)
	if !open {
		state, known := n.stateOf(tx, key)
		switch {
		case known && state == Cancelled:
			return n.dismiss(tx, key, part.Members)
		case known && part.First:
			return tx.Err() // it was enqueued twice
		case !part.First:
			return resilience.Permanent(fmt.Errorf("%w: the batch %s has come to its end, and takes no more members", ErrJob, part.Batch))
		}
	}
	n.members.Put(tx, key+partMark+part.Part, nil)
	if part.First {
		g.Seen++
	}
	n.add(tx, key, &g, part.Members)
	return n.complete(tx, key, &g)
}

// add adds members, which may have ended already.
func (n *Runner) add(tx *partitions.Tx, key string, g *gathering, names []string) {
	for _, name := range names {
		if e, early := n.early.Get(tx, key+memberMark+name); early {
			n.early.Delete(tx, key+memberMark+name)
			g.Members.count(e.State)
			n.add(tx, key, g, e.Next)
			continue
		}
		if _, twice := n.members.Get(tx, key+memberMark+name); !twice {
			n.members.Put(tx, key+memberMark+name, nil)
			g.Members.Open++
		}
	}
}

// memberEnded counts a member that has ended. Its end may come before the roster.
func (n *Runner) memberEnded(tx *partitions.Tx, key string, e ended) error {
	g, open := n.batches.Get(tx, key)
	if !open {
		if state, known := n.stateOf(tx, key); known {
			if state == Cancelled {
				return n.dismiss(tx, key, e.Next)
			}
			return tx.Err()
		}
	}
	if _, is := n.members.Get(tx, key+memberMark+e.Member); !is {
		n.early.Put(tx, key+memberMark+e.Member, e)
		return tx.Err()
	}
	n.members.Delete(tx, key+memberMark+e.Member)
	g.Members.Open--
	g.Members.count(e.State)
	n.add(tx, key, &g, e.Next)
	return n.complete(tx, key, &g)
}

// stateOf is the state of a job, where there is one.
func (n *Runner) stateOf(tx *partitions.Tx, key string) (State, bool) {
	r, err := n.known(tx, key)
	if r == nil || err != nil {
		return "", false
	}
	return r.state, true
}

// disband lets the members of a batch be cancelled, whose completion job is.
func (n *Runner) disband(tx *partitions.Tx, r *row) {
	g, _ := n.batches.Get(tx, r.key)
	r.members = g.Members
	n.batches.Delete(tx, r.key)
	n.at(tx, tx.Now(), dueDismiss, r.key)
}

// dismissedOnce bounds the members that one transaction cancels.
const dismissedOnce = 1000

// dismissAll cancels the members of a batch that is cancelled, some at a time.
func (n *Runner) dismissAll(tx *partitions.Tx, key string) error {
	var names []string
	n.strike(tx, key+memberMark, func(name string) bool {
		if len(names) == dismissedOnce {
			return false
		}
		names = append(names, name)
		return true
	})
	n.strike(tx, key+partMark, func(string) bool { return true })
	if len(names) == dismissedOnce {
		n.at(tx, tx.Now(), dueDismiss, key)
	}
	return n.dismiss(tx, key, names)
}

// dismiss cancels members.
func (n *Runner) dismiss(tx *partitions.Tx, key string, names []string) error {
	tenant, _ := parseKey(key)
	for _, name := range slices.Compact(names) {
		queue, id := parseAddress(name)
		if !tx.Tell(tx.Context(), send(controlCancel, queue, tenant, id, nil)) {
			n.deaf(tx, queue)
		}
	}
	return tx.Err()
}
