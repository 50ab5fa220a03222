//go:build synctests

package partitions_test

import (
	"math/rand/v2"
	"strconv"
	"time"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/request"
)

// publish sends some deposits, half of them on accounts with long names.
func (s *simulation) publish() {
	var msgs []bus.Message
	for range s.random.IntN(30) {
		n := s.random.IntN(simulatedAccounts)
		account := "a" + strconv.Itoa(n)
		if n%2 == 0 {
			account = large(account)
		}
		s.sent[account]++
		msgs = append(msgs, s.event.New(deposit{Account: account, Cents: 1}))
	}
	ctx := request.With(s.t.Context(), request.Info{Tenant: bucketTenant})
	if err := s.bus.Publish(ctx, msgs...).Err(); err != nil {
		s.t.Fatal(err)
	}
}

// stored are deposits of which half have their payloads in a store: it answers within moments, or longer than a transaction may take.
func (s *simulation) stored() bus.Event[deposit] {
	s.t.Helper()
	random := rand.New(rand.NewPCG(s.random.Uint64(), 0))
	return (&bucket{slow: func() time.Duration {
		if random.IntN(20) == 0 {
			return 7 * time.Second
		}
		return time.Duration(random.IntN(100)) * time.Millisecond
	}}).deposits(s.t)
}
