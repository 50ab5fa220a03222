package claimcheck_test

import (
	"context"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/bus/bustest"
	"github.com/millrace/millrace/bus/claimcheck"
	"github.com/millrace/millrace/bus/claimcheck/claimchecktest"
)

// TestTransactions collects while a transaction is open that then commits, or aborts.
func TestTransactions(t *testing.T) {
	t.Parallel()
	for name, commit := range map[string]kgo.TransactionEndTry{"commit": kgo.TryCommit, "abort": kgo.TryAbort} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var store claimchecktest.Memory
			address := bustest.Broker(t)
			b, err := bus.Open(t.Context(), address)
			if err != nil {
				t.Fatal(err)
			}
			defer b.Close()
			if err := b.Create(t.Context(), bus.TopicSpec{Name: topic, Partitions: 1}); err != nil {
				t.Fatal(err)
			}
			client, err := kgo.NewClient(kgo.SeedBrokers(address[len("kafka://"):]), kgo.TransactionalID(name))
			if err != nil {
				t.Fatal(err)
			}
			defer client.Close()
			data, _ := encode(t, checked(t, &store), large("acme"))
			if err := client.BeginTransaction(); err != nil {
				t.Fatal(err)
			}
			if err := client.ProduceSync(t.Context(), &kgo.Record{Topic: topic, Value: data}).FirstErr(); err != nil {
				t.Fatal(err)
			}
			store.Age(hours)
			short, cancel := context.WithTimeout(t.Context(), 2*time.Second)
			defer cancel()
			c, err := claimcheck.NewCollector(b, &store, []bus.Topic{topic})
			if err != nil {
				t.Fatal(err)
			}
			if done, err := c.Collect(short); err == nil || done.Deleted > 0 || len(keys(t, &store, topic)) != 1 {
				t.Errorf("while it is open: %+v, %v", done, err)
			}
			if err := client.EndTransaction(t.Context(), commit); err != nil {
				t.Fatal(err)
			}
			want := 0
			if commit == kgo.TryCommit {
				want = 1
			}
			if done, err := c.Collect(t.Context()); err != nil || len(keys(t, &store, topic)) != want {
				t.Errorf("%+v, %v", done, err)
			}
		})
	}
}
