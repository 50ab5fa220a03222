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
	return headed(opcode, append(make([]byte, longestHead, longestHead+len(payload)), payload...))
}

// longestHead is room for the longest head of a frame.
const longestHead = 10

// headed is the same in place: behind room for the longest head there is the payload.
func headed(opcode byte, behind []byte) []byte {
	var room [longestHead]byte
	head := append(room[:0], opcode)
	switch size := len(behind) - longestHead; {
	case size < shortPayload:
		head = append(head, byte(size)) //nolint:gosec // it is less
	case size < mediumPayload:
		head = binary.BigEndian.AppendUint16(append(head, mediumLength), uint16(size))
	default:
		head = binary.BigEndian.AppendUint64(append(head, longLength), uint64(size))
	}
	whole := behind[longestHead-len(head):]
	copy(whole, head)
	return whole
}
