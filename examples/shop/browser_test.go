package shop_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/millrace/millrace/examples/shop"
	"github.com/millrace/millrace/internal/browsertest"
)

//nolint:revive // function-length: one visit to the page, step by step
func TestPageInABrowser(t *testing.T) {
	t.Parallel()
	p := browsertest.Open(t)
	var events line
	f := open(t, events.wrap)
	f.run()

	p.Look(1360, 900, "light")
	p.Run(chromedp.Navigate(f.url))
	p.Wait(`document.querySelector('#link').dataset.state === 'live'`)
	p.Wait(`document.querySelector('#events-empty').textContent.includes('No orders yet')`)
	p.Shoot("empty")
	p.Accessible("empty")

	p.Run(chromedp.Click("#place"))
	p.Wait(`document.querySelector('#events li')?.dataset.state === 'live'`)
	if got := p.Text("#subject"); !strings.Contains(got, "Ada Lovelace · €137.00") {
		t.Errorf("the page shows the way of %q", got)
	}
	p.Run(chromedp.Click("#events summary"))
	p.Wait(`document.querySelector('#events .inside').checkVisibility()`)
	if got := p.Text("#events pre"); !strings.Contains(got, `"sku": "kettle-09"`) {
		t.Errorf("the payload shown is %s", got)
	}
	p.Accessible("light")
	p.Run(chromedp.Click("#events summary"), chromedp.Click("#burst"))
	p.Wait(`document.querySelector('#measured').textContent === '21 orders'`)
	p.Run(chromedp.Click("#place"))
	p.Wait(`document.querySelector('#measured').textContent === '22 orders'`)
	p.Wait(`document.querySelectorAll('#topics tr').length > 1 && document.querySelector('#lag .n')?.textContent === '0 records'`)
	p.Shoot("light")
	p.Look(1360, 1400, "light")
	p.Shoot("whole")
	p.Look(1360, 900, "light")
	if got := p.Complaints(true); len(got) != 0 {
		t.Errorf("the console says %q", got)
	}

	for name, fault := range map[string]int{"dropped": -1, "refused": http.StatusServiceUnavailable} {
		events.cut(fault)
		p.Wait(`document.querySelector('#link').dataset.state === 'lost'`)
		f.post(order(name, "Grace Hopper"))
		f.until("the order is handled", func() bool { return f.settled(name) })
		f.until("the page has tried to reconnect", events.met)
		p.Shoot(name)
		events.cut(0)
		p.Wait(`document.querySelector('#events li[data-order=` + name + `]')?.dataset.state === 'late'`)
		if got, want := p.Text("#link"), "Resumed, caught up with 1 missed event"; got != want {
			t.Errorf("%s: the page says %q, want %q", name, got, want)
		}
	}

	p.Run(chromedp.SetValue("#customer", " "), chromedp.Click("#place"))
	p.Wait(`document.querySelector('#problem').textContent.includes('who the customer is')`)
	p.Look(1360, 900, "dark")
	p.Shoot("dark")
	p.Accessible("dark")
	p.Run(chromedp.SetValue("#customer", "Ada Lovelace"), chromedp.Click("#place"))
	p.Look(390, 844, "light", chromedp.EmulateMobile)
	p.Wait(`document.documentElement.scrollWidth <= innerWidth`)
	p.Shoot("mobile")
	p.Accessible("mobile")
	p.Run(chromedp.Click("#place"))
	p.Wait(`document.querySelector('#journey').getBoundingClientRect().top < innerHeight / 2`)
	p.Shoot("mobile-journey")
	if got := p.Complaints(false); len(got) != 0 {
		t.Errorf("the console says %q", got)
	}
}

// settled says whether an order is accepted and no event waits to be handled, so that its view has been sent.
func (f *fixture) settled(id string) bool {
	f.Helper()
	var state shop.OrderState
	var lags shop.Lags
	read := func(path string, into any) bool {
		return json.Unmarshal([]byte(f.get(path).body), into) == nil
	}
	return read("/orders/"+id, &state) && state.Status == shop.StatusAccepted && read("/lag", &lags) && lags.Lag == 0
}
