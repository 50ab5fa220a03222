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
	const most = 64 // of the notification's own text
	into := make([]byte, longestHead, longestHead+most+m.lineRoom(id))
	return headed(opText, jsonrpc.AppendNotification(into, tellMessage, func(into []byte) []byte { return m.appendLine(into, id) }))
}

func (socketFraming) position(id string) []byte { return tell(tellPosition, lines{}.position(id)) }

func tell(what string, params []byte) []byte {
	return framed(opText, jsonrpc.Notification(what, bytes.TrimSuffix(params, []byte("\n"))))
}
