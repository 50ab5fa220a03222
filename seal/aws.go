package seal

import (
	"context"
	"errors"
	"fmt"

	"github.com/millrace/millrace/request"
)

// AWSAPI is what [AWS] needs of AWS KMS; a few lines on the client of github.com/aws/aws-sdk-go-v2/service/kms. The encryption context goes into the
// call's EncryptionContext. A key that is disabled, pending deletion or not found (DisabledException, KMSInvalidStateException, NotFoundException)
// is to be told by an error that matches [ErrDestroyed], and InvalidCiphertextException by one that matches [ErrSealed].
type AWSAPI interface {
	Encrypt(ctx context.Context, keyID string, plaintext []byte, encryptionContext map[string]string) ([]byte, error)
	Decrypt(ctx context.Context, keyID string, ciphertext []byte, encryptionContext map[string]string) ([]byte, error)
	RotateKeyOnDemand(ctx context.Context, keyID string) error
	DisableKey(ctx context.Context, keyID string) error
	ScheduleKeyDeletion(ctx context.Context, keyID string, pendingDays int32) error
}

// AWS is a [KeySource] on AWS KMS, without its SDK.
type AWS struct {
	api  AWSAPI
	key  func(request.Tenant) string
	days int32
}

// NewAWS uses the key that keyID names for a tenant: an id or ARN, one of its own for each. Destroy disables it, from when on nothing is decrypted,
// and lets KMS delete it after 7 days, the least that KMS allows; until then an administrator can cancel that.
func NewAWS(api AWSAPI, keyID func(request.Tenant) string) (*AWS, error) {
	if api == nil || keyID == nil {
		return nil, errors.New("seal: aws: the API and the function that names a tenant's key must not be nil")
	}
	return &AWS{api: api, key: keyID, days: 7}, nil
}

func boundTo(tenant request.Tenant) map[string]string {
	return map[string]string{"millrace-tenant": string(tenant)}
}

// Wrap is Encrypt.
func (a *AWS) Wrap(ctx context.Context, tenant request.Tenant, key []byte) ([]byte, error) {
	wrapped, err := a.api.Encrypt(ctx, a.key(tenant), key, boundTo(tenant))
	return wrapped, told("encrypt", err)
}

// Unwrap is Decrypt.
func (a *AWS) Unwrap(ctx context.Context, tenant request.Tenant, wrapped []byte) ([]byte, error) {
	key, err := a.api.Decrypt(ctx, a.key(tenant), wrapped, boundTo(tenant))
	return key, told("decrypt", err)
}

// Rotate is RotateKeyOnDemand.
func (a *AWS) Rotate(ctx context.Context, tenant request.Tenant) error {
	return told("rotate", a.api.RotateKeyOnDemand(ctx, a.key(tenant)))
}

// Destroy is DisableKey and ScheduleKeyDeletion.
func (a *AWS) Destroy(ctx context.Context, tenant request.Tenant) error {
	if err := a.api.DisableKey(ctx, a.key(tenant)); err != nil && !errors.Is(err, ErrDestroyed) {
		return told("disable", err)
	}
	return told("schedule deletion", a.api.ScheduleKeyDeletion(ctx, a.key(tenant), a.days))
}

func told(what string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("seal: aws: %s: %w", what, err)
}
