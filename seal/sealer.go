package seal

import (
	"container/list"
	"context"
	"crypto/sha256"
	"fmt"
	"time"

	"golang.org/x/sync/singleflight"

	"github.com/millrace/millrace/request"
	"github.com/millrace/millrace/resilience"
)

// MaxPlaintext is the most bytes of a plaintext: 64 MiB.
const MaxPlaintext = 64 << 20

// Sealer seals and opens boxes. See [New]. It is safe for concurrent use.
type Sealer struct {
	source  KeySource
	keys    keyCache
	flights singleflight.Group
	limit   time.Duration
	meters  *meters
}

// New makes a sealer on a source of keys.
func New(source KeySource, opts ...Option) (*Sealer, error) {
	s, err := newSettings(source, opts)
	if err != nil {
		return nil, err
	}
	m, err := newMeters(s.meter)
	if err != nil {
		return nil, err
	}
	return &Sealer{
		source: source, limit: s.limit, meters: m,
		keys: keyCache{
			lifetime: s.lifetime, uses: s.uses, most: s.most,
			byName: make(map[keyName]*list.Element), ended: make(map[request.Tenant]uint64),
		},
	}, nil
}

// Seal encrypts the plaintext for the tenant. The box opens only for the same tenant and with the same parts of the context, such as what it is a
// field of and the id of its row: a box that is copied to another place does not open there. The parts are not in the box.
func (s *Sealer) Seal(ctx context.Context, tenant request.Tenant, plaintext []byte, parts ...string) ([]byte, error) {
	if err := validTenant(tenant); err != nil {
		return nil, err
	}
	if len(plaintext) > MaxPlaintext {
		return nil, resilience.Permanent(fmt.Errorf("%w: it has %d bytes of at most %d", ErrSize, len(plaintext), MaxPlaintext))
	}
	key, err := s.key(ctx, keyName{tenant: tenant}, func(ctx context.Context) (*dataKey, error) { return s.newDataKey(ctx, tenant) })
	if err != nil {
		return nil, err
	}
	return key.seal(plaintext, bind(tenant, parts)), nil
}

// Open decrypts a box. Its error matches [ErrSealed] where the box was changed or sealed for another tenant or context, [ErrFormat] where it is none,
// and [ErrDestroyed] where the tenant's key is.
func (s *Sealer) Open(ctx context.Context, tenant request.Tenant, data []byte, parts ...string) ([]byte, error) {
	if err := validTenant(tenant); err != nil {
		return nil, err
	}
	b, err := parse(data)
	if err != nil {
		return nil, err
	}
	key, err := s.unwrap(ctx, tenant, b.wrapped)
	if err != nil {
		return nil, err
	}
	return key.open(b, bind(tenant, parts))
}

// Rewrap returns the box with its data key wrapped by the newest version of the tenant's key, for after a [Sealer.Rotate]. The plaintext is not
// decrypted, and the context not needed.
func (s *Sealer) Rewrap(ctx context.Context, tenant request.Tenant, data []byte) ([]byte, error) {
	if err := validTenant(tenant); err != nil {
		return nil, err
	}
	b, err := parse(data)
	if err != nil {
		return nil, err
	}
	secret, err := s.source.Unwrap(ctx, tenant, b.wrapped)
	if err != nil {
		return nil, fmt.Errorf("seal: rewrap: %w", err)
	}
	defer clear(secret)
	key, err := derive(secret, b.wrapped)
	if err != nil {
		return nil, err
	}
	if !key.made(b) {
		return nil, resilience.Permanent(ErrSealed)
	}
	wrapped, err := s.wrap(ctx, tenant, secret)
	if err != nil {
		return nil, err
	}
	return append(head(b.commit, wrapped, len(b.sealed)), b.sealed...), nil
}

// Rotate gives the tenant a new version of its key. This sealer uses it at once, others when their data keys end: see [KeyLifetime]. Older boxes open
// as before.
func (s *Sealer) Rotate(ctx context.Context, tenant request.Tenant) error {
	if err := validTenant(tenant); err != nil {
		return err
	}
	if err := s.source.Rotate(ctx, tenant); err != nil {
		return fmt.Errorf("seal: rotate: %w", err)
	}
	s.keys.forget(tenant, true)
	return nil
}

// Destroy ends the tenant's key: all of its boxes, wherever copies of them are, open no more. This sealer forgets its data keys before it returns;
// those of other processes end within their [KeyLifetime].
func (s *Sealer) Destroy(ctx context.Context, tenant request.Tenant) error {
	if err := validTenant(tenant); err != nil {
		return err
	}
	err := s.source.Destroy(ctx, tenant)
	s.keys.forget(tenant, false) // also after an error, which may be of an answer that was lost
	if err != nil {
		return fmt.Errorf("seal: destroy: %w", err)
	}
	return nil
}

func (s *Sealer) newDataKey(ctx context.Context, tenant request.Tenant) (*dataKey, error) {
	secret := newSecret()
	defer clear(secret)
	wrapped, err := s.wrap(ctx, tenant, secret)
	if err != nil {
		return nil, err
	}
	return derive(secret, wrapped)
}

func (s *Sealer) wrap(ctx context.Context, tenant request.Tenant, secret []byte) ([]byte, error) {
	wrapped, err := s.source.Wrap(ctx, tenant, secret)
	if err != nil {
		return nil, fmt.Errorf("seal: wrap: %w", err)
	}
	if len(wrapped) == 0 || len(wrapped) > maxWrapped {
		return nil, fmt.Errorf("seal: wrap: the key source returned %d bytes, and a box has room for 1 to %d", len(wrapped), maxWrapped)
	}
	return wrapped, nil
}

func (s *Sealer) unwrap(ctx context.Context, tenant request.Tenant, wrapped []byte) (*dataKey, error) {
	return s.key(ctx, keyName{tenant: tenant, wrapped: sha256.Sum256(wrapped)}, func(ctx context.Context) (*dataKey, error) {
		secret, err := s.source.Unwrap(ctx, tenant, wrapped)
		if err != nil {
			return nil, fmt.Errorf("seal: unwrap: %w", err)
		}
		defer clear(secret)
		return derive(secret, wrapped)
	})
}
