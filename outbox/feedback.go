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
	reportEvery   = time.Second
	writeLimit    = 10 * time.Second
	closeLimit    = 2 * time.Second
	// silence is how long a server may say nothing although it is asked to. While it reads a large transaction of which
	// nothing is published, it answers after half of its wal_sender_timeout only; see talks. PostgreSQL 14 and 15 do not
	// answer while they read what a statement such as REFRESH MATERIALIZED VIEW writes, and end the connection themselves
	// after that time: one that takes them longer to read is begun again and again. 16 and later answer.
	silence = time.Minute
)

// errSilent passes: another connection may do better.
var errSilent = errors.New("the server has said nothing for a minute although it was asked to")

// report tells the server what is confirmed, which also keeps the connection alive.
func (s *stream) report() error {
	ask := byte(0)
	if since := s.waits.Load(); since != 0 {
		switch waited := time.Since(time.Unix(0, since)); {
		case waited > silence:
			s.interrupt()
			return errSilent
		case waited > silence/2: //nolint:mnd // time enough for an answer
			ask = 1
		}
	}
	confirmed := s.confirmed.Load()
	message := make([]byte, 0, 39)
	message = append(message, 'd')
	message = binary.BigEndian.AppendUint32(message, 38)
	message = append(message, 'r')
	for range 3 {
		message = binary.BigEndian.AppendUint64(message, confirmed)
	}
	message = binary.BigEndian.AppendUint64(message, uint64(time.Now().UnixMicro()-postgresEpoch)) //nolint:gosec // after 2000
	return s.write(append(message, ask))
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
	if s.copying && !s.conn.IsClosed() && s.conn.Conn().SetReadDeadline(time.Time{}) == nil && s.write([]byte{'c', 0, 0, 0, 4}) == nil {
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
