package claimcheck

import (
	"context"
	"iter"
	"time"
)

// Store keeps payloads. The folder s3 has one on a bucket; whatever passes claimchecktest.Conformance is another.
// Implementations are safe for concurrent use, and end with their context.
type Store interface {
	// Put writes an object, in the place of one that has the key. Once it returns, all readers see the whole of it.
	Put(ctx context.Context, key string, data []byte, contentType string) error
	// Get reads an object, or the first limit bytes of a larger one. The error matches [ErrMissing] where there is none, and only then.
	Get(ctx context.Context, key string, limit int64) ([]byte, error)
	// List yields all objects whose keys begin with prefix, those included that were put before it was called.
	List(ctx context.Context, prefix string) iter.Seq2[Object, error]
	// Delete removes objects. One that is not there is none.
	Delete(ctx context.Context, keys ...string) error
}

// Object is what a store knows of one.
type Object struct {
	Key string
	// Size is in bytes.
	Size int64
	// Modified is when it was put, by the store's clock.
	Modified time.Time
}
