package seal

import (
	"context"
	"errors"
	"fmt"

	"github.com/millrace/millrace/request"
	"github.com/millrace/millrace/resilience"
)

// KeySource has one key for each tenant, which leaves it never, and encrypts data keys with it, as a KMS does. A tenant's first Wrap may make the
// key. Its errors match [ErrDestroyed] where the tenant's key is gone, and have a [resilience.Class]. It is safe for concurrent use.
type KeySource interface {
	// Wrap encrypts a data key with the newest version of the tenant's key.
	Wrap(ctx context.Context, tenant request.Tenant, key []byte) ([]byte, error)
	// Unwrap decrypts what Wrap returned, also with an older version. What was wrapped for another tenant is refused with [ErrSealed].
	Unwrap(ctx context.Context, tenant request.Tenant, wrapped []byte) ([]byte, error)
	// Rotate makes a new version of the tenant's key. The older ones still decrypt.
	Rotate(ctx context.Context, tenant request.Tenant) error
	// Destroy ends all versions of the tenant's key, for good.
	Destroy(ctx context.Context, tenant request.Tenant) error
}

var (
	// ErrDestroyed is found in the error of what needs a tenant's key that was destroyed, or never was.
	ErrDestroyed = errors.New("seal: the tenant's key is destroyed or was never made")
	// ErrSealed is found in the error of a box that does not open: it was changed, or sealed for another tenant or another context.
	ErrSealed = errors.New("seal: the box does not open for this tenant and context, or was changed")
	// ErrFormat is found in the error of bytes that are no box, or one of a later version.
	ErrFormat = errors.New("seal: not a box of a version that is known here")
	// ErrTenant is found in the error of a call without a valid tenant.
	ErrTenant = errors.New("seal: a valid tenant is needed")
	// ErrSize is found in the error of a plaintext above [MaxPlaintext].
	ErrSize = errors.New("seal: the plaintext is too large")
)

func destroyed(tenant request.Tenant) error {
	return resilience.Permanent(fmt.Errorf("%w: %s", ErrDestroyed, tenant))
}

func validTenant(tenant request.Tenant) error {
	if err := (request.Info{Tenant: tenant}).Validate(); tenant == "" || err != nil {
		return resilience.Permanent(fmt.Errorf("%w, not %q", ErrTenant, tenant))
	}
	return nil
}
