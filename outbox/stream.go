package outbox

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgproto3"
)

// stream is one replication connection. Reading is for one goroutine; the position may be confirmed from another.
type stream struct {
	conn      *pgconn.PgConn
	writing   sync.Mutex
	confirmed atomic.Uint64
	walEnd    atomic.Uint64
	waits     atomic.Int64 // since when the reader has waited, in nanoseconds of Unix time; 0 for not at all
	copying   bool
	arena     []byte
}

// message is one message of the stream: a keepalive of kind 'k', or one of logical replication. Its bytes
// are the connection's, until the next message is read.
type message struct {
	kind  byte
	at    LSN // of a change; of a keepalive, how far the server's log reaches
	reply bool
	data  []byte
}

// arenaSize is how much memory rows share that are kept, and ownSize how large one is that has its own.
const (
	arenaSize = 64 << 10
	ownSize   = arenaSize / 8
)

// start begins replication where the slot stands.
func (s *stream) start(ctx context.Context, slot, publication string) error {
	command := fmt.Sprintf(`START_REPLICATION SLOT "%s" LOGICAL 0/0 (proto_version '1', publication_names '"%s"', messages 'true')`,
		slot, publication)
	s.conn.Frontend().SendQuery(&pgproto3.Query{String: command})
	if err := s.conn.Frontend().Flush(); err != nil {
		return fmt.Errorf("start replication: %w", err)
	}
	var failed error
	for {
		message, err := s.conn.ReceiveMessage(ctx)
		if err != nil {
			return errors.Join(failed, fmt.Errorf("start replication: %w", err))
		}
		switch message := message.(type) {
		case *pgproto3.ErrorResponse:
			failed = pgconn.ErrorResponseToPgError(message)
		case *pgproto3.ReadyForQuery:
			return fmt.Errorf("start replication: %w", failed)
		case *pgproto3.CopyBothResponse:
			s.copying = true
			return nil
		}
	}
}

// interrupt makes a reader that waits return, now or when it waits next.
func (s *stream) interrupt() { _ = s.conn.Conn().SetReadDeadline(time.Unix(1, 0)) } // a closed connection has no reader

// next returns the next message.
func (s *stream) next() (message, error) {
	for {
		if s.conn.Frontend().ReadBufferLen() == 0 {
			s.waits.Store(time.Now().UnixNano())
		}
		received, err := s.conn.ReceiveMessage(context.Background())
		s.waits.Store(0)
		if err != nil {
			return message{}, fmt.Errorf("read the log: %w", err)
		}
		switch received := received.(type) {
		case *pgproto3.ErrorResponse:
			return message{}, pgconn.ErrorResponseToPgError(received) //nolint:wrapcheck // the server's own words; explain adds what to do
		case *pgproto3.CopyData:
			if m := s.unpack(received.Data); m.kind != 0 {
				return m, nil
			}
		case *pgproto3.CopyDone:
			return message{}, errors.New("the server ended replication")
		}
	}
}

// unpack takes a message out of its envelope. One of another kind is passed over.
func (s *stream) unpack(data []byte) message {
	switch {
	case len(data) >= 18 && data[0] == 'k':
		m := message{kind: 'k', at: LSN(binary.BigEndian.Uint64(data[1:])), reply: data[17] == 1}
		s.reaches(m.at)
		return m
	case len(data) > 25 && data[0] == 'w':
		s.reaches(LSN(binary.BigEndian.Uint64(data[9:])))
		return message{kind: data[25], at: LSN(binary.BigEndian.Uint64(data[1:])), data: data[25:]}
	default:
		return message{}
	}
}

// reaches notes how far the server's log goes.
func (s *stream) reaches(end LSN) {
	if uint64(end) > s.walEnd.Load() {
		s.walEnd.Store(uint64(end))
	}
}

// own copies what is kept of the connection's. Memory is shared by what is kept alone, so that a few small rows that wait
// keep no more than a few times their size.
func (s *stream) own(data []byte) []byte {
	if len(data) > ownSize {
		return bytes.Clone(data)
	}
	if cap(s.arena)-len(s.arena) < len(data) {
		s.arena = make([]byte, 0, arenaSize)
	}
	at := len(s.arena)
	s.arena = append(s.arena, data...)
	return s.arena[at:len(s.arena):len(s.arena)]
}

// disown takes back what was copied last.
func (s *stream) disown(own []byte) {
	if len(own) <= ownSize {
		s.arena = s.arena[:len(s.arena)-len(own)]
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
