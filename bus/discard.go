package bus

import "context"

// Discard forgets dead letters of a group: those that [At] and [Where] mean, or all. They are no dead letters any more for
// [Bus.DeadLetters] and [Bus.Redrive]; their records stay in the topic "<group>.dlq" as long as it keeps them. An interrupted
// discard may simply be made again. It returns how many there were. [ToOrigin] says nothing here.
func (b *Bus) Discard(ctx context.Context, group string, opts ...RedriveOption) (int, error) {
	return b.settle(ctx, group, newRedrive(opts), func(DeadLetter, int) ([]Message, error) { return nil, nil })
}
