//go:build synctests

package partitions_test

import (
	"bytes"
	"testing"
	"testing/synctest"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// TestEvictedWhileJoining refuses a node's claims as of a generation that has passed, and holds back its request to join
// again until the group has given the node up, and another has had its shards and left. What the node knows of them is of
// before that.
func TestEvictedWhileJoining(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		defer w.end()
		first, second := w.open(), w.open()
		defer first.Close()
		defer second.Close()
		late, balance, err := w.ledger(first, "late")
		if err != nil {
			t.Fatal(err)
		}
		refused, held, arrive := 0, false, make(chan struct{})
		w.cluster.ControlKey(int16(kmsg.TxnOffsetCommit), func(asked kmsg.Request) (kmsg.Response, error, bool) {
			w.cluster.KeepControl()
			if held {
				return nil, nil, false
			}
			refused++
			return passed(asked.(*kmsg.TxnOffsetCommitRequest)), nil, true
		})
		w.cluster.ControlKey(int16(kmsg.JoinGroup), func(asked kmsg.Request) (kmsg.Response, error, bool) {
			request := asked.(*kmsg.JoinGroupRequest)
			if refused > 0 && !held && bytes.Contains(request.Protocols[0].Metadata, []byte("late")) {
				held = true
				w.cluster.SleepControl(func() { <-arrive })
			}
			return nil, nil, false
		})
		defer start(t, late)()
		w.deposit(len(accounts), 2)
		for nodes, _ := late.Nodes(); len(nodes) != 1; nodes, _ = late.Nodes() {
			<-time.After(time.Millisecond)
		}
		other, _, err := w.ledger(second, "other")
		if err != nil {
			t.Fatal(err)
		}
		stop := start(t, other)
		w.follow(len(accounts), 2)
		w.awaitHandled()
		stop()
		close(arrive)
		w.deposit(len(accounts), 2)
		w.follow(len(accounts), 4)
		w.awaitHandled()
		for account, cents := range w.rows(balance) {
			if cents != 4 {
				t.Errorf("%s has %d after 4 deposits of 1", account, cents)
			}
		}
		if refused == 0 || !held {
			t.Errorf("%d claims were refused, and the node was held back: %t", refused, held)
		}
	})
}

// passed is what a coordinator answers that knows a newer generation.
func passed(request *kmsg.TxnOffsetCommitRequest) kmsg.Response {
	response := request.ResponseKind().(*kmsg.TxnOffsetCommitResponse)
	for _, topic := range request.Topics {
		told := kmsg.NewTxnOffsetCommitResponseTopic()
		told.Topic, told.TopicID = topic.Topic, topic.TopicID
		for _, p := range topic.Partitions {
			partition := kmsg.NewTxnOffsetCommitResponseTopicPartition()
			partition.Partition, partition.ErrorCode = p.Partition, kerr.IllegalGeneration.Code
			told.Partitions = append(told.Partitions, partition)
		}
		response.Topics = append(response.Topics, told)
	}
	return response
}
