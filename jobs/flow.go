package jobs

type flowOf struct {
	kind     *hired
	priority uint8
}

// flow is the attempts of one tenant, kind and priority, in their order.
type flow struct {
	flowOf

	tenant *tenant
	first  *attempt
	last   *attempt
	memory int // attempts that wait or run
	credit int
	able   bool
	waits  bool // is among those that its kind has blocked
}

// hired is a kind of a runner.
type hired struct {
	*kind

	memory  int // attempts that wait or run
	running int
	blocked []*flow // that wait until one of them ends
}

// weight is how many turns a priority has, and mostTurns the most.
func weight(priority uint8) int { return 1 << (lowest - min(max(priority, 1), lowest)) }

const mostTurns = 1 << (lowest - 1)

func (h *hired) busy() bool { return h.concurrency > 0 && h.running >= h.concurrency }

// full says whether there are as many attempts of the kind in the memory as may begin soon.
func (h *hired) full() bool { return h.concurrency > 0 && h.memory >= 2*h.concurrency }

// block lets a flow wait until its kind is less busy.
func (l *flow) block() {
	if !l.able && !l.waits {
		l.waits = true
		l.kind.blocked = append(l.kind.blocked, l)
	}
}
