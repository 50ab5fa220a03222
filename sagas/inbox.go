package sagas

import (
	"crypto/hmac"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/millrace/millrace/partitions"
)

// signalled takes a signal: the flow that awaits it goes on, or it is kept until one does.
func (n *runner) signalled(tx *partitions.Tx, s signalled) error {
	key, h, err := n.subject(tx)
	if err != nil {
		return err
	}
	if h.Status == "" {
		return n.unknown(tx, key, "signal "+plain(s.Name))
	}
	if !h.see(tx.Record().ID()) {
		return nil
	}
	kept, at := signalled{Name: s.Name, Value: s.Value, Record: tx.Record().ID()}, key+pageMark+fmt.Sprintf("%016x", tx.Record().Offset)
	w := slices.IndexFunc(h.Waits, func(w wait) bool { return w.Kind == KindAwait && w.Name == s.Name })
	token := strings.Contains(s.Name, tokenMark)
	if token {
		at = tokenKey(key, s.Name)
		if reason := n.untrue(tx, key, at, h, s, w >= 0); reason != "" {
			return n.refuse(tx, key, refusal{"signal " + plain(s.Name), kept.Record, reason})
		}
		h.Tokens++
	}
	switch {
	case w >= 0:
		if token {
			n.inbox.Put(tx, at, signalled{Name: s.Name, Spent: true})
		}
		n.meet(tx, key, &h, Entry{At: h.Waits[w].At, Kind: KindAwait, Name: plain(s.Name), Out: s.Value, When: tx.Now()})
		return nil
	case !token && h.Inbox == maxInbox:
		reason := fmt.Sprintf("%d signals that the flow has not awaited are kept already", maxInbox)
		return n.refuse(tx, key, refusal{"signal " + plain(s.Name), kept.Record, reason})
	case !token:
		h.Inbox++
	}
	n.inbox.Put(tx, at, kept)
	n.rows.Put(tx, key, h)
	return tx.Err()
}

// untrue says why a token is not completed: it was already, or it is none that the saga has given out since it has begun anew. Tokens
// of earlier versions have no proof, and are known by what waits for them.
func (n *runner) untrue(tx *partitions.Tx, key, at string, h head, s signalled, awaited bool) (reason string) {
	if _, known := n.inbox.Get(tx, at); known {
		return "the token is completed already"
	}
	first, _ := n.journal.Get(tx, pageKey(key, ""))
	known := first.Input != nil && first.Input.Secret != "" && hmac.Equal([]byte(s.Proof), []byte(proof(first.Input.Secret, h.Run, s.Name)))
	if !known && !awaited {
		return "it is no token of this saga, or one of before the flow has begun anew"
	}
	return ""
}

// maxInbox is how many signals are kept that a flow has not awaited, apart from tokens. Others are refused.
const maxInbox = 1000

// tokenKey is where it is kept that a token was completed, once for each: behind all other signals.
func tokenKey(key, signal string) string { return key + pageMark + "token/" + signal }

// backKey is where a signal is kept that comes back: before those that came after it.
func backKey(key string, e Entry) string {
	return key + pageMark + fmt.Sprintf("!%016x", e.When.UnixNano()) + e.At
}

// fromInbox takes the first signal of a name that has come before it was awaited.
func (n *runner) fromInbox(tx *partitions.Tx, key string, h *head, name string) (value json.RawMessage, found bool) {
	if strings.Contains(name, tokenMark) && h.Tokens > 0 {
		at := tokenKey(key, name)
		if s, completed := n.inbox.Get(tx, at); completed && !s.Spent {
			n.inbox.Put(tx, at, signalled{Name: name, Spent: true})
			return s.Value, true
		}
	}
	if h.Inbox == 0 {
		return nil, false
	}
	for at, s := range n.inbox.Range(tx, key+pageMark) {
		if !strings.HasPrefix(at, key+pageMark) {
			break
		}
		if s.Name == name && !s.Spent {
			n.inbox.Delete(tx, at)
			h.Inbox--
			return s.Value, true
		}
	}
	return nil, false
}
