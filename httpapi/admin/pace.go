package admin

import (
	"net/http"
	"strconv"
	"time"

	"github.com/millrace/millrace/httpapi"
)

const usualPace = 120

// pace bounds how many attempts of each principal are judged a minute, as each costs a reading of its section.
type pace struct {
	minutes

	most int
}

// take lets an attempt be judged, or says when the principal may come back.
func (p *pace) take(who asker, now time.Time) error {
	in, _ := p.count(who, now)
	if in.count <= p.most {
		return nil
	}
	rest := in.began.Add(countedFor).Sub(now)
	return &httpapi.Problem{
		Status: http.StatusTooManyRequests,
		Detail: "you have asked for " + strconv.Itoa(p.most) + " actions within a minute; go on after Retry-After",
		Header: http.Header{"Retry-After": {strconv.Itoa(int((rest + time.Second - 1) / time.Second))}},
	}
}
