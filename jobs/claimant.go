package jobs

import (
	"iter"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/millrace/millrace/partitions"
)

// claimant is a tenant with claims that want permits.
type claimant struct {
	tenant string
	all    []*wanted
	left   []*wanted // of which one may be given
}

type wanted struct {
	claim

	row   string
	class string
	given int
}

// one gives a tenant one permit, if there is any.
func (t *claimant) one(b *book) bool {
	for len(t.left) > 0 {
		i := rand.IntN(len(t.left)) //nolint:gosec // whose turn it is need not be secret
		c := t.left[i]
		if c.Want > 0 && b.allow(c.class) {
			for i, of := range b.limits(c.class) {
				of().give(b.bounds(c.class)[i], b.now)
			}
			c.Want--
			c.Held++
			c.given++
			return true
		}
		t.left = slices.Delete(t.left, i, i+1)
	}
	return false
}

// around are the claims of one tenant after the other, beginning behind one and ending with one, which may be the same.
func (n *Runner) around(tx *partitions.Tx, behind, until string) iter.Seq2[string, claim] {
	of := func(row string) string {
		tenant, _, _ := strings.Cut(row, "\x00")
		return tenant
	}
	return func(yield func(string, claim) bool) {
		for row, c := range n.claims.Range(tx, behind+"\x01") {
			if behind < until && of(row) > until || !yield(row, c) {
				return
			}
		}
		if behind < until {
			return
		}
		for row, c := range n.claims.Range(tx) {
			if of(row) > until || !yield(row, c) {
				return
			}
		}
	}
}
