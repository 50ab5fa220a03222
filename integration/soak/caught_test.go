package soak_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"
)

// TestOracleFinds plays a small history with one thing wrong at a time.
func TestOracleFinds(t *testing.T) {
	t.Parallel()
	at := time.Now()
	value := func(count, token int64) []byte {
		encoded, err := json.Marshal(row{Count: count, Token: token})
		if err != nil {
			t.Fatal(err)
		}
		return encoded
	}
	count := func(key string, count, offset, token int64) counted {
		return counted{place: place{Shard: 1, Token: token}, Key: key, Count: count, Offset: offset}
	}
	history := []struct {
		name string
		tell func(*oracle)
	}{
		{"step 1", func(o *oracle) { o.stepped(1, 10, step{Key: "a", N: 1}) }},
		{"step 2", func(o *oracle) { o.stepped(1, 11, step{Key: "a", N: 2}) }},
		{"claim 1", func(o *oracle) { o.logged(1, 5, "!claim", []byte("{}")) }},
		{"row 1", func(o *oracle) { o.logged(1, 6, "counts/a", value(1, 5)) }},
		{"armed", func(o *oracle) { o.logged(1, 7, "!timer/own/a@10", []byte("due")) }},
		{"claim 2", func(o *oracle) { o.logged(1, 8, "!claim", []byte("{}")) }},
		{"row 2", func(o *oracle) { o.logged(1, 9, "counts/a", value(2, 8)) }},
		{"disarmed", func(o *oracle) { o.logged(1, 10, "!timer/own/a@10", nil) }},
		{"count 1", func(o *oracle) { o.counted(1, 1, count("a", 1, 10, 5)) }},
		{"count 2", func(o *oracle) { o.counted(1, 2, count("a", 2, 11, 8)) }},
		{"fired", func(o *oracle) { o.fired(1, 3, fired{place{1, 8}, "a", 10, at, at}) }},
		{"idle", func(o *oracle) { o.idled(1, 4, idled{place{1, 8}, "a", 2}) }},
	}
	// play tells the history, or what stands in place of one part of it.
	play := func(instead string, other ...func(*oracle)) (broken []string) {
		o := newOracle(func(format string, args ...any) { broken = append(broken, fmt.Sprintf(format, args...)) })
		for _, part := range history {
			if part.name != instead {
				part.tell(o)
				continue
			}
			for _, tell := range other {
				tell(o)
			}
		}
		o.settled()
		return broken
	}
	if broken := play(""); len(broken) > 0 {
		t.Fatalf("nothing is wrong, and the oracle says %v", broken)
	}
	part := func(name string) func(*oracle) {
		for _, p := range history {
			if p.name == name {
				return p.tell
			}
		}
		t.Fatalf("there is no %q", name)
		return nil
	}
	for _, mistake := range []struct {
		name, part, says string
		instead          []func(*oracle)
	}{
		{"a lost effect", "count 1", "a@10 is next", nil},
		{"a lost last effect", "count 2", "1 steps have no effect", nil},
		{"an effect twice", "count 2", "there is none", []func(*oracle){part("count 2"), part("count 2")}},
		{"effects in another order", "count 1", "a@10 is next", []func(*oracle){part("count 2"), part("count 1")}},
		{"a count from nowhere", "count 2", "a goes from 1 to 3", []func(*oracle){func(o *oracle) { o.counted(1, 2, count("a", 3, 11, 8)) }}},
		{"an old token", "count 2", "under token 4 follows one under 5", []func(*oracle){func(o *oracle) { o.counted(1, 2, count("a", 2, 11, 4)) }}},
		{"a token of no claim", "count 2", "token 7, which is no claim", []func(*oracle){func(o *oracle) { o.counted(1, 2, count("a", 2, 11, 7)) }}},
		{"another shard", "idle", "shard 2 wrote it", []func(*oracle){func(o *oracle) { o.idled(1, 4, idled{place{2, 8}, "a", 2}) }}},
		{"a step twice", "step 2", "published twice", []func(*oracle){part("step 1")}},
		{"a timer twice", "fired", "fires twice", []func(*oracle){part("fired"), part("fired")}},
		{"a timer that never fires", "fired", "1 timers have not fired", nil},
		{"a timer too early", "fired", "is due at", []func(*oracle){func(o *oracle) {
			o.fired(1, 3, fired{place{1, 8}, "a", 10, at, at.Add(-time.Nanosecond)})
		}}},
		{"an idle key that is not told", "idle", "last said to be idle at 0", nil},
		{"an idle key twice", "idle", "idle at 2, after it was at 2", []func(*oracle){part("idle"), part("idle")}},
		{"a lost row", "row 2", "2 in the outputs and 1 in the changelog", nil},
		{"a row twice", "row 2", "goes from 2 to 2", []func(*oracle){part("row 2"), part("row 2")}},
		{"a row under an old claim", "row 2", "newest claim is 8", []func(*oracle){func(o *oracle) { o.logged(1, 9, "counts/a", value(2, 5)) }}},
		{"a row that is left", "disarmed", `"!timer/own/a@10" is left`, nil},
	} {
		if broken := strings.Join(play(mistake.part, mistake.instead...), "\n"); !strings.Contains(broken, mistake.says) {
			t.Errorf("%s: the oracle says %q, want %q", mistake.name, broken, mistake.says)
		}
	}
}
