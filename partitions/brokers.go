package partitions

import (
	"context"
	"errors"
	"fmt"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// ErrBrokers is found in the error of [Group.Run] on a cluster whose transactions are not what the guarantees stand on.
var ErrBrokers = errors.New("partitions: the Kafka cluster is too old")

const (
	transactionFeature = "transaction.version"
	// transactionLevel is KIP-890's: each transaction has an epoch of its own, so that nothing late joins the next one.
	transactionLevel = 2
)

// checkBrokers refuses clusters without the transactions of KIP-890, which are the default since Kafka 4.0.
func (e *engine) checkBrokers(ctx context.Context) error {
	ask := kmsg.NewPtrApiVersionsRequest()
	ask.ClientSoftwareName, ask.ClientSoftwareVersion = "millrace", "1"
	answer, err := ask.RequestWith(ctx, e.client)
	if err != nil {
		return fmt.Errorf("ask for the brokers' features: %w", err)
	}
	level := int16(0)
	for _, feature := range answer.FinalizedFeatures {
		if feature.Name == transactionFeature {
			level = feature.MaxVersionLevel
		}
	}
	if level < transactionLevel {
		return fmt.Errorf("%w: its %s is %d, and %d is needed: run Kafka 4.0 or later, and "+
			"kafka-features.sh --bootstrap-server … upgrade --feature %s=%d", ErrBrokers, transactionFeature, level, transactionLevel,
			transactionFeature, transactionLevel)
	}
	return nil
}
