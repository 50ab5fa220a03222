package s3

import (
	"context"
	"time"

	"github.com/minio/minio-go/v7"
)

// Settings are what a bucket does with objects by itself.
type Settings struct {
	// Versioned says whether objects that are deleted from now on are kept as old versions.
	Versioned bool
	// Cleaned says whether a rule ends old versions some time.
	Cleaned bool
	// Expiries are the rules that delete objects by age.
	Expiries []Expiry
}

// Expiry deletes objects whose keys begin with Prefix once they are as old as After.
type Expiry struct {
	Prefix string
	After  time.Duration
}

const day = 24 * time.Hour

// Settings asks the bucket. A server without versioning or lifecycles has neither.
func (s *Store) Settings(ctx context.Context) (Settings, error) {
	var found Settings
	versions, err := s.client.GetBucketVersioning(ctx, s.bucket)
	if err != nil && !unknown(err) {
		return found, s.told("versioning", err)
	}
	found.Versioned = versions.Enabled()
	rules, err := s.client.GetBucketLifecycle(ctx, s.bucket)
	if err != nil && !unknown(err) {
		return found, s.told("lifecycle", err)
	}
	if rules == nil {
		return found, nil
	}
	for _, rule := range rules.Rules {
		if rule.Status != "Enabled" {
			continue
		}
		prefix := rule.Prefix
		for _, other := range []string{rule.RuleFilter.Prefix, rule.RuleFilter.And.Prefix} {
			if other != "" {
				prefix = other
			}
		}
		if days := int(rule.Expiration.Days); days > 0 {
			found.Expiries = append(found.Expiries, Expiry{Prefix: prefix, After: time.Duration(days) * day})
		} else if date := rule.Expiration.Date.Time; !date.IsZero() {
			found.Expiries = append(found.Expiries, Expiry{Prefix: prefix, After: max(time.Until(date), 0)})
		}
		found.Cleaned = found.Cleaned || rule.NoncurrentVersionExpiration.NoncurrentDays > 0
	}
	return found, nil
}

// unknown says whether the server has no such settings, or the bucket has none.
func unknown(err error) bool {
	switch minio.ToErrorResponse(err).Code {
	case "NoSuchLifecycleConfiguration", "NotImplemented", "VersioningNotConfigured":
		return true
	}
	return false
}
