package outbox_test

import (
	"bytes"
	"encoding/binary"
	"io"
	"sync"
)

// fate is what becomes of a piece of a connection: it goes on, or all lines freeze before it or after it has passed.
type fate int

const (
	goesOn fate = iota
	before
	after
)

// wire freezes a node's lines when it comes to a step: of what it reads of the log, of what it asks Kafka for, or of what
// it confirms. A nil one never does.
type wire struct {
	step step
	row  []byte // that passes on its way to the relay before the step counts

	mu        sync.Mutex
	passed    bool
	confirmed uint64
	requests  int
}

// step is a place on the way of a row.
type step struct {
	kind  kind
	fate  fate
	count int // of such requests
}

type kind int16

const (
	produce      kind = 0
	endTx        kind = 26
	commitOffset kind = 28
	readRow      kind = -1
	confirm      kind = -2
)

// postgres has both directions of a connection to PostgreSQL.
func (w *wire) postgres() (up, down flow) {
	raw := func(from io.Reader, space []byte) ([]byte, error) {
		n, err := from.Read(space)
		return space[:n], err
	}
	return flow{raw, w.status}, flow{raw, w.log}
}

// log looks at what the server sends.
func (w *wire) log(piece []byte) fate {
	if w == nil {
		return goesOn
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.passed || !bytes.Contains(piece, w.row) {
		return goesOn
	}
	w.passed = true
	if w.step.kind == readRow {
		return w.step.fate
	}
	return goesOn
}

// status looks at what the relay confirms: a message of 'd', its length, 'r', and the position.
func (w *wire) status(piece []byte) fate {
	const position = 1 + 4 + 1
	if w == nil || len(piece) < position+8 || piece[0] != 'd' || piece[position-1] != 'r' {
		return goesOn
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	at := binary.BigEndian.Uint64(piece[position:])
	further := at > w.confirmed
	w.confirmed = at
	if w.passed && further && w.step.kind == confirm {
		return w.step.fate
	}
	return goesOn
}

// kafka has both directions of a connection to a broker.
func (w *wire) kafka() (up, down flow) {
	var mu sync.Mutex
	awaited := map[uint32]bool{} // correlation ids of the step's request
	frame := func(from io.Reader, space []byte) ([]byte, error) {
		if _, err := io.ReadFull(from, space[:4]); err != nil {
			return nil, err
		}
		size := int(binary.BigEndian.Uint32(space))
		if 4+size > len(space) {
			space = append(make([]byte, 0, 4+size), space[:4]...)[:4+size]
		}
		_, err := io.ReadFull(from, space[4:4+size])
		return space[:4+size], err
	}
	request := func(piece []byte) fate {
		end := w.asks(kind(binary.BigEndian.Uint16(piece[4:])))
		if end != after {
			return end
		}
		mu.Lock()
		defer mu.Unlock()
		awaited[binary.BigEndian.Uint32(piece[8:])] = true
		return goesOn
	}
	response := func(piece []byte) fate {
		mu.Lock()
		defer mu.Unlock()
		if awaited[binary.BigEndian.Uint32(piece[4:])] {
			return before // the broker has done it, and the node does not hear of that
		}
		return goesOn
	}
	return flow{frame, request}, flow{frame, response}
}

// asks looks at a request to Kafka.
func (w *wire) asks(k kind) fate {
	if w == nil {
		return goesOn
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.passed || w.step.kind != k {
		return goesOn
	}
	if w.requests++; w.requests == w.step.count {
		return w.step.fate
	}
	return goesOn
}
