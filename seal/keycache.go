package seal

import (
	"container/list"
	"sync"
	"time"

	"github.com/millrace/millrace/request"
)

// keyName is a data key's in the cache: of those to open with by the digest of what it is wrapped in, of the one to seal with by zeros.
type keyName struct {
	tenant  request.Tenant
	wrapped [32]byte
}

// keyCache has the data keys last used, each for its time and number of uses.
type keyCache struct {
	lifetime time.Duration
	uses     int64
	most     int

	mu     sync.Mutex
	byName map[keyName]*list.Element
	order  list.List // of *cachedKey, the one used last in front
	ended  map[request.Tenant]uint64
}

type cachedKey struct {
	name keyName
	key  *dataKey
	ends time.Time
	left int64
}

// take returns a key that is still good, or nil, and a mark for put.
func (c *keyCache) take(name keyName, now time.Time) (*dataKey, uint64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	element := c.byName[name]
	if element == nil {
		return nil, c.ended[name.tenant]
	}
	cached := element.Value.(*cachedKey)
	if !now.Before(cached.ends) || cached.left == 0 {
		c.drop(element)
		return nil, c.ended[name.tenant]
	}
	cached.left--
	c.order.MoveToFront(element)
	return cached.key, 0
}

// put keeps a key that was asked for at the time, for its lifetime from then on; not if its tenant was forgotten meanwhile.
func (c *keyCache) put(name keyName, key *dataKey, asked time.Time, mark uint64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ended[name.tenant] != mark {
		return
	}
	if element := c.byName[name]; element != nil {
		c.drop(element)
	}
	c.byName[name] = c.order.PushFront(&cachedKey{name: name, key: key, ends: asked.Add(c.lifetime), left: c.uses - 1})
	for c.order.Len() > c.most {
		c.drop(c.order.Back())
	}
}

// forget drops the tenant's keys; onlySealing those that seal.
func (c *keyCache) forget(tenant request.Tenant, onlySealing bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ended[tenant]++
	for name, element := range c.byName {
		if name.tenant == tenant && (!onlySealing || name == (keyName{tenant: tenant})) {
			c.drop(element)
		}
	}
}

func (c *keyCache) drop(element *list.Element) {
	cached := element.Value.(*cachedKey)
	delete(c.byName, cached.name)
	c.order.Remove(element)
}
