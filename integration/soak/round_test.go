package soak_test

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"sync"
	"time"
)

const (
	settleLimit = 2 * time.Minute
	settleEvery = time.Second
)

// round disturbs for a while, lets everybody catch up and end, and checks.
func (s *soak) round(number uint64, length time.Duration) {
	s.timeline.say("round %d, %s", number, length)
	lives := make([]*life, workers)
	for i := range lives {
		var err error
		if lives[i], err = s.fleet.start(i); err != nil {
			s.t.Fatal(err)
		}
	}
	if number == 1 {
		s.prepare()
	}
	ctx, cancel := context.WithTimeout(s.t.Context(), length)
	defer cancel()
	go func() {
		select {
		case <-s.timeline.failed:
			cancel()
		case <-ctx.Done():
		}
	}()
	var feeding sync.WaitGroup
	feeding.Go(func() { s.feed.run(ctx) })
	feeding.Go(func() { s.chores.run(ctx) })
	feeding.Go(func() { s.hooks.run(ctx) })
	s.chaos.round(ctx, number, lives)
	feeding.Wait()
	s.timeline.say("quiet")
	calm := time.Now()
	s.settle(calm)
	quiet := monotonic()
	var ending sync.WaitGroup
	for _, l := range lives {
		ending.Go(func() { s.fleet.end(l) })
	}
	ending.Wait()
	if s.timeline.wrong() != "" {
		return // what follows would be of that
	}
	if err := s.reader.read(s.t.Context()); err != nil {
		s.timeline.breaks("the topics cannot be read: %v", err)
	}
	s.oracle.settled()
	if err := s.reader.lampOracle.stored(s.t.Context(), s.bus); err != nil {
		s.timeline.breaks("the lamps cannot be read: %v", err)
	}
	if err := s.reader.money(s.t.Context()); err != nil {
		s.timeline.breaks("the money cannot be read: %v", err)
	}
	s.reader.choreOracle.settled(calm)
	s.reader.hookOracle.settled()
	if err := s.reader.rows(s.t.Context()); err != nil {
		s.timeline.breaks("the rows of chores cannot be read: %v", err)
	}
	s.believed(quiet)
	s.reader.choreOracle.judge()
	s.timeline.say("round %d is checked: %d effects", number, s.oracle.effects)
}

// prepare makes what must be there before anything happens.
func (s *soak) prepare() {
	ctx, cancel := context.WithTimeout(s.t.Context(), settleLimit)
	defer cancel()
	if err := s.hooks.endpoints(ctx); err != nil {
		s.t.Fatalf("endpoints of webhooks cannot be made: %v", err)
	}
}

// settle waits until all that must happen has happened.
func (s *soak) settle(calm time.Time) {
	ctx, cancel := context.WithTimeout(s.t.Context(), settleLimit)
	defer cancel()
	for {
		err := s.reader.read(ctx)
		missing := cmp.Or(s.oracle.missing(), s.reader.lampOracle.missing(), s.reader.bankOracle.missing(),
			s.reader.choreOracle.missing(calm), s.reader.hookOracle.missing())
		if err == nil && missing == "" || s.timeline.wrong() != "" {
			return
		}
		if !rest(ctx, settleEvery) {
			s.timeline.breaks("%s after all was healed: %s; %v", settleLimit, missing, err)
			return
		}
	}
}

// believed looks at the journals of the lives that have ended since the last time.
func (s *soak) believed(quiet int64) {
	journals := make(map[string][]note)
	var all []reign
	newest := make(map[string]int64)
	for _, l := range s.fleet.lives[s.checked:] {
		notes, err := readJournal(l.journal)
		if err != nil {
			s.timeline.breaks("%s: %v", l.journal, err)
		}
		journals[l.name] = notes
		callsOf(l, notes, s.reader.choreOracle.call)
		for _, r := range reignsOf(l.name, notes, l.pauses) {
			all = append(all, r)
			newest[r.name] = max(newest[r.name], r.last)
		}
	}
	s.checked = len(s.fleet.lives)
	checkReigns(all, s.timeline.breaks)
	for _, r := range all {
		if !slices.ContainsFunc(slices.Collect(maps.Values(s.oracle.shards)), func(l *ledger) bool { return l.claims[r.token] }) {
			s.timeline.breaks("singleton %s: %s has the token %d, which is no claim", r.name, r.who, r.token)
		}
	}
	for _, name := range singletons {
		if newest[name] < quiet-int64(settleEvery) {
			s.timeline.breaks("singleton %s: nobody reigns when all is quiet", name)
		}
	}
	s.reigned += len(all)
	held := checkLocks(journals, s.timeline.breaks)
	if s.held += held; held == 0 {
		s.timeline.breaks("locks: nobody had any")
	}
}
