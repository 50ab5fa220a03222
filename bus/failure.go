package bus

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
)

// failure is the first error of a poll that another poll does not mend.
func (b *Bus) failure(ctx context.Context, fetches kgo.Fetches) error {
	for _, failed := range fetches.Errors() {
		if b.rejoins(failed.Err) {
			b.config.logger.WarnContext(ctx, "thrown out of the group; joining it again", "error", failed.Err)
			continue
		}
		if _, lost := errors.AsType[*kgo.ErrDataLoss](failed.Err); lost || !kerr.IsRetriable(failed.Err) || missing(failed.Err) {
			return readError(failed.Err)
		}
	}
	return nil
}

// rejoins says whether err ended a member's session that the client begins anew by itself: the group took the process
// for dead, or the coordinator was out of reach for longer than the client asks again. A group that the member may not
// join, or not in this way, is no such case.
func (b *Bus) rejoins(err error) bool {
	if _, session := errors.AsType[*kgo.ErrGroupSession](err); !session || errors.Is(err, kgo.ErrClientClosed) {
		return false
	}
	if denied(err) || errors.Is(b.config.reach.explain(err), ErrDenied) {
		return false
	}
	answer, answered := errors.AsType[*kerr.Error](err)
	return !answered || answer.Retriable ||
		slices.Contains([]*kerr.Error{kerr.UnknownMemberID, kerr.IllegalGeneration, kerr.RebalanceInProgress}, answer)
}

func readError(err error) error {
	_, lost := errors.AsType[*kgo.ErrDataLoss](err)
	_, joining := errors.AsType[*kgo.ErrGroupSession](err)
	switch {
	case joining && (errors.Is(err, kerr.GroupIDNotFound) || errors.Is(err, kerr.InconsistentGroupProtocol)):
		return fmt.Errorf("%w: it was used with bus.Shared, or by another kind of client; choose another name, or delete the group: %w",
			ErrGroupKind, err)
	case missing(err):
		return fmt.Errorf("%w (%w)", ErrNoTopic, err)
	case lost || errors.Is(err, kerr.OffsetOutOfRange):
		return fmt.Errorf("%w: %w", ErrOffset, err)
	case denied(err):
		return refusal(err)
	case errors.Is(err, kerr.MessageTooLarge) || errors.Is(err, kerr.RecordListTooLarge):
		return fmt.Errorf("%w: %w", ErrTooLarge, err)
	case errors.Is(err, kgo.ErrClientClosed):
		return ErrClosed
	}
	return err
}
