package push

import (
	"errors"
	"unicode/utf8"

	"github.com/millrace/millrace/bus"
)

// Text sends views as UTF-8 text instead of JSON. A view that is not UTF-8 is refused by Publish.
func Text() ChannelOption[string] {
	return channelOption[string](func(s *channelSettings[string]) { s.codec = textCodec{bus.JSON[string]()} })
}

// Binary sends views as bytes. Clients get them in base64 (RFC 4648, section 4), marked as such.
func Binary() ChannelOption[[]byte] {
	return channelOption[[]byte](func(s *channelSettings[[]byte]) { s.codec = binaryCodec{bus.JSON[[]byte]()} })
}

var errNotText = errors.New("the view is not UTF-8; use push.Binary for bytes")

// textCodec is a JSON string's schema without its quotes.
type textCodec struct{ bus.Codec[string] }

func (textCodec) Encode(text string) ([]byte, error) {
	if !utf8.ValidString(text) {
		return nil, errNotText
	}
	return []byte(text), nil
}

func (textCodec) Decode(data []byte) (string, error) {
	if !utf8.Valid(data) {
		return "", errNotText
	}
	return string(data), nil
}

func (textCodec) ContentType() string { return "text/plain; charset=utf-8" }

func (textCodec) Schema() (bus.Schema, error) {
	return bus.Schema{Type: bus.SchemaJSON, Text: `{"type":"string","contentMediaType":"text/plain"}`}, nil
}

type binaryCodec struct{ bus.Codec[[]byte] }

func (binaryCodec) Encode(data []byte) ([]byte, error) { return append([]byte{}, data...), nil }

func (binaryCodec) Decode(data []byte) ([]byte, error) { return append([]byte{}, data...), nil }

func (binaryCodec) ContentType() string { return "application/octet-stream" }

func (binaryCodec) Schema() (bus.Schema, error) {
	return bus.Schema{Type: bus.SchemaJSON, Text: `{"type":"string","contentMediaType":"application/octet-stream"}`}, nil
}
