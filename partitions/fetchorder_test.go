//go:build synctests

package partitions_test

import (
	"fmt"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/bus/claimcheck"
	"github.com/millrace/millrace/partitions"
	"github.com/millrace/millrace/partitions/partitionstest"
)

type page struct {
	Book string `json:"book"`
	N    int    `json:"n"`
	Text string `json:"text"`
}

// TestFetchOrder has many large payloads and small ones on many partitions, a slow store, transactions that are aborted, and a handler that spoils what
// it is given: the pages of each book are in their order, each once, a lane fetches no more than 8 at a time, and nothing twice.
func TestFetchOrder(t *testing.T) {
	t.Parallel()
	const books, pages = 20, 30
	var calls atomic.Int64
	read := partitions.NewTable[string, []int]("read")
	store := bucket{slow: func() time.Duration { return 300 * time.Millisecond }}
	codec, err := claimcheck.Codec(bus.JSON[*page](), &store, claimcheck.Place[*page]{Topic: "outbox.event.book"}, claimcheck.Over(100))
	if err != nil {
		t.Fatal(err)
	}
	event := bus.Define("test.book.page", func(p *page) string { return p.Book }, bus.Partitions(books)).Encoded(codec)
	partitionstest.Run(t, func(t *testing.T, w *partitionstest.World) { //nolint:thelper // it is the test
		library := w.Group(func(b *bus.Bus) (*partitions.Group, error) {
			return partitions.New(b, "library", partitions.Lanes(1), partitions.MaxBatch(16), partitions.Use(read), partitions.On(event, func(tx *partitions.Tx, p *page) error {
				calls.Add(1)
				n := p.N
				p.N = -1
				if n < 0 {
					return fmt.Errorf("page %d was read before", n)
				}
				all, _ := read.Get(tx, p.Book)
				read.Put(tx, p.Book, append(all, n))
				return nil
			}))
		})
		library.Start()
		w.Settle()
		library.Abort(5)
		large, all := 0, []int{}
		for n := range pages {
			all = append(all, n)
			for b := range books {
				p := &page{Book: fmt.Sprint("b", b), N: n, Text: "short"}
				if (n+b)%3 == 0 {
					p.Text = fmt.Sprintf("%200d", n)
					large++
				}
				w.Publish(event.New(p))
			}
		}
		w.Settle()
		for b := range books {
			if got, _ := partitionstest.Row(library, read, fmt.Sprint("b", b)); !slices.Equal(got, all) {
				t.Errorf("book %d was read as %v", b, got)
			}
		}
		if most, asked := store.most.Load(), store.asked.Load(); most < 2 || most > 8 || asked != int64(large) {
			t.Errorf("the store was asked %d times for %d payloads, up to %d at once", asked, large, most)
		}
		if calls.Load() <= books*pages {
			t.Errorf("nothing was aborted: %d calls", calls.Load())
		}
		for letter := range w.Bus().DeadLetters(t.Context(), "library") {
			t.Errorf("a dead letter: %+v", letter)
		}
	}, event)
}
