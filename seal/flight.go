package seal

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// key returns a data key from the cache, or asks the source for it: once for all who want it at that time. A question goes on when its first asker
// goes, up to the sealer's limit.
func (s *Sealer) key(ctx context.Context, name keyName, ask func(context.Context) (*dataKey, error)) (*dataKey, error) {
	asked := time.Now()
	key, mark := s.keys.take(name, asked)
	s.meters.took(ctx, key != nil)
	if key != nil {
		return key, nil
	}
	flight := fmt.Sprintf("%s/%x/%d", name.tenant, name.wrapped, mark) // nobody joins a question from before the tenant was forgotten
	answer := s.flights.DoChan(flight, func() (any, error) {
		bounded, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.limit)
		defer cancel()
		key, err := ask(bounded)
		if err == nil {
			s.keys.put(name, key, asked, mark)
		}
		return key, err
	})
	select {
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	case got := <-answer:
		if got.Err != nil {
			return nil, got.Err
		}
		key, ok := got.Val.(*dataKey)
		if !ok {
			return nil, errors.New("seal: no key came of the question")
		}
		return key, nil
	}
}
