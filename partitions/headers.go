package partitions

import (
	"unsafe"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/millrace/millrace/bus"
)

// kafkaHeaders shows headers as the client's: the types differ in name alone, which the compiler checks. They are the same ones.
func kafkaHeaders(headers bus.Headers) []kgo.RecordHeader {
	if len(headers) == 0 {
		return nil
	}
	return unsafe.Slice((*kgo.RecordHeader)(&headers[0]), len(headers)) //nolint:gosec // a slice of the same elements
}
