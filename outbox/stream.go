package outbox

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"maps"
	"sync"
	"sync/atomic"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgproto3"
)

// stream is one replication connection. Reading is for one goroutine; the position may be confirmed from another.
type stream struct {
	conn      *pgconn.PgConn
	writing   sync.Mutex
	confirmed atomic.Uint64
	walEnd    atomic.Uint64
}

// openStream starts replication where the slot stands.
func openStream(ctx context.Context, config *pgconn.Config, slot, publication string) (*stream, error) {
	config = config.Copy()
	if config.RuntimeParams == nil {
		config.RuntimeParams = make(map[string]string)
	}
	// The text of a value must not depend on how the database or the role is set up.
	maps.Copy(config.RuntimeParams, map[string]string{
		"replication": "database", "client_encoding": "UTF8", "bytea_output": "hex", "TimeZone": "UTC",
		"DateStyle": "ISO, MDY", "IntervalStyle": "postgres", "extra_float_digits": "3",
	})
	conn, err := pgconn.ConnectConfig(ctx, config)
	if err != nil {
		return nil, fmt.Errorf("connect for replication: %w", err)
	}
	s := &stream{conn: conn}
	if err := s.start(ctx, slot, publication); err != nil {
		return nil, errors.Join(fmt.Errorf("start replication: %w", err), s.close(ctx))
	}
	return s, nil
}

func (s *stream) start(ctx context.Context, slot, publication string) error {
	command := fmt.Sprintf(`START_REPLICATION SLOT "%s" LOGICAL 0/0 (proto_version '1', publication_names '"%s"')`, slot, publication)
	s.conn.Frontend().SendQuery(&pgproto3.Query{String: command})
	if err := s.conn.Frontend().Flush(); err != nil {
		return err //nolint:wrapcheck // wrapped once by openStream
	}
	for {
		message, err := s.conn.ReceiveMessage(ctx)
		if err != nil {
			return err //nolint:wrapcheck // wrapped once by openStream
		}
		switch message := message.(type) {
		case *pgproto3.ErrorResponse:
			return pgconn.ErrorResponseToPgError(message) //nolint:wrapcheck // wrapped once by openStream
		case *pgproto3.CopyBothResponse:
			return nil
		}
	}
}

// keepalive says how far the server's log reaches.
type keepalive struct {
	end   LSN
	reply bool
}

// next returns the next message: a keepalive, or one of those that decodeWAL returns. It owns its bytes.
func (s *stream) next(ctx context.Context) (any, error) {
	for {
		message, err := s.conn.ReceiveMessage(ctx)
		if err != nil {
			return nil, fmt.Errorf("read the log: %w", err)
		}
		switch message := message.(type) {
		case *pgproto3.ErrorResponse:
			return nil, pgconn.ErrorResponseToPgError(message) //nolint:wrapcheck // the server's own words; explain adds what to do
		case *pgproto3.CopyData:
			if decoded, err := s.decode(message.Data); decoded != nil || err != nil {
				return decoded, err
			}
		case *pgproto3.CopyDone:
			return nil, errors.New("the server ended replication")
		}
	}
}

func (s *stream) decode(data []byte) (any, error) {
	switch {
	case len(data) >= 18 && data[0] == 'k':
		end := binary.BigEndian.Uint64(data[1:])
		s.walEnd.Store(max(s.walEnd.Load(), end))
		return keepalive{end: LSN(end), reply: data[17] == 1}, nil
	case len(data) > 25 && data[0] == 'w':
		end := binary.BigEndian.Uint64(data[9:])
		s.walEnd.Store(max(s.walEnd.Load(), end))
		return decodeWAL(append([]byte(nil), data[25:]...))
	default:
		return nil, nil //nolint:nilnil // a message of another kind is passed over
	}
}

// confirm lets the server forget the log before end. It never goes back.
func (s *stream) confirm(end LSN) {
	for {
		now := s.confirmed.Load()
		if uint64(end) <= now || s.confirmed.CompareAndSwap(now, uint64(end)) {
			return
		}
	}
}
