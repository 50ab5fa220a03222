package push

import "github.com/coder/websocket"

// why is why a client is ended.
type why int8

const (
	whyGone    why = iota // the connection is over
	whyDrain              // the hub stops
	whySlow               // it is too far behind
	whyAnew               // the topic was made anew
	whyDead               // it does not answer
	whyExpired            // its grant is over
	whyRevoked            // somebody has ended it
	whyFlood              // it sends more than it may
	whyBinary             // it sends what is not text
	whyText               // it sends text that is none
	whyFailed             // the application failed on what it sent
)

// atOnce says whether what is queued is not sent any more.
func (w why) atOnce() bool {
	switch w {
	case whyGone, whyDead, whyExpired, whyRevoked, whyFlood:
		return true
	default:
		return false
	}
}

// status is how a WebSocket is closed, as [Hub.WebSocket] documents.
func (w why) status() (websocket.StatusCode, string) {
	switch w {
	case whyDrain:
		return 3001, "the server stops: connect again"
	case whySlow:
		return 3008, "too far behind: connect again and resume"
	case whyAnew:
		return 3014, "what could be resumed is gone: connect again"
	case whyDead:
		return 3012, "no answer to pings: connect again"
	case whyExpired:
		return 3005, "what allowed it has expired: authenticate and connect again"
	case whyRevoked:
		return 3503, "the connection was revoked"
	case whyFlood:
		return 3013, "too many messages: slow down and connect again"
	case whyBinary:
		return websocket.StatusUnsupportedData, "messages are text"
	case whyText:
		return websocket.StatusInvalidFramePayloadData, "text must be UTF-8"
	case whyFailed:
		return websocket.StatusInternalError, "the server failed on a message"
	default:
		return websocket.StatusNormalClosure, ""
	}
}
