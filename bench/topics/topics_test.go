package topics_test

import (
	"errors"
	"slices"
	"strconv"
	"testing"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/millrace/millrace/bench/topics"
)

// cluster has some topics.
func cluster(t *testing.T, names ...string) (brokers []string, admin *kadm.Client) {
	t.Helper()
	fake, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.SeedTopics(2, names...))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(fake.Close)
	client, err := kgo.NewClient(kgo.SeedBrokers(fake.ListenAddrs()...))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	return fake.ListenAddrs(), kadm.NewClient(client)
}

func TestRead(t *testing.T) {
	t.Parallel()
	brokers, admin := cluster(t, "input")
	writer, err := kgo.NewClient(kgo.SeedBrokers(brokers...), kgo.TransactionalID("writer"), kgo.DefaultProduceTopic("input"))
	if err != nil {
		t.Fatal(err)
	}
	defer writer.Close()
	const transactions, each = 4, 10
	for n := range transactions {
		end := kgo.TransactionEndTry(n%2 == 0)
		if err := writer.BeginTransaction(); err != nil {
			t.Fatal(err)
		}
		for i := range each {
			text := strconv.Itoa(n*each + i)
			if err := writer.ProduceSync(t.Context(), &kgo.Record{Key: []byte(text), Value: []byte(text)}).FirstErr(); err != nil {
				t.Fatal(err)
			}
		}
		if err := writer.EndTransaction(t.Context(), end); err != nil {
			t.Fatal(err)
		}
	}
	for level, want := range map[kgo.IsolationLevel]int{kgo.ReadCommitted(): transactions * each / 2, kgo.ReadUncommitted(): transactions * each} {
		seen := map[string]int{}
		err := topics.Read(t.Context(), brokers, "input", level, func(r *kgo.Record) error {
			seen[string(r.Value)]++
			return nil
		})
		if err != nil || len(seen) != want || seen["0"] != 1 {
			t.Errorf("%d records of %d were read, %v", len(seen), want, err)
		}
	}
	refusal := errors.New("no more")
	if err := topics.Read(t.Context(), brokers, "input", kgo.ReadCommitted(), func(*kgo.Record) error { return refusal }); !errors.Is(err, refusal) {
		t.Errorf("what the handler says is lost: %v", err)
	}
	if n, err := topics.Committed(t.Context(), admin, "nobody", "input"); n != 0 || err != nil {
		t.Errorf("a group that does not exist has committed %d, %v", n, err)
	}
	committed := kadm.Offsets{}
	committed.AddOffset("input", 0, 3, -1)
	committed.AddOffset("input", 1, 4, -1)
	if err := admin.CommitAllOffsets(t.Context(), "group", committed); err != nil {
		t.Fatal(err)
	}
	if n, err := topics.Committed(t.Context(), admin, "group", "input"); n != 7 || err != nil {
		t.Errorf("the group has committed %d, %v", n, err)
	}
}

func TestRemove(t *testing.T) {
	t.Parallel()
	brokers, admin := cluster(t, "mine.a", "mine.b", "other")
	for range 2 {
		if err := topics.Remove(t.Context(), admin, "mine."); err != nil {
			t.Fatal(err)
		}
	}
	fresh, err := kgo.NewClient(kgo.SeedBrokers(brokers...))
	if err != nil {
		t.Fatal(err)
	}
	defer fresh.Close()
	left, err := kadm.NewClient(fresh).ListTopics(t.Context())
	if err != nil || !slices.Equal(left.Names(), []string{"other"}) {
		t.Errorf("%v are left, %v", left.Names(), err)
	}
}
