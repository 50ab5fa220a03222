package shop_test

import (
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/millrace/millrace/examples/shop"
	"github.com/millrace/millrace/examples/shop/checkout"
	"github.com/millrace/millrace/internal/browsertest"
)

// TestWorkInABrowser lets a visitor register an endpoint and place an order, and see its mails and its deliveries, live and after a reload.
func TestWorkInABrowser(t *testing.T) {
	t.Parallel()
	p := browsertest.Open(t)
	f := open(t, nil, shop.Pace(checkout.Pace{Approval: time.Minute, Pack: 300 * time.Millisecond, Ship: 300 * time.Millisecond}))
	f.run()
	p.Look(1280, 900, "light")
	p.Run(chromedp.Navigate(f.url))
	p.Wait(`document.querySelector('#link').dataset.state === 'live' && document.querySelector('#mail-counts dd').textContent === '0'`)
	p.Run(chromedp.SetValue("#hook-url", "http://169.254.169.254/"), chromedp.Click("#register button"))
	p.Wait(`document.querySelector('#hook-problem').checkVisibility()`)
	p.Run(chromedp.SetValue("#hook-url", f.url+"/hooks/receiver?fail=1"), chromedp.Click("#register button"))
	p.Wait(`document.querySelector('#endpoints b')?.textContent === '/hooks/receiver?fail=1'`)
	p.Run(chromedp.SetValue("#email", "ada@flaky.example"), chromedp.Click("#place"))
	p.Wait(`document.querySelector('#jobs li[data-state=retrying] .due') !== null`)
	p.Run(chromedp.ScrollIntoView("#mail"))
	p.Shoot("work-retrying")
	p.Run(chromedp.SetValue("#email", "ada@nowhere.example"), chromedp.Click("#place"))
	p.Wait(`document.querySelectorAll('#jobs li[data-state=dead]').length === 2 && ` +
		`document.querySelector('#mail-counts [data-state=dead] dd').textContent === '2'`)
	p.Wait(`document.querySelectorAll('#jobs li[data-state=done]').length === 2 && ` +
		`document.querySelector('#mails-kept').textContent === '2 mails kept'`)
	p.Wait(`document.querySelectorAll('#deliveries li[data-state=delivered]').length === 10`)
	p.Wait(`document.querySelector('#received').textContent === '10 received, each once · 10 refused'`)
	p.Wait(`document.querySelector('#endpoints small').textContent === '10 delivered'`)
	p.Run(chromedp.Click("#mails summary"))
	if got := p.Text("#mails pre"); !strings.Contains(got, "Dear Ada Lovelace") {
		t.Errorf("the mail says %q", got)
	}
	p.Run(chromedp.ScrollIntoView("#mail"))
	p.Shoot("work")
	p.Accessible("work")
	p.Look(1280, 900, "dark")
	p.Shoot("work-dark")
	p.Accessible("work dark")
	p.Look(390, 844, "light", chromedp.EmulateMobile)
	p.Run(chromedp.Reload())
	p.Wait(`document.querySelectorAll('#jobs li').length === 4 && document.querySelectorAll('#mails li').length === 2 && ` +
		`document.querySelectorAll('#deliveries li').length === 10`)
	p.Wait(`document.documentElement.scrollWidth <= innerWidth`)
	for name, at := range map[string]string{"mail": "#mail", "hooks": "#hooks"} {
		p.Run(chromedp.ScrollIntoView(at))
		p.Shoot("work-mobile-" + name)
	}
	p.Accessible("work mobile")
	p.Run(chromedp.Click("#endpoints button"))
	p.Wait(`!document.querySelector('#endpoints li') && !document.querySelector('#deliveries li')`)
	if got := p.Complaints(false); len(got) != 0 {
		t.Errorf("the console says %q", got)
	}
}
