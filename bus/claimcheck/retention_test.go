package claimcheck_test

import (
	"crypto/rand"
	"slices"
	"testing"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/bus/bustest"
	"github.com/millrace/millrace/bus/claimcheck"
	"github.com/millrace/millrace/bus/claimcheck/claimchecktest"
)

// TestRetentionOutruns has a topic's retention come past the collector, which has read the first of 40 records: it goes on behind, and deletes what no
// record refers to any more, and nothing else.
func TestRetentionOutruns(t *testing.T) {
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
	client, err := kgo.NewClient(kgo.SeedBrokers(address[len("kafka://"):]))
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	codec, padding := checked(t, &store), make([]byte, 600<<10) // so that one fetch does not bring all
	_, _ = rand.Read(padding)
	var kept []string
	const records, left = 40, 3
	for i := range records {
		data, r := encode(t, codec, large("acme"))
		record := bus.Record{Topic: topic, Value: slices.Concat(padding, data)}
		if err := b.Publish(t.Context(), record.Message()).Err(); err != nil {
			t.Fatal(err)
		}
		if i >= records-left {
			kept = append(kept, r.Key)
		}
	}
	encode(t, codec, large("acme")) // and it is not published
	store.Age(hours)
	trimmed := false
	done, err := collect(t, b, &store, claimcheck.Progress(func(claimcheck.Collection) {
		if trimmed {
			return
		}
		trimmed = true
		offsets := kadm.Offsets{}
		offsets.AddOffset(topic, 0, records-left, -1)
		if answers, err := kadm.NewClient(client).DeleteRecords(t.Context(), offsets); err != nil || answers.Error() != nil {
			t.Error(err, answers.Error())
		}
	}))
	if err != nil || done.Records >= records || done.Deleted == 0 {
		t.Errorf("%+v, %v", done, err)
	}
	present := keys(t, &store, topic)
	for _, key := range kept {
		if !slices.Contains(present, key) {
			t.Errorf("%s is gone, and a record refers to it", key)
		}
	}
	again, err := collect(t, b, &store)
	if err != nil || again.Kept != left || !equal(withoutClock(keys(t, &store, "")), kept) {
		t.Errorf("%+v, %v", again, err)
	}
}
