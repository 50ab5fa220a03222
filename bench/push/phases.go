package push

import (
	"context"
	"time"

	"github.com/millrace/millrace/bench/flows/fanout"
)

// phase is a way to publish.
type phase struct {
	name   string
	of     func(clients int) fanout.Publish
	rounds int
}

// size is of a payload, in bytes.
const size = 200

// phases are what clients receive: bursts of a thousand, or fewer where there are many clients, bursts of 16 at a pace, and single ones at a pace.
func phases(long time.Duration) []phase {
	return []phase{
		{"burst", func(clients int) fanout.Publish {
			count := min(1000, 2_000_000/clients)
			return fanout.Publish{Count: count, Burst: count, Size: size}
		}, 5},
		{"bursts of 16", func(clients int) fanout.Publish {
			every := 100 * time.Millisecond * time.Duration(max(clients/1000, 1))
			return fanout.Publish{Count: 16 * int(long/every), Burst: 16, Every: every, Size: size}
		}, 1},
		{"paced", func(clients int) fanout.Publish {
			every := 10 * time.Millisecond * time.Duration(max(clients/250, 1)) //nolint:mnd // a third of what is there
			return fanout.Publish{Count: int(long / every), Burst: 1, Every: every, Size: size}
		}, 1},
	}
}

// shown is what a phase has shown.
type shown struct {
	deliveries int
	took       time.Duration
	cpu        time.Duration
	times      []time.Duration
}

const patience = 2 * time.Minute

// play publishes, and takes what comes of it.
func (s *server) play(ctx context.Context, c *crowd, clients int, p fanout.Publish) (shown, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	c.tally = tally{times: c.tally.times[:0]}
	before, err := s.CPU()
	if err != nil {
		return shown{}, err
	}
	began, told := time.Now(), make(chan error, 1)
	go func() { told <- s.tell(ctx, "/publish", p, nil) }()
	if err := c.receive(ctx, clients*p.Count); err != nil {
		return shown{}, err
	}
	took := time.Since(began)
	if err := <-told; err != nil {
		return shown{}, err
	}
	after, err := s.CPU()
	return shown{c.tally.count, took, after - before, append([]time.Duration(nil), c.tally.times...)}, err
}

// weight is what a quiet connection takes.
type weight struct{ bytes, goroutines float64 }

// idle is what the process has while nothing happens.
func (s *server) idle(ctx context.Context) (resident, goroutines float64, err error) {
	var quiet fanout.Idle
	if err := s.tell(ctx, "/idle", nil, &quiet); err != nil {
		return 0, 0, err
	}
	resident, err = s.Resident()
	return resident * 1e6, float64(quiet.Goroutines), err
}
