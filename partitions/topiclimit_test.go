//go:build synctests

package partitions_test

import (
	"math/rand/v2"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/partitions"
)

// TestTopicLimits emits to a topic that takes smaller batches than others: what fits it arrives, also after its limit was
// lowered, and a handler that emits more than that has a dead letter.
func TestTopicLimits(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		defer w.end()
		notes := bus.Topic("notes")
		if err := w.bus.Create(t.Context(), bus.TopicSpec{Name: notes, Partitions: 1, Configs: map[string]string{"max.message.bytes": "20000"}}); err != nil {
			t.Fatal(err)
		}
		g, err := partitions.New(w.bus, "noter", partitions.Lanes(1), partitions.On(deposited, func(tx *partitions.Tx, d deposit) error {
			tx.Emit(bus.Record{Topic: notes, Key: []byte(d.Account), Value: noise(tx.Record().Offset, int(d.Cents))}.Message())
			return nil
		}))
		if err != nil {
			t.Fatal(err)
		}
		stop := start(t, g)
		defer stop()
		publish := func(cents int64, n int) {
			t.Helper()
			var msgs []bus.Message
			for range n {
				msgs = append(msgs, deposited.New(deposit{"a", cents}))
			}
			if err := w.bus.Publish(t.Context(), msgs...).Err(); err != nil {
				t.Fatal(err)
			}
		}
		arrive := func(want int) {
			t.Helper()
			for deadline := time.Now().Add(time.Minute); ; <-time.After(100 * time.Millisecond) {
				n := 0
				for _, err := range w.bus.Read(t.Context(), notes, bus.Earliest, bus.UntilEnd()) {
					if err != nil {
						t.Fatal(err)
					}
					n++
				}
				if n == want {
					return
				}
				if time.Now().After(deadline) {
					t.Fatalf("%d notes of %d", n, want)
				}
			}
		}
		publish(9000, 20)
		arrive(20)
		publish(30_000, 1)
		publish(100, 1)
		arrive(21)
		for letter, err := range w.bus.Read(t.Context(), "noter.dlq", bus.Earliest, bus.UntilEnd()) {
			if err != nil || !strings.Contains(string(letter.Value), "30000") {
				t.Errorf("the dead letter is %s, %v", letter.Value, err)
			}
		}
		client, err := w.bus.Client()
		if err != nil {
			t.Fatal(err)
		}
		defer client.Close()
		lower := "10000"
		if _, err := kadm.NewClient(client).AlterTopicConfigs(t.Context(), []kadm.AlterConfig{{Op: kadm.SetConfig, Name: "max.message.bytes", Value: &lower}}, string(notes)); err != nil {
			t.Fatal(err)
		}
		w.cluster.ControlKey(int16(kmsg.Produce), func(asked kmsg.Request) (kmsg.Response, error, bool) {
			w.cluster.KeepControl()
			refusal, refused := tooLarge(asked.(*kmsg.ProduceRequest), 10_000)
			return refusal, nil, refused
		})
		publish(4000, 20)
		arrive(41)
	})
}

// noise does not get smaller by compression.
func noise(seed int64, n int) []byte {
	b := make([]byte, n)
	_, _ = rand.NewChaCha8([32]byte{byte(seed)}).Read(b)
	return b
}

// tooLarge refuses what has larger batches, which the test's brokers would take.
func tooLarge(request *kmsg.ProduceRequest, limit int) (refusal kmsg.Response, refused bool) {
	response := request.ResponseKind().(*kmsg.ProduceResponse)
	for _, topic := range request.Topics {
		answer := kmsg.NewProduceResponseTopic()
		answer.Topic, answer.TopicID = topic.Topic, topic.TopicID
		for _, p := range topic.Partitions {
			refused = refused || len(p.Records) > limit
			partition := kmsg.NewProduceResponseTopicPartition()
			partition.Partition, partition.ErrorCode = p.Partition, kerr.MessageTooLarge.Code
			answer.Partitions = append(answer.Partitions, partition)
		}
		response.Topics = append(response.Topics, answer)
	}
	return response, refused
}
