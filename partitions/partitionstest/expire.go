package partitionstest

import (
	"time"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// hearSessions notes the session timeouts that nodes ask for.
func (w *World) hearSessions() {
	w.cluster.ControlKey(int16(JoinGroup), func(r kmsg.Request) (kmsg.Response, error, bool) {
		w.cluster.KeepControl()
		if join, ok := r.(*kmsg.JoinGroupRequest); ok {
			w.mu.Lock()
			defer w.mu.Unlock()
			w.sessions[join.Group] = time.Duration(join.SessionTimeoutMillis) * time.Millisecond
		}
		return nil, nil, false
	})
}

func (w *World) session(group string) time.Duration {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.sessions[group]
}

// expireGrace is how much later than the brokers the world takes a silent node out of its group.
const expireGrace = 100 * time.Millisecond

// expire takes a node that is silent out of its group when its session has timed out. The brokers do that themselves,
// but these ones miss a member whose connection is gone when its join is answered.
func (w *World) expire(l *life) {
	n := l.node
	w.ending.Go(func() {
		for {
			select {
			case <-w.closing:
				return
			case <-time.After(w.session(n.group.name) + expireGrace):
			}
			n.mu.Lock()
			crashed, silent := l.crashed, l.crashed || l.paused
			n.mu.Unlock()
			if !silent || (!w.evict(n.group, l.client) && crashed) {
				return
			}
		}
	})
}

// evict says whether the client was a member.
func (w *World) evict(g *Group, client string) bool {
	info := w.cluster.GroupInfo(g.name)
	if !isMember(info, client) {
		return false
	}
	leaving := kmsg.NewPtrLeaveGroupRequest()
	leaving.Group = g.name
	for _, m := range info.Members {
		if m.ClientID == client {
			member := kmsg.NewLeaveGroupRequestMember()
			member.MemberID = m.MemberID
			leaving.Members = append(leaving.Members, member)
		}
	}
	if _, err := leaving.RequestWith(w.t.Context(), w.client); err != nil {
		w.t.Errorf("take %s out of %s: %v", client, g.name, err)
	}
	return true
}
