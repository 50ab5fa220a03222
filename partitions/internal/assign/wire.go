package assign

import (
	"bytes"
	"compress/flate"
	"encoding/binary"
	"fmt"
	"io"
	"unicode/utf8"
)

// What is sent begins with mark, a kind, the version that wrote it, the least version that can read it, and flags. A body
// of sections follows, each a tag, a length and that many bytes. A new version adds sections, which older ones skip; it
// may raise its least version only to what every version before it already reads.
const (
	mark      = "MR"
	kindNode  = 'N'
	kindPlan  = 'P'
	version   = 1
	least     = 1
	deflated  = 1       // flag: the body is compressed with DEFLATE
	roomy     = 4 << 10 // a longer body is compressed
	maxBody   = 8 << 20 // what a body may grow to
	headerLen = len(mark) + 4
)

// seal puts the header before a body, and compresses one that is long.
func seal(kind byte, body []byte) []byte {
	header := append([]byte(mark), kind, version, least, 0)
	if len(body) <= roomy {
		return append(header, body...)
	}
	header[headerLen-1] = deflated
	out := bytes.NewBuffer(header)
	w, err := flate.NewWriter(out, flate.BestCompression)
	if err != nil {
		return append(header, body...)
	}
	_, _ = w.Write(body) // a buffer takes everything
	_ = w.Close()
	return out.Bytes()
}

// unseal checks the header and returns the body.
func unseal(kind byte, sealed []byte) ([]byte, error) {
	if len(sealed) < headerLen || string(sealed[:len(mark)]) != mark || sealed[len(mark)] != kind {
		return nil, fmt.Errorf("%w: no header", ErrForeign)
	}
	if wrote, needs := sealed[len(mark)+1], sealed[len(mark)+2]; needs > version {
		return nil, fmt.Errorf("%w: version %d, needs %d, have %d", ErrNewer, wrote, needs, version)
	}
	body := sealed[headerLen:]
	if sealed[headerLen-1]&deflated == 0 {
		return body, nil
	}
	body, err := io.ReadAll(io.LimitReader(flate.NewReader(bytes.NewReader(body)), maxBody+1))
	if err != nil || len(body) > maxBody {
		return nil, fmt.Errorf("%w: a compressed body that is damaged or over %d bytes", ErrForeign, maxBody)
	}
	return body, nil
}

// section appends a section.
func section(body []byte, tag uint64, content []byte) []byte {
	body = binary.AppendUvarint(body, tag)
	body = binary.AppendUvarint(body, uint64(len(content)))
	return append(body, content...)
}

// reader reads what may be anything. After its first error it reads zeros and keeps that error.
type reader struct {
	rest []byte
	err  error
}

func (r *reader) fail(what string) {
	if r.err == nil {
		r.err = fmt.Errorf("%w: %s", ErrForeign, what)
	}
	r.rest = nil
}

// number reads an unsigned integer up to a limit.
func (r *reader) number(limit int) int {
	value, n := binary.Uvarint(r.rest)
	if n <= 0 || value > uint64(limit) { //nolint:gosec // limits are positive
		r.fail("a number that is cut off or out of range")
		return 0
	}
	r.rest = r.rest[n:]
	return int(value) //nolint:gosec // within the limit
}

func (r *reader) octet() byte {
	if len(r.rest) == 0 {
		r.fail("cut off")
		return 0
	}
	value := r.rest[0]
	r.rest = r.rest[1:]
	return value
}

// count reads the length of a list of which every element takes at least one byte.
func (r *reader) count(limit int) int {
	n := r.number(limit)
	if n > len(r.rest) {
		r.fail("a list longer than what is left")
		return 0
	}
	return n
}

func (r *reader) text(limit int) string {
	if len(r.rest) > limit || !utf8.Valid(r.rest) {
		r.fail("a text that is too long or not UTF-8")
		return ""
	}
	text := string(r.rest)
	r.rest = nil
	return text
}

// sections calls each with the tag and content of every section; each leaves nothing of what it understands.
func (r *reader) sections(each func(tag int, content *reader)) {
	for len(r.rest) > 0 && r.err == nil {
		tag := r.number(maxBody)
		length := r.count(maxBody)
		if r.err != nil {
			return
		}
		content := &reader{rest: r.rest[:length:length]}
		r.rest = r.rest[length:]
		if each(tag, content); content.err != nil {
			r.fail("")
			r.err = content.err
		}
	}
}
