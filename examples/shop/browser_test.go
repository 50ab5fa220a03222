package shop_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/millrace/millrace/examples/shop"
)

//nolint:revive // function-length: one visit to the page, step by step
func TestPageInABrowser(t *testing.T) {
	t.Parallel()
	p := chromium(t)
	var events line
	f := open(t, events.wrap)
	f.run()

	p.look(1360, 900, "light")
	p.run(chromedp.Navigate(f.url))
	p.wait(`document.querySelector('#link').dataset.state === 'live'`)
	p.wait(`document.querySelector('#events-empty').textContent.includes('No orders yet')`)
	p.shoot("empty")
	p.accessible("empty")

	p.run(chromedp.Click("#place"))
	p.wait(`document.querySelector('#events li')?.dataset.state === 'live'`)
	if got := p.text("#subject"); !strings.Contains(got, "Ada Lovelace · €137.00") {
		t.Errorf("the page shows the way of %q", got)
	}
	p.run(chromedp.Click("#events summary"))
	p.wait(`document.querySelector('#events .inside').checkVisibility()`)
	if got := p.text("#events pre"); !strings.Contains(got, `"sku": "kettle-09"`) {
		t.Errorf("the payload shown is %s", got)
	}
	p.accessible("light")
	p.run(chromedp.Click("#events summary"), chromedp.Click("#burst"))
	p.wait(`document.querySelector('#measured').textContent === '21 orders'`)
	p.run(chromedp.Click("#place"))
	p.wait(`document.querySelector('#measured').textContent === '22 orders'`)
	p.wait(`document.querySelectorAll('#topics tr').length > 1 && document.querySelector('#lag .n')?.textContent === '0 records'`)
	p.shoot("light")
	p.look(1360, 1400, "light")
	p.shoot("whole")
	p.look(1360, 900, "light")
	if got := p.complaints(true); len(got) != 0 {
		t.Errorf("the console says %q", got)
	}

	for name, fault := range map[string]int{"dropped": -1, "refused": http.StatusServiceUnavailable} {
		events.cut(fault)
		p.wait(`document.querySelector('#link').dataset.state === 'lost'`)
		f.post(order(name, "Grace Hopper"))
		f.until("the order is handled", func() bool { return f.settled(name) })
		f.until("the page has tried to reconnect", events.met)
		p.shoot(name)
		events.cut(0)
		p.wait(`document.querySelector('#events li[data-order=` + name + `]')?.dataset.state === 'late'`)
		if got, want := p.text("#link"), "Resumed, caught up with 1 missed event"; got != want {
			t.Errorf("%s: the page says %q, want %q", name, got, want)
		}
	}

	p.run(chromedp.SetValue("#customer", " "), chromedp.Click("#place"))
	p.wait(`document.querySelector('#problem').textContent.includes('who the customer is')`)
	p.look(1360, 900, "dark")
	p.shoot("dark")
	p.accessible("dark")
	p.run(chromedp.SetValue("#customer", "Ada Lovelace"), chromedp.Click("#place"))
	p.look(390, 844, "light", chromedp.EmulateMobile)
	p.wait(`document.documentElement.scrollWidth <= innerWidth`)
	p.shoot("mobile")
	p.accessible("mobile")
	p.run(chromedp.Click("#place"))
	p.wait(`document.querySelector('#journey').getBoundingClientRect().top < innerHeight / 2`)
	p.shoot("mobile-journey")
	if got := p.complaints(false); len(got) != 0 {
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
