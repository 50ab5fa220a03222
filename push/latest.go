package push

import "slices"

// Latest makes channels ones of which a client that does not keep up gets the newest message of each key alone: what waits for it of a key is
// replaced by what comes. It is for views whose next one makes up for those before, such as prices. Who resumes gets all that it has missed.
func Latest(channels ...string) Option {
	return option(func(s *settings) {
		for _, name := range channels {
			s.latest[name] = true
		}
	})
}

// latest is which of a queue's frames are the newest of their keys.
type latest struct {
	at   map[string]int
	gaps int // of frames that were replaced
}

// looksFor is how long a queue is before it is looked for frames that can be replaced.
const looksFor = 8

// replace takes out of the queue what a frame makes up for, which is to be queued next.
func (c *client) replace(f *frame) {
	if f.key == "" || len(c.queue) < looksFor {
		return
	}
	if c.latest.at == nil || c.latest.gaps > len(c.queue)/2 {
		c.compact()
	}
	if at, waits := c.latest.at[f.key]; waits {
		c.bytes -= len(c.queue[at].bytes)
		c.queue[at] = nil
		c.latest.gaps++
	}
	c.latest.at[f.key] = len(c.queue)
}

// compact closes the gaps, and finds the newest frames anew.
func (c *client) compact() {
	c.queue = whole(c.queue, c.latest.gaps)
	c.latest = latest{at: make(map[string]int)}
	for i, f := range c.queue {
		if f.key != "" {
			c.latest.at[f.key] = i
		}
	}
}

// whole is a queue without its gaps.
func whole(queue []*frame, gaps int) []*frame {
	if gaps == 0 {
		return queue
	}
	return slices.DeleteFunc(queue, func(f *frame) bool { return f == nil })
}
