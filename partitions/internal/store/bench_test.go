package store_test

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"runtime"
	"syscall"
	"testing"
	"time"

	"github.com/millrace/millrace/partitions/internal/store"
)

func onEachBench(b *testing.B, bench func(b *testing.B, s store.Store)) {
	b.Helper()
	for _, name := range []string{"Memory", "Pebble"} {
		kind := kinds[name]
		b.Run(name, func(b *testing.B) {
			open, _ := kind(b)
			s := open()
			b.Cleanup(func() { s.Close() })
			bench(b, s)
		})
	}
}

// processor is the CPU time of this process so far, which other processes disturb less than the clock.
func processor(b *testing.B) time.Duration {
	b.Helper()
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		b.Fatal(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

func account(n int) []byte { return fmt.Appendf(nil, "balance/account-%08d", n) }

// fill puts entries of so many bytes into a shard, 10,000 at a time.
func fill(b *testing.B, shard store.Shard, entries, size int) {
	b.Helper()
	value := make([]byte, size)
	for first := 0; first < entries; first += 10_000 {
		var changes []store.Change
		for i := range min(10_000, entries-first) {
			changes = append(changes, store.Change{Key: account(first + i), Value: value})
		}
		apply(b, shard, int64(first), changes...)
	}
}

const benchKeys = 100_000

func BenchmarkGet(b *testing.B) {
	onEachBench(b, func(b *testing.B, s store.Store) {
		b.Helper()
		shard := openShard(b, s, 0)
		fill(b, shard, benchKeys, 8)
		var keys [][]byte
		for range 1 << 16 {
			keys = append(keys, account(rand.IntN(benchKeys)))
		}
		i, before := 0, processor(b)
		for b.Loop() {
			if _, found, err := shard.Get(keys[i&(1<<16-1)]); err != nil || !found {
				b.Fatal(found, err)
			}
			i++
		}
		b.ReportMetric(float64(processor(b)-before)/float64(i), "cpu-ns/get")
	})
}

func BenchmarkApply(b *testing.B) {
	for _, size := range []int{1_000, 10_000} {
		b.Run(fmt.Sprint(size), func(b *testing.B) {
			onEachBench(b, func(b *testing.B, s store.Store) {
				b.Helper()
				shard := openShard(b, s, 0)
				fill(b, shard, benchKeys, 8)
				var batches [][]store.Change
				for range 20 {
					var changes []store.Change
					for range size {
						changes = append(changes, store.Change{Key: account(rand.IntN(benchKeys)), Value: number(rand.Int())})
					}
					batches = append(batches, changes)
				}
				i, before := 0, processor(b)
				for b.Loop() {
					apply(b, shard, int64(i), batches[i%len(batches)]...)
					i++
				}
				b.ReportMetric(float64(i*size)/b.Elapsed().Seconds(), "changes/s")
				b.ReportMetric(float64(processor(b)-before)/float64(i*size), "cpu-ns/change")
			})
		})
	}
}

// BenchmarkCount reads 5,000 entries of all and writes them again, as a transaction that counts does.
func BenchmarkCount(b *testing.B) {
	for _, entries := range []int{benchKeys, 10 * benchKeys, 50 * benchKeys} {
		b.Run(fmt.Sprint(entries), func(b *testing.B) {
			onEachBench(b, func(b *testing.B, s store.Store) {
				b.Helper()
				shard := openShard(b, s, 0)
				fill(b, shard, entries, 8)
				changes := make([]store.Change, 5000)
				i, before := 0, processor(b)
				for b.Loop() {
					for j := range changes {
						key := account(rand.IntN(entries))
						value, found, err := shard.Get(key)
						if err != nil || !found {
							b.Fatal(found, err)
						}
						changes[j] = store.Change{Key: key, Value: number(int(binary.BigEndian.Uint64(value)) + 1)}
					}
					apply(b, shard, int64(i), changes...)
					i++
				}
				b.ReportMetric(float64(i*len(changes))/b.Elapsed().Seconds(), "counts/s")
				b.ReportMetric(float64(processor(b)-before)/float64(i*len(changes)), "cpu-ns/count")
			})
		})
	}
}

// BenchmarkRestore applies a changelog of a million new keys, in chunks of 20,000, as a restore does.
func BenchmarkRestore(b *testing.B) {
	const entries, chunk = 1_000_000, 20_000
	for _, size := range []int{100, 400} {
		for _, order := range []string{"ascending", "shuffled"} {
			b.Run(fmt.Sprint(size, "B/", order), func(b *testing.B) {
				changelog := make([]store.Change, entries)
				value := make([]byte, size)
				for i := range value {
					value[i] = byte(rand.IntN(64)) // compresses to three quarters
				}
				for i := range changelog {
					changelog[i] = store.Change{Key: account(i), Value: value}
				}
				if order == "shuffled" {
					rand.Shuffle(entries, func(i, j int) { changelog[i], changelog[j] = changelog[j], changelog[i] })
				}
				onEachBench(b, func(b *testing.B, s store.Store) {
					b.Helper()
					shard := openShard(b, s, 0)
					b.SetBytes(int64(entries * (size + len(account(0)))))
					i, before := 0, processor(b)
					for b.Loop() {
						i++
						if err := shard.Wipe(); err != nil {
							b.Fatal(err)
						}
						for first := 0; first < entries; first += chunk {
							apply(b, shard, int64(first), changelog[first:first+chunk]...)
						}
					}
					b.ReportMetric(float64(processor(b)-before)/float64(i*entries), "cpu-ns/entry")
				})
			})
		}
	}
}

// BenchmarkMemoryFootprint says what ten million entries of 24 + 8 bytes take, and what the first Range costs.
func BenchmarkMemoryFootprint(b *testing.B) {
	const entries = 10_000_000
	for b.Loop() {
		var before, after runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		s := store.Memory()
		shard := openShard(b, s, 0)
		fill(b, shard, entries, 8)
		for range shard.Range(nil, nil) {
			break
		}
		runtime.GC()
		runtime.ReadMemStats(&after)
		size, _ := shard.Size()
		b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/entries, "B/entry")
		b.ReportMetric(float64(size.Bytes)/entries, "estimated-B/entry")
		s.Close()
	}
}
