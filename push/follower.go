package push

import "slices"

// follow is what a client follows: a channel, or one subject within it.
type follow struct{ name, subject string }

func (f follow) String() string {
	if f.subject == "" {
		return f.name
	}
	return f.name + "/" + f.subject
}

// overlaps says whether a message can be for both.
func (f follow) overlaps(other follow) bool {
	return f.name == other.name && (f.subject == other.subject || f.subject == "" || other.subject == "")
}

// follower is a client's place in a channel. It changes under the hub's lock.
type follower struct {
	follow

	client *client
	at     int // in its crowd
}

// crowd is followers of the same.
type crowd []*follower

func (c *crowd) add(f *follower) {
	f.at = len(*c)
	*c = append(*c, f)
}

func (c *crowd) remove(f *follower) {
	last := len(*c) - 1
	(*c)[f.at] = (*c)[last]
	(*c)[f.at].at = f.at
	*c = slices.Delete(*c, last, last+1)
}

// audience is who follows a channel: of each tenant, those who follow it whole, and those who follow one subject. So a message finds
// its receivers without a look at the others.
type audience struct {
	tenants map[string]*house
	count   int
}

// house is an audience of one tenant.
type house struct {
	whole crowd
	keyed map[string]*crowd
}

func (a *audience) add(f *follower) {
	of := a.tenants[f.client.tenant]
	if of == nil {
		of = &house{keyed: make(map[string]*crowd)}
		a.tenants[f.client.tenant] = of
	}
	if f.subject != "" && of.keyed[f.subject] == nil {
		of.keyed[f.subject] = new(crowd)
	}
	of.crowd(f.subject).add(f)
	a.count++
}

func (h *house) crowd(subject string) *crowd {
	if subject == "" {
		return &h.whole
	}
	return h.keyed[subject]
}

func (a *audience) remove(f *follower) {
	of := a.tenants[f.client.tenant]
	left := of.crowd(f.subject)
	left.remove(f)
	a.count--
	if len(*left) == 0 && f.subject != "" {
		delete(of.keyed, f.subject)
	}
	if len(of.whole) == 0 && len(of.keyed) == 0 {
		delete(a.tenants, f.client.tenant)
	}
}

// of calls f with each crowd that a message is for: its tenant's, or all where it has none.
func (a *audience) of(m *message, f func(crowd)) {
	if m.tenant != "" {
		a.tenants[m.tenant].of(m.subject, f)
		return
	}
	for _, each := range a.tenants {
		each.of(m.subject, f)
	}
}

// all calls f with each follower.
func (h *house) all(f func(*follower)) {
	for _, each := range h.whole {
		f(each)
	}
	for _, keyed := range h.keyed {
		for _, each := range *keyed {
			f(each)
		}
	}
}

func (h *house) of(subject string, f func(crowd)) {
	if h == nil {
		return
	}
	f(h.whole)
	if keyed := h.keyed[subject]; keyed != nil && subject != "" {
		f(*keyed)
	}
}
