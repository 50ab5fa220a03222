package soak_test

import (
	"fmt"
)

// oracle holds outputs and changelog against the input. It is told what is on the topics, as far as that goes, and
// keeps only what is still expected.
type oracle struct {
	shards  map[int32]*ledger
	count   map[string]int64 // by key, as the outputs say
	idle    map[string]int64 // the count at which the key was last said to be idle
	newest  map[string]int64 // the N of the key's last step
	effects int
	breaks  func(format string, args ...any)
}

// ledger is what the oracle knows of one shard.
type ledger struct {
	steps  []taken         // those without an effect yet, in order
	timers map[int64]taken // those that have not fired, by the step's offset
	used   int64           // the newest token in the outputs
	tokens map[int64]bool  // all of them
	claims map[int64]bool
	claim  int64            // the newest
	stored map[string]int64 // the changelog's counts
	rows   map[string]bool  // all other rows of the changelog
}

// taken is a step on the topic.
type taken struct {
	step
	offset int64
}

func newOracle(breaks func(format string, args ...any)) *oracle {
	return &oracle{
		shards: make(map[int32]*ledger), count: make(map[string]int64), idle: make(map[string]int64),
		newest: make(map[string]int64), breaks: breaks,
	}
}

func (o *oracle) shard(id int32) *ledger {
	if o.shards[id] == nil {
		o.shards[id] = &ledger{
			timers: make(map[int64]taken), tokens: make(map[int64]bool), claims: make(map[int64]bool), used: -1, claim: -1,
			stored: make(map[string]int64), rows: make(map[string]bool),
		}
	}
	return o.shards[id]
}

// stepped is told each record of the input, in order.
func (o *oracle) stepped(shard int32, offset int64, s step) {
	if s.N <= o.newest[s.Key] {
		o.breaks("input %d@%d: step %d of %s follows step %d: published twice, or out of order", shard, offset, s.N, s.Key, o.newest[s.Key])
	}
	o.newest[s.Key] = s.N
	l := o.shard(shard)
	l.steps = append(l.steps, taken{s, offset})
}

// counted is told each effect. It must be that of the first step that has none.
func (o *oracle) counted(shard int32, at int64, c counted) {
	l, where := o.shard(shard), fmt.Sprintf("output %d@%d", shard, at)
	if len(l.steps) == 0 || l.steps[0].offset != c.Offset || l.steps[0].Key != c.Key {
		next := "there is none"
		if len(l.steps) > 0 {
			next = fmt.Sprintf("%s@%d is next", l.steps[0].Key, l.steps[0].offset)
		}
		o.breaks("%s: an effect of step %s@%d, but %s", where, c.Key, c.Offset, next)
		return
	}
	if l.steps = l.steps[1:]; c.Offset%timerEvery == 0 {
		l.timers[c.Offset] = taken{step{Key: c.Key}, c.Offset}
	}
	if c.Count != o.count[c.Key]+1 {
		o.breaks("%s: %s goes from %d to %d", where, c.Key, o.count[c.Key], c.Count)
	}
	o.count[c.Key] = c.Count
	o.effects++
	o.under(where, shard, c.place)
}

// under holds the token of an output against those before it.
func (o *oracle) under(where string, shard int32, at place) {
	l := o.shard(shard)
	if at.Shard != shard {
		o.breaks("%s: shard %d wrote it", where, at.Shard)
	}
	if at.Token < l.used {
		o.breaks("%s: a write under token %d follows one under %d", where, at.Token, l.used)
	}
	l.used = max(l.used, at.Token)
	l.tokens[at.Token] = true
}

func (o *oracle) fired(shard int32, at int64, f fired) {
	l, where := o.shard(shard), fmt.Sprintf("output %d@%d", shard, at)
	if armed, ok := l.timers[f.Offset]; !ok || armed.Key != f.Key {
		o.breaks("%s: the timer of step %s@%d fires twice, or was never armed", where, f.Key, f.Offset)
	}
	delete(l.timers, f.Offset)
	if f.Due.IsZero() || f.At.Before(f.Due) {
		o.breaks("%s: the timer of step %s@%d fires at %s, and is due at %s", where, f.Key, f.Offset, f.At, f.Due)
	}
	o.under(where, shard, f.place)
}

func (o *oracle) idled(shard int32, at int64, i idled) {
	where := fmt.Sprintf("output %d@%d", shard, at)
	if i.Count != o.count[i.Key] || i.Count <= o.idle[i.Key] {
		o.breaks("%s: %s is idle at %d, after it was at %d; it has %d", where, i.Key, i.Count, o.idle[i.Key], o.count[i.Key])
	}
	o.idle[i.Key] = i.Count
	o.under(where, shard, i.place)
}
