//go:build synctests

package partitions_test

import (
	"bytes"
	"context"
	"errors"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/partitions"
	"github.com/millrace/millrace/resilience"
)

// things are two events in topics of one partition.
func (w *world) things() (in, out bus.Event[string]) {
	w.t.Helper()
	key := func(key string) string { return key }
	for _, topic := range []bus.Topic{"things", "seen"} {
		if err := w.bus.Create(w.t.Context(), bus.TopicSpec{Name: topic, Partitions: 1}); err != nil {
			w.t.Fatal(err)
		}
	}
	return bus.Define("test.thing.made", key, bus.InTopic("things")), bus.Define("test.thing.seen", key, bus.InTopic("seen"))
}

// refuses has brokers refuse each batch of a topic that holds the text, as they do with times that are out of range.
func (w *world) refuses(topic, text string) {
	w.t.Helper()
	infos, err := w.bus.Topics(w.t.Context(), bus.Topic(topic))
	if err != nil {
		w.t.Fatal(err)
	}
	unpack := kgo.DefaultDecompressor()
	w.cluster.ControlKey(int16(kmsg.Produce), func(asked kmsg.Request) (kmsg.Response, error, bool) {
		w.cluster.KeepControl()
		request := asked.(*kmsg.ProduceRequest)
		response, met := request.ResponseKind().(*kmsg.ProduceResponse), false
		for _, t := range request.Topics {
			of := kmsg.NewProduceResponseTopic()
			of.Topic, of.TopicID = t.Topic, t.TopicID
			for _, p := range t.Partitions {
				var batch kmsg.RecordBatch
				if err := batch.ReadFrom(p.Records); err != nil && len(p.Records) > 0 { // of a batch that was given up nothing is left
					w.t.Error(err)
				}
				records := batch.Records
				if kind := kgo.CompressionCodecType(batch.Attributes & 7); kind != kgo.CodecNone {
					if records, err = unpack.Decompress(records, kind); err != nil {
						w.t.Error(err)
					}
				}
				one := kmsg.NewProduceResponseTopicPartition()
				one.Partition, one.ErrorCode = p.Partition, kerr.NotLeaderForPartition.Code
				if (t.Topic == topic || kadm.TopicID(t.TopicID).String() == infos[0].ID) && bytes.Contains(records, []byte(text)) {
					one.ErrorCode, met = kerr.InvalidTimestamp.Code, true
				}
				of.Partitions = append(of.Partitions, one)
			}
			response.Topics = append(response.Topics, of)
		}
		return response, nil, met
	})
}

// TestRefusedRecord lets handlers, a timer, an answer, what follows outside work and a call emit what brokers refuse, each among
// many that they take. The one fails, all others are done once.
func TestRefusedRecord(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		defer w.end()
		in, out := w.things()
		w.refuses("seen", "bad")
		var noted error
		fired := 0
		timer := partitions.NewTimer("later", func(tx *partitions.Tx, _ string) error {
			fired++
			tx.Emit(out.New("bad timer"))
			return nil
		})
		ask := partitions.NewCommand[string, string]("ask", func(key string) string { return key })
		g, err := partitions.New(w.bus, "lost", partitions.Lanes(1), partitions.Use(timer),
			partitions.Answer(ask, func(tx *partitions.Tx, key string) (string, error) {
				tx.Emit(out.New(key))
				return key, nil
			}),
			partitions.On(in, func(tx *partitions.Tx, key string) error {
				switch key {
				case "arms":
					timer.After(tx, 0, key)
				case "works":
					tx.Go(func(context.Context) func(*partitions.Tx) error {
						return func(tx *partitions.Tx) error { tx.Emit(out.New("bad work")); return nil }
					}, func(_ *partitions.Tx, err error) error { noted = err; return nil })
				}
				tx.Emit(out.New(key))
				return nil
			}))
		if err != nil {
			t.Fatal(err)
		}
		const many = 500
		var msgs []bus.Message
		for i := range many {
			msgs = append(msgs, in.New("fine "+strconv.Itoa(i)))
			switch i {
			case 10:
				msgs = append(msgs, in.New("bad one"), in.New("arms"), in.New("works"))
			case 400:
				msgs = append(msgs, in.New("bad two"))
			}
		}
		publish(t, w.bus, msgs...)
		defer start(t, g)()
		<-time.After(20 * time.Second)
		refused := make(chan error, 10)
		for i := range cap(refused) {
			go func() {
				_, err := partitions.Ask(t.Context(), g, ask, map[bool]string{true: "bad question", false: "question"}[i == 5])
				refused <- err
			}()
		}
		failed := 0
		for range cap(refused) {
			if err := <-refused; err != nil {
				if answer, ok := errors.AsType[*partitions.AskError](err); !ok || answer.Code != partitions.CodeFailed {
					t.Errorf("the question ended by %v", err)
				}
				failed++
			}
		}
		if failed != 1 {
			t.Errorf("%d questions failed", failed)
		}
		err = g.Do(t.Context(), "call", func(tx *partitions.Tx) error { tx.Emit(out.New("bad call")); return nil })
		if one, ok := errors.AsType[*bus.PublishError](err); !ok || one.Topic != "seen" || resilience.ClassOf(err) != resilience.ClassPermanent {
			t.Errorf("the call ended by %v", err)
		}
		<-time.After(2 * time.Minute)
		seen := map[string]int{}
		for key, err := range bus.Tail(t.Context(), w.bus, out, bus.Earliest, bus.UntilEnd()) {
			if err != nil {
				t.Fatal(err)
			}
			seen[key.Value]++
		}
		if len(seen) != many+3 || seen["question"] != 9 {
			t.Errorf("%d different ones were seen, and %d questions", len(seen), seen["question"])
		}
		for key, n := range seen {
			if n != 1 && key != "question" {
				t.Errorf("%q was seen %d times", key, n)
			}
		}
		dead := map[string]int{}
		for letter, err := range w.bus.DeadLetters(t.Context(), "lost") {
			if err != nil || letter.Reason != bus.ReasonPermanent {
				t.Errorf("%+v, %v", letter, err)
			}
			dead[string(letter.Record.Value)]++
		}
		if len(dead) != 2 || dead[`"bad one"`] != 1 || dead[`"bad two"`] != 1 {
			t.Errorf("dead letters: %v", dead)
		}
		if noted == nil || fired < 2 {
			t.Errorf("%v was noted, and the timer fired %d times", noted, fired)
		}
	})
}
