package s3

import (
	"context"
	"errors"

	"github.com/millrace/millrace/observe"
)

// ErrNoBucket is found in the error of a server that answers and has no such bucket.
var ErrNoBucket = errors.New("the bucket does not exist; create it, or correct its name in the address")

// Check is the health check "s3": it fails while the bucket does not answer, is not there, or is refused. It is advisory: payloads that are small
// go on without it, and large ones wait. A process that can do nothing without it should make it critical.
func (s *Store) Check() observe.Check {
	return observe.Check{Name: "s3", Criticality: observe.Advisory, Ask: s.Ping}
}

// Ping says whether the bucket answers.
func (s *Store) Ping(ctx context.Context) error {
	exists, err := s.client.BucketExists(ctx, s.bucket)
	if err == nil && !exists {
		err = ErrNoBucket
	}
	if err != nil {
		return s.told("check", err)
	}
	return nil
}
