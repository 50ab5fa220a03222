package shop

import (
	"context"
	"strings"
	"time"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/httpapi/operations"
)

// Clock is the answer of GET /clock. A browser learns from it how far its own clock is off.
type Clock struct {
	Now time.Time `json:"now"`
}

// TopicSizes is the answer of GET /topics.
type TopicSizes struct {
	Topics []TopicSize `json:"topics"`
}

// TopicSize is one topic and how many records it holds, the markers of transactions among them.
type TopicSize struct {
	Name       bus.Topic       `json:"name"`
	Records    int64           `json:"records"`
	Partitions []PartitionSize `json:"partitions"`
}

// PartitionSize is one partition: the oldest offset kept, and the next one.
type PartitionSize struct {
	Partition bus.Partition `json:"partition"`
	Start     int64         `json:"start"`
	End       int64         `json:"end"`
}

// Lags is the answer of GET /lag.
type Lags struct {
	Group  string     `json:"group"`
	Lag    int64      `json:"lag"`
	Outbox *OutboxLag `json:"outbox,omitzero"`
}

// OutboxLag is how far the relay is behind the database.
type OutboxLag struct {
	Bytes   int64 `json:"bytes"`   // of write-ahead log that the relay has not confirmed
	Running bool  `json:"running"` // whether a relay holds the slot
}

func (s *Shop) listTopics(ctx context.Context, _ nothing) (answer operations.Answer[TopicSizes], err error) {
	infos, err := s.bus.Topics(ctx)
	if err != nil {
		return answer, err
	}
	answer.Body.Topics = []TopicSize{}
	for _, info := range infos {
		if info.Internal || strings.HasPrefix(string(info.Name), "_") {
			continue
		}
		size := TopicSize{Name: info.Name}
		for _, p := range info.Partitions {
			size.Partitions = append(size.Partitions, PartitionSize{Partition: p.Partition, Start: p.Start, End: p.End})
			size.Records += p.End - p.Start
		}
		answer.Body.Topics = append(answer.Body.Topics, size)
	}
	return answer, nil
}

func (s *Shop) showLag(ctx context.Context, _ nothing) (answer operations.Answer[Lags], err error) {
	answer.Body.Group = Group
	groups, err := s.bus.Lag(ctx, Group)
	if err != nil {
		return answer, err
	}
	for _, group := range groups {
		answer.Body.Lag += group.Total()
	}
	if s.outbox != nil {
		lag, err := s.outbox(ctx)
		if err != nil {
			return answer, err
		}
		answer.Body.Outbox = &lag
	}
	return answer, nil
}

func (s *Shop) showClock(context.Context, nothing) (operations.Answer[Clock], error) {
	return operations.Answer[Clock]{Body: Clock{Now: now()}}, nil
}
