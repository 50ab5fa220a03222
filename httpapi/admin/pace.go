package admin

import (
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/millrace/millrace/httpapi"
)

const (
	paceWindow = time.Minute
	usualPace  = 120
)

// pace bounds how many attempts of each principal are judged a minute, as each costs a reading of its section. Principals beyond the most that are
// counted share what is left for them.
type pace struct {
	most int

	mu    sync.Mutex
	began time.Time
	of    map[asker]int
}

// take lets an attempt be judged, or says when the principal may come back.
func (p *pace) take(who asker, now time.Time) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.of == nil || now.Sub(p.began) >= paceWindow {
		p.of, p.began = map[asker]int{}, now
	}
	if _, counted := p.of[who]; !counted && len(p.of) >= mostPrincipals {
		who = asker{principal: others}
	}
	if p.of[who] < p.most {
		p.of[who]++
		return nil
	}
	rest := p.began.Add(paceWindow).Sub(now)
	return &httpapi.Problem{
		Status: http.StatusTooManyRequests,
		Detail: "you have asked for " + strconv.Itoa(p.most) + " actions within a minute; go on after Retry-After",
		Header: http.Header{"Retry-After": {strconv.Itoa(int((rest + time.Second - 1) / time.Second))}},
	}
}
