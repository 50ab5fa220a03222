package s3

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"net"
	"net/http"
	"time"

	"github.com/minio/minio-go/v7"

	"github.com/millrace/millrace/bus/claimcheck"
)

// Store is a bucket. It is safe for concurrent use.
type Store struct {
	client    *minio.Client
	transport *http.Transport
	bucket    string
	at        string
}

var _ claimcheck.Store = (*Store)(nil)

// How long a server may take to be connected to, and to begin an answer. The whole is bounded by the caller's context.
const (
	dialLimit   = 5 * time.Second
	answerLimit = 30 * time.Second
	idle        = 64
)

// New makes a store of the address s3://key:secret@host:port/bucket. Without key and secret they are those of the environment (AWS_ACCESS_KEY_ID,
// AWS_SECRET_ACCESS_KEY), of the AWS credentials file, or of the machine's or the pod's role. Parameters are region; tls, which is on unless it is
// false; and path, which is true for servers that take no bucket in the host's name. Nothing is connected to yet. [Store.Close] frees connections.
func New(address string) (*Store, error) {
	endpoint, bucket, opts, err := parse(address)
	if err != nil {
		return nil, err
	}
	transport := &http.Transport{
		Proxy: http.ProxyFromEnvironment, DialContext: (&net.Dialer{Timeout: dialLimit}).DialContext,
		TLSHandshakeTimeout: dialLimit, ResponseHeaderTimeout: answerLimit, MaxIdleConnsPerHost: idle, IdleConnTimeout: time.Minute,
	}
	opts.Transport = transport
	client, err := minio.New(endpoint, opts)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrAddress, err)
	}
	return &Store{client: client, transport: transport, bucket: bucket, at: endpoint + "/" + bucket}, nil
}

// Close frees connections that are idle.
func (s *Store) Close() { s.transport.CloseIdleConnections() }

// String is the server and the bucket, without credentials.
func (s *Store) String() string { return s.at }

// told is an error with the server and the bucket.
func (s *Store) told(what string, err error) error {
	return fmt.Errorf("s3: %s: %s: %w", s.at, what, err)
}

// Put implements [claimcheck.Store]: one request, whatever the size.
func (s *Store) Put(ctx context.Context, key string, data []byte, contentType string) error {
	opts := minio.PutObjectOptions{ContentType: contentType, DisableMultipart: true}
	if _, err := s.client.PutObject(ctx, s.bucket, key, bytes.NewReader(data), int64(len(data)), opts); err != nil {
		return s.told("put", err)
	}
	return nil
}

// Get implements [claimcheck.Store].
func (s *Store) Get(ctx context.Context, key string, limit int64) ([]byte, error) {
	body, info, _, err := minio.Core{Client: s.client}.GetObject(ctx, s.bucket, key, minio.GetObjectOptions{})
	if err != nil {
		if minio.ToErrorResponse(err).Code == "NoSuchKey" {
			return nil, claimcheck.ErrMissing
		}
		return nil, s.told("get", err)
	}
	defer body.Close()                                   //nolint:errcheck // only read from
	data, err := io.ReadAll(io.LimitReader(body, limit)) // a server need not tell the size
	if err == nil && int64(len(data)) < min(limit, info.Size) {
		err = io.ErrUnexpectedEOF
	}
	if err != nil {
		return nil, s.told("get", err)
	}
	return data, nil
}

// List implements [claimcheck.Store].
func (s *Store) List(ctx context.Context, prefix string) iter.Seq2[claimcheck.Object, error] {
	return func(yield func(claimcheck.Object, error) bool) {
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		for info := range s.client.ListObjectsIter(ctx, s.bucket, minio.ListObjectsOptions{Prefix: prefix, Recursive: true}) {
			if info.Err != nil {
				yield(claimcheck.Object{}, s.told("list", info.Err))
				return
			}
			if !yield(claimcheck.Object{Key: info.Key, Size: info.Size, Modified: info.LastModified}, nil) {
				return
			}
		}
		if err := ctx.Err(); err != nil {
			yield(claimcheck.Object{}, s.told("list", err))
		}
	}
}

// Delete implements [claimcheck.Store].
func (s *Store) Delete(ctx context.Context, keys ...string) error {
	results, err := s.client.RemoveObjectsWithIter(ctx, s.bucket, func(yield func(minio.ObjectInfo) bool) {
		for _, key := range keys {
			if !yield(minio.ObjectInfo{Key: key}) {
				return
			}
		}
	}, minio.RemoveObjectsOptions{})
	if err != nil {
		return s.told("delete", err)
	}
	var errs []error
	for result := range results {
		if result.Err != nil && minio.ToErrorResponse(result.Err).Code != "NoSuchKey" {
			errs = append(errs, result.Err)
		}
	}
	if err := errors.Join(append(errs, ctx.Err())...); err != nil {
		return s.told("delete", err)
	}
	return nil
}
