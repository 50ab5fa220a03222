package outbox

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"time"

	"github.com/jackc/pgx/v5/pgproto3"
)

const (
	postgresEpoch = 946_684_800_000_000 // 2000-01-01 in microseconds of Unix time
	writeLimit    = 10 * time.Second
	closeLimit    = 2 * time.Second
)

// report tells the server what is confirmed, which also keeps the connection alive.
func (s *stream) report() error {
	confirmed := s.confirmed.Load()
	message := make([]byte, 0, 39)
	message = append(message, 'd')
	message = binary.BigEndian.AppendUint32(message, 38)
	message = append(message, 'r')
	for range 3 {
		message = binary.BigEndian.AppendUint64(message, confirmed)
	}
	message = binary.BigEndian.AppendUint64(message, uint64(time.Now().UnixMicro()-postgresEpoch)) //nolint:gosec // after 2000
	message = append(message, 0)
	return s.write(message)
}

func (s *stream) write(message []byte) error {
	s.writing.Lock()
	defer s.writing.Unlock()
	conn := s.conn.Conn()
	if err := conn.SetWriteDeadline(time.Now().Add(writeLimit)); err != nil {
		return fmt.Errorf("report the position: %w", err)
	}
	if _, err := conn.Write(message); err != nil {
		return fmt.Errorf("report the position: %w", err)
	}
	return nil
}

// close ends replication in good order where the connection is sound: the server has taken the last report and let go
// of the slot when it returns.
func (s *stream) close(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), closeLimit)
	defer cancel()
	if !s.conn.IsClosed() && s.write([]byte{'c', 0, 0, 0, 4}) == nil {
		for ended := false; !ended; {
			message, err := s.conn.ReceiveMessage(ctx)
			_, ready := message.(*pgproto3.ReadyForQuery)
			ended = ready || err != nil
		}
	}
	if err := s.conn.Close(ctx); err != nil && !errors.Is(err, net.ErrClosed) {
		return fmt.Errorf("close replication: %w", err)
	}
	return nil
}
