package shop

import (
	"net/http"
	"strings"
	"time"

	"github.com/millrace/millrace/bus"
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

func (s *Shop) listTopics(w http.ResponseWriter, r *http.Request) error {
	infos, err := s.bus.Topics(r.Context())
	if err != nil {
		return err
	}
	sizes := TopicSizes{Topics: []TopicSize{}}
	for _, info := range infos {
		if info.Internal || strings.HasPrefix(string(info.Name), "_") {
			continue
		}
		size := TopicSize{Name: info.Name}
		for _, p := range info.Partitions {
			size.Partitions = append(size.Partitions, PartitionSize{Partition: p.Partition, Start: p.Start, End: p.End})
			size.Records += p.End - p.Start
		}
		sizes.Topics = append(sizes.Topics, size)
	}
	w.Header().Set("Cache-Control", "no-store")
	return writeJSON(w, http.StatusOK, sizes)
}

func (s *Shop) showLag(w http.ResponseWriter, r *http.Request) error {
	lags := Lags{Group: Group}
	groups, err := s.bus.Lag(r.Context(), Group)
	if err != nil {
		return err
	}
	for _, group := range groups {
		lags.Lag += group.Total()
	}
	if s.outbox != nil {
		lag, err := s.outbox(r.Context())
		if err != nil {
			return err
		}
		lags.Outbox = &lag
	}
	w.Header().Set("Cache-Control", "no-store")
	return writeJSON(w, http.StatusOK, lags)
}

func (s *Shop) showClock(w http.ResponseWriter, _ *http.Request) error {
	w.Header().Set("Cache-Control", "no-store")
	return writeJSON(w, http.StatusOK, Clock{Now: now()})
}
