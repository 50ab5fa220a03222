package jobs

import (
	"strings"

	"github.com/millrace/millrace/partitions"
)

// backlog is the jobs of a flow that wait as rows of a shard. Of these it knows no more than where they begin.
type backlog struct {
	tenant   string
	kind     string
	priority uint8
	cursor   string // no turn of the flow is before it
	added    int    // how often one was added
	begged   int    // how often one was added when permits for all were asked for
}

func newBacklog(prefix string) *backlog {
	tenant, rest, _ := strings.Cut(prefix, "\x00")
	return &backlog{tenant: tenant, priority: rest[0] - '0', kind: strings.TrimSuffix(rest[1:], "\x00"), cursor: prefix, begged: -1}
}

// discover finds the flows that have jobs which wait.
func (n *Runner) discover(tx *partitions.Tx, d *desk) {
	for from := ""; ; {
		found := ""
		for turn := range n.ready.Range(tx, from) {
			found = turn
			break
		}
		tenant, rest, _ := strings.Cut(found, "\x00")
		kind, _, ok := strings.Cut(rest, "\x00")
		if !ok || kind == "" {
			return
		}
		prefix := tenant + "\x00" + kind + "\x00"
		l := newBacklog(prefix)
		d.flows[prefix] = l
		n.beggar(d, prefix, l)
		from = tenant + "\x00" + kind + "\x01"
	}
}
