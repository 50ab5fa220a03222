package shop_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/millrace/millrace/examples/shop"
	"github.com/millrace/millrace/examples/shop/checkout"
	"github.com/millrace/millrace/examples/shop/hooks"
	"github.com/millrace/millrace/examples/shop/mail"
)

// mailed is an order of somebody who wants mail.
func mailed(id, to string) string {
	return `{"id":"` + id + `","customer":"Ada","email":"` + to + `","items":[{"sku":"cups-02","quantity":2,"price_cents":2400}]}`
}

// TestMailOfAnOrder places an order whose mails fail twice, and one of somebody who wants none.
func TestMailOfAnOrder(t *testing.T) {
	t.Parallel()
	f := open(t, nil, shop.Pace(checkout.Pace{}))
	f.run()
	f.post(order("silent", "Ada"))
	if got := f.post(mailed("one", "ada@"+mail.Flaky)); got.status != http.StatusCreated ||
		!strings.Contains(got.body, `"email":"ada@flaky.example"`) {
		t.Fatalf("placed: %d %s", got.status, got.body)
	}
	var report mail.Report
	f.until("both mails are kept", func() bool {
		report = mail.Report{}
		return json.Unmarshal([]byte(f.get("/mail").body), &report) == nil && report.Counts["done"] == 2
	})
	if len(report.Jobs) != 2 || report.Kept != 2 {
		t.Errorf("%+v", report)
	}
	subjects := map[string]string{"one/placed": "We have your order", "one/shipped": "Your order is on its way"}
	for _, kept := range report.Mails {
		if kept.Subject != subjects[kept.Job] || kept.Attempt != 3 || kept.Order != "one" || kept.To != "ada@flaky.example" {
			t.Errorf("%+v", kept)
		}
		delete(subjects, kept.Job)
	}
	if len(subjects) > 0 {
		t.Errorf("missing: %v", subjects)
	}
	refused(t, f.post(mailed("one", "grace@example.com")), http.StatusConflict, "another order has this id")
	for _, to := range []string{"ada", "Ada <ada@example.com>", "ada@", strings.Repeat("a", 250) + "@b.example"} {
		refused(t, f.post(mailed("two", to)), http.StatusUnprocessableEntity, "#/email")
	}
}

// TestWebhooksOfAnOrder registers an endpoint and places an order: its receiver verifies all that happens to it, once by its id.
func TestWebhooksOfAnOrder(t *testing.T) {
	t.Parallel()
	f := open(t, nil, shop.Pace(checkout.Pace{}))
	f.run()
	register := func(body string) answer { return f.send(http.MethodPost, "/hooks/endpoints", "application/json", body) }
	var made hooks.Registered
	f.until("the endpoint is made", func() bool {
		got := register(`{"url":"` + f.url + `/hooks/receiver?fail=1"}`)
		return got.status == http.StatusCreated && json.Unmarshal([]byte(got.body), &made) == nil
	})
	if !strings.HasPrefix(made.Secret, "whsec_") {
		t.Errorf("the secret is %q", made.Secret)
	}
	f.post(order("one", "Ada"))
	types := map[string]int{"order.placed": 1, "order.paid": 1, "order.packed": 1, "order.shipped": 1, "order.delivered": 1}
	var report hooks.Report
	f.until("all is delivered", func() bool {
		report = hooks.Report{}
		err := json.Unmarshal([]byte(f.get("/hooks").body), &report)
		done := 0
		for _, d := range report.Deliveries {
			if d.Outcome == "delivered" {
				done++
			}
		}
		return err == nil && done == len(types)
	})
	for _, d := range report.Deliveries {
		if types[d.Type]--; d.Attempt != 2 || d.Status != http.StatusNoContent {
			t.Errorf("%+v", d)
		}
	}
	for kind, left := range types {
		if left != 0 {
			t.Errorf("%s is missing %d times", kind, left)
		}
	}
	if report.Received != (hooks.Received{Events: 5, Refused: 5}) {
		t.Errorf("%+v", report.Received)
	}
	if n := f.count(`SELECT count(*) FROM shop.received WHERE taken = 1`); n != 5 {
		t.Errorf("%d events are taken once", n)
	}
	refused(t, register(`{"url":"http://169.254.169.254/"}`), http.StatusUnprocessableEntity, "must begin with https://")
	refused(t, register(`{"uri":""}`), http.StatusBadRequest, "types, url")
	var list shop.EndpointList
	if err := json.Unmarshal([]byte(f.get("/hooks/endpoints").body), &list); err != nil || len(list.Endpoints) != 1 ||
		list.Endpoints[0].Delivered != 5 {
		t.Errorf("%+v, %v", list, err)
	}
	path := "/hooks/endpoints/" + made.Endpoint.ID
	if got := f.send(http.MethodDelete, path, "", ""); got.status != http.StatusNoContent {
		t.Errorf("removed: %d %s", got.status, got.body)
	}
	refused(t, f.send(http.MethodDelete, path, "", ""), http.StatusNotFound, "no such endpoint")
}
