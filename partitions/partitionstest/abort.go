package partitionstest

import (
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// Abort lets the group's next transactions fail, count of them: the brokers refuse their offsets, as they may for a
// moment. Each is taken back and made again by the same node, which calls its handlers again.
func (g *Group) Abort(count int) {
	g.world.t.Helper()
	if g.name == "" || count < 1 {
		g.world.t.Fatalf("%d transactions cannot be aborted: some node must have been started, and the count be 1 at least", count)
	}
	g.world.cluster.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.TxnOffsetCommit}, Group: g.name, Err: kerr.UnknownServerError, Count: count})
}

// abort aborts the transaction that it is planned for.
func (p *planned) abort(cluster *kfake.Cluster) {
	if p == nil || p.kind != abort {
		return
	}
	left := p.at
	cluster.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.TxnOffsetCommit}, Err: kerr.UnknownServerError, When: func(kmsg.Request) bool {
		if left--; left != 0 {
			return false
		}
		step := CommitOffsets
		p.hit.Store(&step)
		return true
	}})
}
