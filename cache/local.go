package cache

import (
	"container/list"
	"sync"
	"time"
)

// local is the values that this process keeps, and its questions that are open. One lock holds both, so that an invalidation finds a value either
// kept or still on its way.
type local struct {
	most int // bytes

	mu      sync.Mutex
	live    bool // invalidations arrive
	entries map[string]*list.Element
	order   list.List // of *entry, the one used last in front
	bytes   int
	flights map[string]*flight
}

type entry struct {
	key  string
	raw  []byte
	ends time.Time
}

// overhead is about what an entry takes beside its key and value.
const overhead = 200

func (e *entry) size() int { return len(e.key) + len(e.raw) + overhead }

// flight is a question for one key. All who want it meanwhile wait for the same one.
type flight struct {
	done  chan struct{}
	raw   []byte
	err   error
	stale bool // an invalidation came in between, or may have been lost: what comes of it is not kept
}

// find returns what is kept, or the flight to wait for; began says that the caller has to fly it.
func (l *local) find(key string, now time.Time) (raw []byte, f *flight, began bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if element := l.entries[key]; element != nil {
		kept := element.Value.(*entry)
		if now.Before(kept.ends) {
			l.order.MoveToFront(element)
			return kept.raw, nil, false
		}
		l.drop(element)
	}
	if f = l.flights[key]; f != nil {
		return nil, f, false
	}
	f = &flight{done: make(chan struct{}), stale: !l.live}
	l.flights[key] = f
	return nil, f, true
}

// land ends a flight, and keeps its value until the time, unless that is zero or the flight is stale.
func (l *local) land(key string, f *flight, raw []byte, ends time.Time, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	f.raw, f.err = raw, err
	close(f.done)
	if l.flights[key] == f {
		delete(l.flights, key)
	}
	kept := &entry{key: key, raw: raw, ends: ends}
	if err != nil || f.stale || ends.IsZero() || kept.size() > l.most {
		return
	}
	if element := l.entries[key]; element != nil {
		l.drop(element)
	}
	l.entries[key] = l.order.PushFront(kept)
	for l.bytes += kept.size(); l.bytes > l.most; {
		l.drop(l.order.Back())
	}
}

func (l *local) drop(element *list.Element) {
	gone := element.Value.(*entry)
	delete(l.entries, gone.key)
	l.order.Remove(element)
	l.bytes -= gone.size()
}

// invalidate forgets the key. Who asks from now on does not get what an open question brings.
func (l *local) invalidate(key string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if element := l.entries[key]; element != nil {
		l.drop(element)
	}
	if f := l.flights[key]; f != nil {
		f.stale = true
		delete(l.flights, key)
	}
}

// flush forgets all, and keeps new values only while live.
func (l *local) flush(live bool) (changed bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	changed, l.live = l.live != live, live
	clear(l.entries)
	l.order.Init()
	l.bytes = 0
	for key, f := range l.flights {
		f.stale = true
		delete(l.flights, key)
	}
	return changed
}
