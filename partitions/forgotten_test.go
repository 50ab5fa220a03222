//go:build synctests

package partitions_test

import (
	"errors"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/millrace/millrace/partitions"
)

// TestOffsetsGone forgets a group's offsets, as brokers do with groups that have been empty for long.
func TestOffsetsGone(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		defer w.end()
		g, _, err := w.ledger(w.bus, "one")
		if err != nil {
			t.Fatal(err)
		}
		stop := start(t, g)
		w.deposit(len(accounts), 2)
		w.follow(len(accounts), 2)
		stop()
		w.forgetOffsets()
		if err := g.Run(t.Context()); !errors.Is(err, partitions.ErrOffsets) || !strings.Contains(err.Error(), "reset ledger --input deposits") {
			t.Errorf("the group ended with %v", err)
		}
	})
}

// TestOffsetsOvertaken answers once that nothing is committed, as a node reads it that asks before another node's first
// commit, and stands still until after it. It must ask again, and neither end nor count anything twice.
func TestOffsetsOvertaken(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		defer w.end()
		g, _, err := w.ledger(w.bus, "one")
		if err != nil {
			t.Fatal(err)
		}
		stop := start(t, g)
		w.deposit(len(accounts), 2)
		w.follow(len(accounts), 2)
		stop()
		told := false
		w.cluster.ControlKey(int16(kmsg.OffsetFetch), func(asked kmsg.Request) (kmsg.Response, error, bool) {
			request := asked.(*kmsg.OffsetFetchRequest)
			w.cluster.KeepControl()
			whole := len(request.Groups[0].Topics[0].Partitions) == shards // the group's client asks too, for all at once
			if told || whole || !request.RequireStable {
				return nil, nil, false
			}
			told = true
			return answered(request, nil), nil, true
		})
		stop = start(t, g)
		defer stop()
		w.deposit(len(accounts), 2)
		w.follow(len(accounts), 4)
		if !told {
			t.Error("no node asked for offsets")
		}
	})
}

// answered is what a coordinator answers that knows these offsets, and no others.
func answered(request *kmsg.OffsetFetchRequest, known map[int32]int64) kmsg.Response {
	response := request.ResponseKind().(*kmsg.OffsetFetchResponse)
	for _, group := range request.Groups {
		answer := kmsg.NewOffsetFetchResponseGroup()
		answer.Group = group.Group
		for _, topic := range group.Topics {
			told := kmsg.NewOffsetFetchResponseGroupTopic()
			told.Topic, told.TopicID = topic.Topic, topic.TopicID
			for _, id := range topic.Partitions {
				partition := kmsg.NewOffsetFetchResponseGroupTopicPartition()
				partition.Partition, partition.Offset = id, -1
				if offset, told := known[id]; told {
					partition.Offset = offset
				}
				told.Partitions = append(told.Partitions, partition)
			}
			answer.Topics = append(answer.Topics, told)
		}
		response.Groups = append(response.Groups, answer)
	}
	return response
}
