package admin

import (
	"fmt"
	"time"

	"github.com/millrace/millrace/request"
)

// mostRefusals is of how many refused attempts a minute of each principal an audit is told one by one, and of the others their number.
const mostRefusals = 20

// refusals counts refused attempts.
type refusals struct{ minutes }

// tell says whether the audit is told of an attempt, whether it is the first of which it is not, and what it is told of those of which it was not
// told.
func (r *refusals) tell(who asker, now time.Time) (tell, first bool, omitted []Entry) {
	in, over := r.count(who, now)
	return in.count <= mostRefusals, in.count == mostRefusals+1, omissions(over, now)
}

// untold is what the audit was not told of, at the end.
func (r *refusals) untold(now time.Time) []Entry { return omissions(r.rest(), now) }

// omissions are what an audit is told of minutes of which it was not told all.
func omissions(of []minute, now time.Time) (omitted []Entry) {
	for _, in := range of {
		if more := in.count - mostRefusals; more > 0 {
			omitted = append(omitted, Entry{
				ID: request.NewID(), At: now, Outcome: OutcomeRefused, Principal: in.who.principal, Tenant: in.who.tenant, Omitted: more,
				Detail: fmt.Sprintf("%d more refused attempts since %s were counted alone", more, in.began.UTC().Format(time.RFC3339)),
			})
		}
	}
	return omitted
}
