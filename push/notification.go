package push

import (
	"bytes"

	"github.com/millrace/millrace/push/internal/jsonrpc"
)

// What a WebSocket's client is told without having asked: see [Hub.WebSocket].
const (
	tellMessage  = "push.message"
	tellPosition = "push.position"
	tellDrain    = "push.drain"
)

// socketFraming frames as notifications of JSON-RPC, whose params are an NDJSON stream's line.
type socketFraming struct{}

func (socketFraming) message(m *message, id string) []byte {
	return tell(tellMessage, lines{}.message(m, id))
}

func (socketFraming) position(id string) []byte { return tell(tellPosition, lines{}.position(id)) }

func tell(what string, params []byte) []byte {
	return framed(opText, jsonrpc.Notification(what, bytes.TrimSuffix(params, []byte("\n"))))
}
