package soak_test

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
)

// health looks whether brokers have caught up.
type health struct {
	client *kgo.Client
	admin  *kadm.Client
}

// healLimit is how long brokers may take to catch up.
const healLimit = 3 * time.Minute

func newHealth(url string) (*health, error) {
	client, err := kgo.NewClient(kgo.SeedBrokers(strings.Split(strings.TrimPrefix(url, "kafka://"), ",")...),
		kgo.RequestTimeoutOverhead(3*time.Second))
	if err != nil {
		return nil, err
	}
	return &health{client: client, admin: kadm.NewClient(client)}, nil
}

// await returns once every partition has a leader and all its replicas.
func (h *health) await(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, healLimit)
	defer cancel()
	for {
		behind := h.behind(ctx)
		if behind == "" {
			return nil
		}
		if !rest(ctx, 300*time.Millisecond) {
			return fmt.Errorf("brokers have not caught up after %s: %s", healLimit, behind)
		}
	}
}

func (h *health) behind(ctx context.Context) string {
	topics, err := h.admin.ListTopicsWithInternal(ctx)
	if err != nil {
		return err.Error()
	}
	for _, topic := range topics {
		for _, p := range topic.Partitions {
			if p.Leader < 0 || len(p.ISR) < len(p.Replicas) {
				return fmt.Sprintf("%s/%d has leader %d and %v of %v", topic.Topic, p.Partition, p.Leader, p.ISR, p.Replicas)
			}
		}
	}
	return ""
}
