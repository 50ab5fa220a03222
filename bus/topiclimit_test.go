//go:build synctests

package bus_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/resilience"
)

// blob is a payload of a size that no compression makes much smaller.
type blob struct {
	Key  string `json:"key"`
	Data []byte `json:"data"`
}

func blobSeen() bus.Event[blob] {
	return bus.Define("shop.blob.seen", func(b blob) string { return b.Key })
}

// blobOf has about size bytes as JSON.
func blobOf(key string, size int) blob {
	data := make([]byte, size*3/4)
	random := rand.NewChaCha8([32]byte{1})
	_, _ = random.Read(data)
	return blob{Key: key, Data: data}
}

func limited(t *testing.T, b *bus.Bus, bytes int) {
	t.Helper()
	spec := bus.TopicSpec{
		Name: blobSeen().Contract().Topic(), Partitions: 1, Configs: map[string]string{"max.message.bytes": strconv.Itoa(bytes)},
	}
	if err := b.Create(t.Context(), spec); err != nil {
		t.Fatal(err)
	}
}

// TestTopicLimit publishes events that their topic takes together with one that it does not take.
func TestTopicLimit(t *testing.T) {
	t.Parallel()
	for _, limit := range []int{10_000, 5_000_000} {
		for name, atomic := range map[string]bool{"plain": false, "atomic": true} {
			t.Run(name+" "+strconv.Itoa(limit), func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					n := newNetwork(t)
					defer n.close()
					b := n.open(t)
					limited(t, b, limit)
					var msgs []bus.Message
					for range 100 {
						m := blobSeen().New(blobOf("k", min(limit/10, 20_000)))
						if atomic {
							m = bus.Atomic(m)
						}
						msgs = append(msgs, m)
					}
					msgs[50] = blobSeen().New(blobOf("k", limit*2))
					msgs[51] = blobSeen().New(blobOf("k", limit*9/10))
					for i, result := range b.Publish(t.Context(), msgs...) {
						switch {
						case i != 50 && result.Err != nil:
							t.Errorf("event %d: %v", i, result.Err)
						case i == 50 && (!errors.Is(result.Err, bus.ErrTooLarge) || resilience.ClassOf(result.Err) != resilience.ClassPermanent):
							t.Errorf("the large one: %v", result.Err)
						}
					}
				})
			})
		}
	}
}

// TestTopicLimitRaised does what the error says, while the bus is open.
func TestTopicLimitRaised(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n := newNetwork(t)
		defer n.close()
		b := n.open(t)
		limited(t, b, 10_000)
		m := blobSeen().New(blobOf("k", 2_000_000))
		if err := b.Publish(t.Context(), m).Err(); !errors.Is(err, bus.ErrTooLarge) {
			t.Fatalf("published: %v", err)
		}
		raised := "3000000"
		_, err := kadm.NewClient(n.client(t)).AlterTopicConfigs(t.Context(),
			[]kadm.AlterConfig{{Op: kadm.SetConfig, Name: "max.message.bytes", Value: &raised}}, string(blobSeen().Contract().Topic()))
		if err != nil {
			t.Fatal(err)
		}
		_ = b.Publish(t.Context(), m)
		if err := b.Publish(t.Context(), m).Err(); err != nil {
			t.Errorf("after the limit was raised: %v", err)
		}
	})
}

// TestLargestEventFails has a group fail at events as large as their topic takes.
func TestLargestEventFails(t *testing.T) {
	t.Parallel()
	for _, limit := range []int{1_048_588, 4_000_000} {
		t.Run(strconv.Itoa(limit), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				n := newNetwork(t)
				defer n.close()
				b := n.open(t)
				limited(t, b, limit)
				size := limit - 100
				for b.Publish(t.Context(), blobSeen().New(blobOf("k", size))).Err() != nil {
					size -= 200
				}
				ctx, stop := context.WithTimeout(t.Context(), time.Hour)
				defer stop()
				ended := make(chan error, 1)
				go func() {
					ended <- b.Subscribe(ctx, "picky", bus.On(blobSeen(), func(context.Context, blob) error {
						return errors.New("it fails")
					}, bus.RetryLater(time.Second)))
				}()
				<-time.After(10 * time.Minute)
				stop()
				if err := <-ended; err != nil {
					t.Error(err)
				}
				letters := 0
				for letter, err := range b.DeadLetters(t.Context(), "picky") {
					if letters++; err != nil || len(letter.Record.Value) < size-100 {
						t.Errorf("%d bytes, %v", len(letter.Record.Value), err)
					}
				}
				if letters != 1 {
					t.Errorf("%d dead letters", letters)
				}
			})
		})
	}
}
