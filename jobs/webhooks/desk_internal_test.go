package webhooks

import "testing"

// TestDeskLeavesNoPlaces gives a desk up that has an attempt with a place, and an endpoint that waits for one.
func TestDeskLeavesNoPlaces(t *testing.T) {
	t.Parallel()
	n := newNode(Define("shop"))
	d := &desk{lines: make(map[string]*line), idle: make(map[*attempting]bool)}
	n.fast.most, n.slow.most = 1, 1
	has, waits := n.lineOf(d, "/a"), n.lineOf(d, "/b")
	if !n.slow.take(has) || n.slow.take(waits) {
		t.Fatal("the first one alone has a place")
	}
	has.running++
	d.idle[&attempting{line: has, place: place{&n.slow}}] = true
	n.do(func(a *begun) { n.closeDesk(d, a) })
	if n.slow.used != 0 || len(d.idle) > 0 || len(n.slow.waits) > 0 || waits.running > 0 {
		t.Errorf("%d places are taken, %d attempts wait, %d endpoints wait", n.slow.used, len(d.idle), len(n.slow.waits))
	}
}

// lineOf is an endpoint with a delivery that is due.
func (n *node) lineOf(d *desk, key string) *line {
	l := &line{desk: d, key: key, row: endpointRow{Endpoint: Endpoint{Enabled: true}}, ready: []waiting{{row: key}}}
	d.lines[key] = l
	return l
}
