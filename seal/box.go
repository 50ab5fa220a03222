package seal

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"fmt"

	"github.com/millrace/millrace/request"
	"github.com/millrace/millrace/resilience"
)

// A box is, with integers in network order:
//
//	1   version, 1
//	1   algorithm, 1: AES-256-GCM with a random nonce of 96 bits and a tag of 128
//	32  commitment to the data key
//	2   length of the wrapped data key, w, at most 4096
//	w   wrapped data key, as the key source returned it
//	12  nonce
//	n   ciphertext
//	16  tag
//
// Encryption key and commitment are HKDF-SHA-256 of the data key, without salt, for the infos "millrace seal 1 encrypt" and "millrace seal 1
// commit". Authenticated beside the ciphertext are version, algorithm, tenant and each part of the context, the last ones with their lengths. The
// wrapped key is not, so that it can be wrapped anew without the plaintext: another key in its place does not match the commitment.
const (
	version      = 1
	algorithm    = 1
	commitment   = sha256.Size
	headSize     = 2 + commitment + 2
	nonceSize    = 12
	tagSize      = 16
	maxWrapped   = 4096
	keySize      = 32
	infoEncrypt  = "millrace seal 1 encrypt"
	infoCommit   = "millrace seal 1 commit"
	domainOfBind = "millrace seal 1 bind"
)

// box is the parts of a sealed box. They share its bytes.
type box struct {
	commit  []byte
	wrapped []byte
	sealed  []byte // nonce, ciphertext, tag
}

func parse(data []byte) (box, error) {
	if len(data) < headSize || data[0] != version || data[1] != algorithm {
		return box{}, malformed("it begins otherwise")
	}
	length := int(binary.BigEndian.Uint16(data[2+commitment:]))
	if length == 0 || length > maxWrapped || len(data) < headSize+length+nonceSize+tagSize {
		return box{}, malformed("its lengths do not fit")
	}
	return box{commit: data[2 : 2+commitment], wrapped: data[headSize : headSize+length], sealed: data[headSize+length:]}, nil
}

func malformed(why string) error { return resilience.Permanent(fmt.Errorf("%w: %s", ErrFormat, why)) }

// head is the box before the nonce, with room for what follows.
func head(commit, wrapped []byte, room int) []byte {
	data := make([]byte, 0, headSize+len(wrapped)+room)
	data = append(data, version, algorithm)
	data = append(data, commit...)
	data = binary.BigEndian.AppendUint16(data, uint16(len(wrapped))) //nolint:gosec // newDataKey bounds it
	return append(data, wrapped...)
}

// bind is what a box is tied to. Lengths keep ("a", "bc") apart from ("ab", "c").
func bind(tenant request.Tenant, parts []string) []byte {
	var b bytes.Buffer
	b.WriteString(domainOfBind)
	b.Write([]byte{version, algorithm})
	for _, part := range append([]string{string(tenant)}, parts...) {
		_ = binary.Write(&b, binary.BigEndian, uint64(len(part)))
		b.WriteString(part)
	}
	return b.Bytes()
}
