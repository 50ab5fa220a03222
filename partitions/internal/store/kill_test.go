package store_test

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"testing"
	"time"

	"github.com/millrace/millrace/partitions/internal/store"
)

const (
	killDirectory = "MILLRACE_TEST_KILL_DIRECTORY"
	killLate      = "MILLRACE_TEST_KILL_LATE"
	// killCost is how many steps a kill may cost: 110 KB a step, and of 4 MiB as many in memory and on their way to disk.
	killCost = 80
)

// step is what the process that is killed applies to two shards as its nth batch: some entries change, some vanish.
func step(n int64) [2][]store.Change {
	padding := make([]byte, 3000)
	var changes [2][]store.Change
	for i := range changes {
		for j := range int64(20) {
			key := number(int((n*7 + j*13 + int64(i)) % 300))
			if (n+j)%5 == 0 {
				changes[i] = append(changes[i], store.Change{Key: key})
			} else {
				changes[i] = append(changes[i], store.Change{Key: key, Value: fmt.Append(nil, n, " ", string(padding))})
			}
		}
	}
	return changes
}

// TestKilledProcess is the process that TestKill kills, and nothing else.
func TestKilledProcess(t *testing.T) {
	t.Parallel()
	dir := os.Getenv(killDirectory)
	if dir == "" {
		t.Skip("it is run by TestKill")
	}
	late, err := time.ParseDuration(os.Getenv(killLate))
	if err != nil {
		t.Fatal(err)
	}
	s, err := store.Pebble(dir, store.Memtable(1<<20), store.Late(late))
	if err != nil {
		t.Fatal(err)
	}
	first, second := openShard(t, s, 1), openShard(t, s, 2)
	position, _ := second.Position()
	for n := position.Next; ; n++ {
		changes := step(n)
		if n%2 == 0 {
			err = s.Apply(store.Batch{Shard: 1, Changes: changes[0], At: at(n + 1)}, store.Batch{Shard: 2, Changes: changes[1], At: at(n + 1)})
		} else {
			err = errors.Join(first.Apply(changes[0], at(n+1)), second.Apply(changes[1], at(n+1)))
		}
		if err != nil {
			t.Fatal(err)
		}
		os.Stdout.WriteString(strconv.FormatInt(n, 10) + "\n")
	}
}

func TestKill(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	var at int64
	for round := range 6 {
		child := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestKilledProcess$")
		child.Env = append(os.Environ(), killDirectory+"="+dir, killLate+"="+[]string{"1m", "1us"}[round%2])
		out, err := child.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := child.Start(); err != nil {
			t.Fatal(err)
		}
		goal, applied := at+int64(100+round*37), int64(-1)
		for lines := bufio.NewScanner(out); applied < goal && lines.Scan(); {
			if applied, err = strconv.ParseInt(lines.Text(), 10, 64); err != nil {
				t.Fatal(lines.Text())
			}
		}
		if _, err := store.Pebble(dir); !errors.Is(err, store.ErrInUse) {
			t.Errorf("the directory of another process: %v", err)
		}
		if err := child.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		child.Wait()
		at = afterKill(t, dir, at, applied)
	}
}

// afterKill checks that each shard is as after its position, which is not before the last one, and returns the second's.
func afterKill(t *testing.T, dir string, before, applied int64) int64 {
	t.Helper()
	s, err := store.Pebble(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { s.Close() }()
	first, _ := openShard(t, s, 1).Position()
	second, _ := openShard(t, s, 2).Position()
	if early, late := min(first.Next, second.Next), max(first.Next, second.Next); late > early+1 || late > early && early%2 == 0 {
		t.Errorf("of one Apply, one shard has it and the other not: %d, %d", first.Next, second.Next)
	}
	if err := s.Close(); err != nil { // and what is kept is so still
		t.Fatal(err)
	}
	if s, err = store.Pebble(dir); err != nil {
		t.Fatal(err)
	}
	var next int64
	for i := range int32(2) {
		shard := openShard(t, s, i+1)
		position, known := shard.Position()
		next = position.Next
		if !known || position != at(next) || next <= before || next < applied-killCost || next > applied+100 {
			t.Fatalf("shard %d is at %v, was at %d, applied %d", i+1, position, before, applied)
		}
		want := map[string]string{}
		for n := range next {
			for _, change := range step(n)[i] {
				if want[string(change.Key)] = string(change.Value); change.Value == nil {
					delete(want, string(change.Key))
				}
			}
		}
		for entry, err := range shard.Range(nil, nil) {
			if err != nil || want[string(entry.Key)] != string(entry.Value) {
				t.Fatalf("shard %d at %d: key %x is of another step, %v", i+1, next, entry.Key, err)
			}
			delete(want, string(entry.Key))
		}
		if len(want) > 0 {
			t.Fatalf("shard %d at %d: %d entries are missing", i+1, next, len(want))
		}
		t.Logf("shard %d: applied about %d, kept %d", i+1, applied, next)
	}
	return next
}
