package push

import (
	"strconv"
	"testing"
	"time"
)

// TestQuotasForget holds that tenants which have sent nothing for a while are forgotten, and those that have are not.
func TestQuotasForget(t *testing.T) {
	t.Parallel()
	q := &quotas{rate: 10, tenants: make(map[string]*bucket)}
	now := time.Now()
	for i := range 100 * fewTenants {
		if i%10 == 0 {
			now = now.Add(10 * time.Millisecond)
		}
		q.take("busy", now)
		q.take("tenant-"+strconv.Itoa(i), now)
	}
	if count := len(q.tenants); count > 2*fewTenants {
		t.Errorf("%d tenants are remembered", count)
	}
	if q.take("busy", now) {
		t.Error("a tenant that sends too much is forgotten")
	}
}
