package push

import (
	"net/http"
	"strconv"
	"strings"
	"time"
)

const resetReason = "what was missed is no longer kept; load the state anew"

// framing is how messages look on the wire, and where a client stands.
type framing interface {
	message(m *message, id string) []byte
	position(id string) []byte
}

// streaming is a framing of what is read with GET, and its control frames.
type streaming interface {
	framing
	contentType() string
	reset(id string) []byte
	retry(wait time.Duration) []byte
	keepAlive() []byte
}

// format numbers the framings.
type format int

const (
	formatEvents format = iota
	formatLines
	formatSocket
	formats
)

func (f format) framing() framing {
	if f == formatSocket {
		return socketFraming{}
	}
	return f.streaming()
}

// streaming is that of a format which is not a WebSocket's.
func (f format) streaming() streaming {
	if f == formatLines {
		return lines{}
	}
	return eventStream{}
}

// medium is the media type that a format answers to.
func (f format) medium() string {
	switch f {
	case formatLines:
		return "application/x-ndjson"
	case formatSocket:
		return "websocket"
	default:
		return "text/event-stream"
	}
}

// negotiate chooses by Accept (RFC 9110, section 12.5.1): the highest quality wins, and of equals the event stream.
func negotiate(header http.Header) (format, bool) {
	accept := strings.Join(header.Values("Accept"), ",")
	if strings.TrimSpace(accept) == "" {
		return formatEvents, true
	}
	best, found := 0.0, formats
	for _, f := range []format{formatEvents, formatLines} {
		if q := quality(accept, f.medium()); q > best {
			best, found = q, f
		}
	}
	return found, found < formats
}

// quality is what Accept gives to a media type: that of the most specific range that fits, 0 where none does.
func quality(accept, medium string) (q float64) {
	kind, _, _ := strings.Cut(medium, "/")
	specific := 0
	for item := range strings.SplitSeq(accept, ",") {
		name, params, _ := strings.Cut(item, ";")
		rank := 0
		switch strings.ToLower(strings.TrimSpace(name)) {
		case medium:
			rank = 3
		case kind + "/*":
			rank = 2
		case "*/*":
			rank = 1
		}
		if rank > specific {
			specific, q = rank, weight(params)
		}
	}
	return q
}

func weight(params string) float64 {
	for param := range strings.SplitSeq(params, ";") {
		name, value, _ := strings.Cut(strings.TrimSpace(param), "=")
		if strings.EqualFold(name, "q") {
			q, err := strconv.ParseFloat(value, 64)
			if err != nil || q < 0 || q > 1 {
				return 0
			}
			return q
		}
	}
	return 1
}
