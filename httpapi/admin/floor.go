package admin

import (
	"context"
	"errors"
	"sync"
	"time"
)

// floor has a room for each section, and a place for each viewer who is kept up to date.
type floor struct {
	places chan struct{}
	closed chan struct{}
	close  func()
	rooms  map[string]*room
}

func newFloor(sections []*source, places int) *floor {
	closed := make(chan struct{})
	f := &floor{
		places: make(chan struct{}, places), closed: closed, close: sync.OnceFunc(func() { close(closed) }),
		rooms: make(map[string]*room, len(sections)),
	}
	for _, s := range sections {
		f.rooms[s.about().Name] = &room{source: s, watchers: map[*watcher]bool{}, kick: make(chan struct{}, 1)}
	}
	return f
}

var errFull = errors.New("all places are taken")

// enter lets a watcher look at sections until leave is called.
func (f *floor) enter(ctx context.Context, w *watcher, sections []*source) (leave func(), err error) {
	select {
	case f.places <- struct{}{}:
	default:
		return nil, errFull
	}
	for _, s := range sections {
		f.rooms[s.about().Name].join(ctx, w)
	}
	return func() {
		for _, s := range sections {
			f.rooms[s.about().Name].leave(w)
		}
		<-f.places
	}, nil
}

// changed lets a section be read at once, if somebody looks.
func (f *floor) changed(section string) {
	select {
	case f.rooms[section].kick <- struct{}{}:
	default: // it will be
	}
}

// room has who looks at a section. While there is somebody one goroutine reads it.
type room struct {
	source *source
	kick   chan struct{}

	mu       sync.Mutex
	watchers map[*watcher]bool
	last     *snapshot
	stop     context.CancelFunc
	stopped  chan struct{}
}

func (r *room) join(ctx context.Context, w *watcher) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.watchers[w] = true
	if len(r.watchers) > 1 {
		if r.last != nil {
			w.tell(r.source.about().Name, r.last)
		}
		return
	}
	own, stop := context.WithCancel(context.WithoutCancel(ctx)) // it goes on for those who come later
	stopped := make(chan struct{})
	r.last, r.stop, r.stopped = nil, stop, stopped
	go func() {
		defer close(stopped)
		r.run(own)
	}()
}

// leave waits for the reading to end where nobody is left.
func (r *room) leave(w *watcher) {
	r.mu.Lock()
	delete(r.watchers, w)
	left, stop, stopped := len(r.watchers), r.stop, r.stopped
	r.mu.Unlock()
	if left == 0 {
		stop()
		<-stopped
	}
}

// run reads the section again and again until ctx ends.
func (r *room) run(ctx context.Context) {
	for {
		taken, err := r.source.latest(ctx)
		if err != nil {
			return // ctx has ended
		}
		r.told(taken)
		rest := time.NewTimer(time.Until(taken.at.Add(r.source.rest(taken))))
		select {
		case <-rest.C:
		case <-r.kick:
		case <-ctx.Done():
		}
		rest.Stop()
	}
}

func (r *room) told(taken *snapshot) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if taken == r.last {
		return
	}
	r.last = taken
	for w := range r.watchers {
		w.tell(r.source.about().Name, taken)
	}
}

// watcher is one who is told of the newest snapshots, never of more than one a section.
type watcher struct {
	bell chan struct{}

	mu    sync.Mutex
	fresh map[string]*snapshot
}

func newWatcher() *watcher {
	return &watcher{bell: make(chan struct{}, 1), fresh: map[string]*snapshot{}}
}

func (w *watcher) tell(section string, taken *snapshot) {
	w.mu.Lock()
	w.fresh[section] = taken
	w.mu.Unlock()
	select {
	case w.bell <- struct{}{}:
	default: // it rings already
	}
}

// take is what the watcher has not looked at.
func (w *watcher) take() map[string]*snapshot {
	w.mu.Lock()
	defer w.mu.Unlock()
	fresh := w.fresh
	w.fresh = map[string]*snapshot{}
	return fresh
}
