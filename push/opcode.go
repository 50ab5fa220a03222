package push

import "encoding/binary"

// Opcodes of RFC 6455, section 5.2, of a frame that is not fragmented.
const (
	opText byte = 0x81
	opPing byte = 0x89
)

// Lengths of a payload that take two and eight bytes more (RFC 6455, section 5.2).
const (
	shortPayload  = 126
	mediumPayload = 1 << 16
	mediumLength  = 126
	longLength    = 127
)

// framed is a payload as a server's WebSocket frame: it is not masked, so that all who receive it share it.
func framed(opcode byte, payload []byte) []byte {
	into := make([]byte, 0, len(payload)+10) //nolint:mnd // the longest head
	into = append(into, opcode)
	switch size := len(payload); {
	case size < shortPayload:
		into = append(into, byte(size))
	case size < mediumPayload:
		into = binary.BigEndian.AppendUint16(append(into, mediumLength), uint16(size))
	default:
		into = binary.BigEndian.AppendUint64(append(into, longLength), uint64(size))
	}
	return append(into, payload...)
}
