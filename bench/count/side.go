package count

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"time"
)

// Work is what a side is told to do: count the records of Input per key, exactly once, write each new count to a
// changelog, and emit it to Output with the same key. input.go and verify.go say
// what is in the values.
type Work struct {
	Brokers       []string // host:port
	Input, Output string   // topics with as many partitions as there are shards
	Changelog     string   // a compacted topic for a side that brings none of its own
	Group         string   // consumer group whose committed offsets tell the progress
	Shards        int
	Dir           string // a folder for local state
	Lanes         int    // threads, where a side has such a thing
	Standbys      int
	Session       time.Duration // after which a node that is silent counts as dead; zero for the side's default
	Pad           int           // bytes, not compressible, that a table's value is longer than its count
}

// side is one way of doing the work, in a process of its own.
type side struct {
	name    string // the library
	variant string // how it is set; empty where there is one way
	// command makes the process; an interrupt ends it.
	command func(ctx context.Context, w Work) (*exec.Cmd, error)
	// changelog names the topic that holds a record for every update.
	changelog func(w Work) string
	// paced says that latencies are measured too, and spread that all numbers of shards are, not 6 alone.
	paced, spread, quick bool
	// moves says that it can be many nodes, with standbys.
	moves bool
}

func (s side) String() string {
	if s.variant == "" {
		return s.name
	}
	return s.name + " " + s.variant
}

// loops are the sides that are written in Go: each works until its context ends.
func loops() map[string]func(ctx context.Context, w Work, transaction int) error {
	return map[string]func(context.Context, Work, int) error{"franz-go": franz, "millrace": inMemory, "millrace-disk": onDisk}
}

// sides are all ways, in the order in which they take turns.
func sides() []side {
	return []side{
		loop("franz-go", 2_000), loop("franz-go", 10_000), loop("franz-go", 50_000),
		loop("millrace", 2_000), loop("millrace", 10_000), loop("millrace", 50_000), loop("millrace-disk", 10_000),
		streams("memory"), streams("rocksdb"),
	}
}

// loop starts this program once more with one of loops.
func loop(name string, transaction int) side {
	return side{
		name: name, variant: strconv.Itoa(transaction), paced: transaction == middle, spread: transaction == middle, quick: transaction == middle,
		moves: strings.HasPrefix(name, "millrace") && transaction == middle,
		changelog: func(w Work) string {
			if strings.HasPrefix(name, "millrace") {
				return w.Group + ".changelog"
			}
			return w.Changelog
		},
		command: func(ctx context.Context, w Work) (*exec.Cmd, error) {
			self, err := os.Executable()
			if err != nil {
				return nil, err //nolint:wrapcheck // a bench
			}
			work, err := json.Marshal(w)
			if err != nil {
				return nil, err //nolint:wrapcheck // a bench
			}
			return exec.CommandContext(ctx, self, child, name, strconv.Itoa(transaction), string(work)), nil //nolint:gosec // itself
		},
	}
}

const (
	child  = "side" // the hidden command of a side's process
	middle = 10_000 // records a transaction of the side that stands for its library
)

// work is the hidden command: side NAME TRANSACTION WORK.
func work(ctx context.Context, args []string) error {
	if len(args) != 3 || loops()[args[0]] == nil { //nolint:mnd // as in the line above
		return fmt.Errorf("no such side: %q", args)
	}
	transaction, err := strconv.Atoi(args[1])
	if err != nil {
		return err //nolint:wrapcheck // a bench
	}
	var w Work
	if err := json.Unmarshal([]byte(args[2]), &w); err != nil {
		return err //nolint:wrapcheck // a bench
	}
	return loops()[args[0]](ctx, w, transaction)
}
