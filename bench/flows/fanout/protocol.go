package fanout

import (
	"strconv"
	"strings"
	"time"
)

// Work is what a side is told.
type Work struct {
	Kafka string `json:"kafka,omitempty"`
	Tuned bool   `json:"tuned,omitempty"`
	// History lets clients resume, where a side does not always.
	History bool `json:"history,omitempty"`
}

// Ready is what a side tells first.
type Ready struct {
	// Address is where it listens: for connections at "/", and for commands at "/publish" and "/idle".
	Address string `json:"address"`
	// Hello is the message by which a client subscribes.
	Hello string `json:"hello"`
}

// Publish says what to publish: Count payloads, Burst at a time, each time Every after the one before.
type Publish struct {
	Count int           `json:"count"`
	Burst int           `json:"burst"`
	Every time.Duration `json:"every"`
	Size  int           `json:"size"`
}

// Idle is what a quiet process has.
type Idle struct {
	Goroutines int `json:"goroutines"`
}

// Marker is in each payload once, and nowhere else in what is sent; the digits of a time follow.
const (
	Marker = '#'
	Digits = 19
)

// payload is text of a size, with the time of now.
func payload(size int) string {
	head := string(Marker) + strconv.FormatInt(time.Now().UnixNano(), 10)
	return head + strings.Repeat("x", max(size-len(head), 0))
}
