package push

import (
	"context"
	"fmt"
)

// RPC lets WebSockets' clients call procedures.
func RPC(procedures ...Procedure) Option {
	return option(func(s *settings) {
		for _, p := range procedures {
			if p.err != nil {
				s.errs = append(s.errs, fmt.Errorf("RPC: %w", p.err))
				continue
			}
			if s.procedures[p.name] != nil {
				s.errs = append(s.errs, fmt.Errorf("RPC: there are two procedures %q", p.name))
			}
			s.procedures[p.name] = &p
		}
	})
}

// Call is what is known of a call before its params are read. See [Around].
type Call struct {
	Method string
	// Headers are what Effect's clients send with it.
	Headers [][2]string
}

// Around is called around each call of a procedure, the first one given outermost: for limits, permissions and the like. It calls next, or
// returns an error, which is treated as the procedure's.
func Around(f func(ctx context.Context, c Call, next func(context.Context) error) error) Option {
	return option(func(s *settings) {
		s.around = append([]func(context.Context, Call, func(context.Context) error) error{f}, s.around...)
	})
}

// Calls is how many calls of a connection may be under way, 64 by default, and how many messages it may send in a second, 200 by default, and
// twice as many at once. More calls are refused; who sends more messages is disconnected.
func Calls(atOnce, messages int) Option {
	return option(func(s *settings) { s.atOnce, s.rate = atOnce, messages })
}

// Message is how large a message of a client may be, in bytes: 64 KiB by default. A larger one closes its connection with status 1009.
func Message(bytes int) Option { return option(func(s *settings) { s.message = bytes }) }
