package shop_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/millrace/millrace/examples/shop"
	"github.com/millrace/millrace/examples/shop/checkout"
	"github.com/millrace/millrace/internal/browsertest"
	"github.com/millrace/millrace/sagas"
)

// TestLifeInABrowser lets a visitor approve one order and cancel another, and see what becomes of both.
func TestLifeInABrowser(t *testing.T) {
	t.Parallel()
	p := browsertest.Open(t)
	f := open(t, nil, shop.Pace(checkout.Pace{Approval: time.Minute, Pack: 300 * time.Millisecond, Ship: time.Hour}))
	f.run()
	p.Look(1360, 900, "light")
	p.Run(chromedp.Navigate(f.url))
	p.Wait(`document.querySelector('#link').dataset.state === 'live' && document.querySelectorAll('#chart .state').length === 7`)
	p.Run(chromedp.SetValue(`[data-sku=grinder-14] input`, "4"))
	p.Press("#place")
	p.Wait(`!document.querySelector('#approve').disabled && document.querySelector('#chart [data-current]')?.dataset.state === 'new'`)
	p.Press("#approve")
	p.Wait(`document.querySelector('#chart [data-current]')?.dataset.state === 'packed'`)
	p.Wait(`document.querySelector('#events em').textContent === 'packed'`)
	p.Run(chromedp.ScrollIntoView("#life"))
	p.Shoot("life-packed")
	p.Accessible("life")
	p.Press("#cancel")
	p.Wait(`document.querySelector('#life-note').textContent.startsWith('The checkout was undone')`)
	p.Wait(`document.querySelectorAll('#journal [data-outcome=undone]').length === 3`)
	p.Look(1360, 900, "dark")
	p.Run(chromedp.ScrollIntoView("#life"))
	p.Shoot("life-cancelled")
	p.Accessible("life dark")
	p.Look(390, 844, "light", chromedp.EmulateMobile)
	p.Wait(`document.documentElement.scrollWidth <= innerWidth`)
	p.Run(chromedp.ScrollIntoView("#life"))
	p.Shoot("life-mobile")
	if got := p.Complaints(false); len(got) != 0 {
		t.Errorf("the console says %q", got)
	}
}

func TestLifeOfAnOrder(t *testing.T) {
	t.Parallel()
	f := open(t, nil, shop.Pace(checkout.Pace{}))
	f.run()
	for path, status := range map[string]int{"/orders/none/progress": http.StatusNotFound, "/orders/-/progress": http.StatusBadRequest} {
		if got := f.get(path); got.status != status {
			t.Errorf("%s: %d %s", path, got.status, got.body)
		}
	}
	f.post(order("one", "Ada"))
	f.until("the order is delivered", func() bool {
		var p checkout.Progress
		got := f.get("/orders/one/progress")
		return json.Unmarshal([]byte(got.body), &p) == nil && p.State == checkout.Delivered && p.Saga == sagas.Completed
	})
	if got := f.send(http.MethodPost, "/orders/one/cancel", "", ""); got.status != http.StatusConflict ||
		!strings.Contains(got.body, "is delivered") {
		t.Errorf("cancel: %d %s", got.status, got.body)
	}
	if got := f.send(http.MethodPost, "/orders/one/approve", "", ""); got.status != http.StatusAccepted {
		t.Errorf("approve: %d %s", got.status, got.body)
	}
}
