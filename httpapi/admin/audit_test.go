package admin_test

import (
	"strings"
	"testing"

	"github.com/millrace/millrace/httpapi/admin"
)

func TestAudit(t *testing.T) {
	t.Parallel()
	h := &house{lamps: []lamp{{id: "a/1 ä", tenant: "acme"}, {id: "lit", lit: true}, {id: "old", watts: 13}}}
	log := &paper{}
	c := open(t, log, admin.Actors("operator"), sections(t, h.spec()))
	const ann, bob = "ann..operator.all-tenants", "bob.acme.viewer"
	for _, test := range []struct {
		badge, path, body string
		want              int
		log               string
	}{
		{ann, "/api/lamps/a%2F1%20%C3%A4/light", `{"reason":" it is dark "}`, 200, `asked ann/ lamps/a/1 ä/light "it is dark" ""` + "\n" +
			`done ann/ lamps/a/1 ä/light "it is dark" "a/1 ä is lit"`},
		{ann, "/api/lamps/old/light", `{"reason":"try"}`, 500, `asked ann/ lamps/old/light "try" ""` + "\n" +
			`failed ann/ lamps/old/light "try" "the lamp broke"`},
		{
			bob, "/api/lamps/old/light", `{"reason":"try"}`, 403,
			`refused bob/acme lamps/old/light "" "a role is needed that the principal does not have: operator"`,
		},
		{ann, "/api/lamps/lit/light", `{"reason":"x"}`, 409, `refused ann/ lamps/lit/light "x" "it is lit already"`},
		{ann, "/api/lamps/none/light", `{"reason":"x"}`, 404, `refused ann/ lamps/none/light "x" "there is no such row, or no more"`},
		{ann, "/api/lamps/old/light", `{}`, 422, `refused ann/ lamps/old/light "" "say why"`},
		{
			ann, "/api/lamps/old/light", `{"reason":"` + strings.Repeat("x", 501) + `"}`, 422,
			`refused ann/ lamps/old/light "" "the reason is too long"`,
		},
		{ann, "/api/lamps/old/light", `{"reason":"` + strings.Repeat("x", 9000) + `"}`, 413, `refused ann/ lamps/old/light "" "the request failed"`},
		{
			ann, "/api/lamps/old/light", `{"reason":"x"} {}`, 400,
			`refused ann/ lamps/old/light "" "send {\"reason\": \"…\"} or {}, and nothing after it"`,
		},
		{ann, "/api/lamps/old/light", `{"why":"x"}`, 400, `refused ann/ lamps/old/light "" "send {\"reason\": \"…\"} or {}"`},
		{"", "/api/lamps/old/light", `{"reason":"x"}`, 401, ``}, // who is nobody fills no audit
	} {
		log.entries = nil
		if got := ask(t, c, test.badge, "POST", test.path, test.body); got.status != test.want {
			t.Errorf("%s %s: %d %s", test.path, test.body, got.status, got.body)
		}
		if got := strings.TrimSpace(log.String()); got != test.log {
			t.Errorf("%s %.50s: the audit has\n%s\nwant\n%s", test.path, test.body, got, test.log)
		}
		for _, e := range log.entries {
			if e.ID == "" || e.ID != log.entries[0].ID || e.At.IsZero() || e.RequestID == "" || e.Address == "" {
				t.Errorf("%+v", e)
			}
		}
	}
}

func TestWithoutAudit(t *testing.T) {
	t.Parallel()
	h := &house{lamps: []lamp{{id: "a"}}}
	log := &paper{fails: map[admin.Outcome]bool{admin.OutcomeAsked: true}}
	c := open(t, log, admin.Actors("operator"), sections(t, h.spec()))
	light := func() reply {
		return ask(t, c, "ann..operator.all-tenants", "POST", "/api/lamps/a/light", `{"reason":"dark"}`)
	}
	if got := light(); got.status != 503 || !strings.Contains(got.Detail, "nothing was done") || h.log.Len() > 0 {
		t.Errorf("%d %s; done: %s", got.status, got.body, h.log.String())
	}
	log.fails = map[admin.Outcome]bool{admin.OutcomeDone: true}
	if got := light(); got.status != 200 || !strings.Contains(got.body, `"untold":true`) || h.log.Len() == 0 {
		t.Errorf("%d %s; done: %s", got.status, got.body, h.log.String())
	}
	log.fails = map[admin.Outcome]bool{admin.OutcomeRefused: true}
	if got := light(); got.status != 409 {
		t.Errorf("%d %s", got.status, got.body)
	}
}

func TestOtherOrigins(t *testing.T) {
	t.Parallel()
	h := &house{lamps: []lamp{{id: "a"}}}
	log := &paper{}
	c := open(t, log, admin.Actors("operator"), sections(t, h.spec()))
	for i, header := range [][]string{
		{"Sec-Fetch-Site", "cross-site"},
		{"Sec-Fetch-Site", "same-site"},
		{"Origin", "https://evil.example"},
		{"Content-Type", "text/plain"},
		{"Content-Type", "application/x-www-form-urlencoded"},
		{"Content-Type", ""},
	} {
		got := ask(t, c, "ann..operator.all-tenants", "POST", "/api/lamps/a/light", `{"reason":"dark"}`, header...)
		if got.status != 403 && got.status != 415 || h.log.Len() > 0 {
			t.Errorf("%d: %d %s; done: %s", i, got.status, got.body, h.log.String())
		}
		if got := ask(t, c, "", "POST", "/api/session", `{"token":"ann..operator.all-tenants"}`, header...); got.status != 403 &&
			got.status != 400 || got.header.Get("Set-Cookie") != "" {
			t.Errorf("%d: session: %d %s", i, got.status, got.body)
		}
	}
	if got := ask(t, c, "ann..operator.all-tenants", "POST", "/api/lamps/a/light", `{"reason":"dark"}`, "Sec-Fetch-Site",
		"same-origin"); got.status != 200 {
		t.Errorf("%d %s", got.status, got.body)
	}
}
