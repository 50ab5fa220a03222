package durable_test

import (
	"net/url"
	"strings"
	"testing"

	"github.com/millrace/millrace/httpapi/operations"
	"github.com/millrace/millrace/httpapi/operations/durable"
	"github.com/millrace/millrace/partitions"
)

func deriveDoors(a *operations.API, g *partitions.Group) {
	durable.Machine(a, g, doors, allow)
}

// house is two pods that serve doors.
func house(t *testing.T) (one, two *pod) {
	t.Helper()
	b := broker(t)
	if err := b.Verify(t.Context(), doors.Contracts()...); err != nil {
		t.Fatal(err)
	}
	return start(t, b, "one", doors.Part(), deriveDoors), start(t, b, "two", doors.Part(), deriveDoors)
}

// wants says whether an answer has the status and the texts.
func (p *pod) wants(answer reply, status int, says ...string) {
	p.Helper()
	if answer.status != status {
		p.Errorf("%s %s: %d %s, want %d", answer.Method, answer.URL.Path, answer.status, answer.text, status)
	}
	for _, part := range says {
		if !strings.Contains(answer.text, part) {
			p.Errorf("%s %s: %s has no %s", answer.Method, answer.URL.Path, answer.text, part)
		}
	}
}

// TestAnyPod sends all requests to a pod that is not the owner: the answers are those of the owner.
func TestAnyPod(t *testing.T) {
	t.Parallel()
	one, two := house(t)
	id := one.owned("two")
	path := "/door/" + url.PathEscape(id)
	answer := one.send("GET", path, "")
	one.wants(answer, 404, "there is no such door")
	answer = one.send("POST", path+"/open", `{"by":"ada"}`)
	one.wants(answer, 200, `"id":"`+id+`","state":"open","version":1,"data":{"last":"ada"},"entered":"20`)
	tag := answer.header.Get("ETag")
	got := one.send("GET", path, "")
	one.wants(got, 200, answer.text)
	if tag == "" || got.header.Get("ETag") != tag {
		t.Errorf("the tags are %q and %q", tag, got.header.Get("ETag"))
	}
	answer = one.send("GET", path, "", "If-None-Match: "+tag)
	one.wants(answer, 304)
	if sent := two.served.Load(); sent != 3 {
		t.Errorf("%d reads were sent on, want 3", sent)
	}
	answer = two.send("POST", path+"/close", `{}`)
	two.wants(answer, 200, `"state":"closed","version":2`)
	answer = one.send("GET", path, "", "If-None-Match: "+tag)
	one.wants(answer, 200, `"version":2`)
}

// TestRefusals sends what may not happen: problems say what may.
func TestRefusals(t *testing.T) {
	t.Parallel()
	one, _ := house(t)
	id := "/door/" + url.PathEscape(one.owned("two"))
	for _, test := range []struct {
		method, path, body, header string
		status                     int
		says                       []string
	}{
		{"POST", id + "/close", `{}`, "", 404, []string{`"state":"closed"`, `"allowed":["open"]`}},
		{"POST", id + "/open", `{"by":"thief"}`, "", 409, []string{"it is locked", `"state":"closed"`}},
		{"GET", id, "", "", 404, nil}, // what was refused has made nothing
		{"POST", id + "/open", `{"by":"ada"}`, "", 200, nil},
		{"POST", id + "/open", `{"by":"ada"}`, "", 409, []string{`"state":"open"`, `"allowed":["close"]`}},
		{"POST", id + "/open", `{"by":"a"}`, "", 422, []string{`"#/by"`}},
		{"POST", id + "/open", `{"by":"nobody"}`, "", 422, []string{"say who it is"}},
		{"POST", id + "/open", `{"who":"ada"}`, "", 400, []string{"remove the field"}},
		{"POST", "/door/%00/open", `{"by":"ada"}`, "", 400, []string{"control characters"}},
		{"GET", "/door/" + strings.Repeat("%C3%A4", 251), "", "", 400, []string{"1 to 500 bytes"}},
		{"POST", id + "/slam", `{}`, "", 404, nil},
		{"GET", id, "", "Who: ", 401, nil},
		{"GET", id, "", "Who: eve", 403, []string{"eve may not read door"}},
		{"POST", id + "/close", `{}`, "Who: eve", 403, []string{"eve may not send door", "close"}},
		{"GET", id, "", "Of: other", 404, nil},
		{"POST", id + "/open", `{"by":"bob"}`, "Of: other", 200, []string{`"version":1`}},
		{"GET", id, "", "", 200, []string{`"last":"ada"`}},
	} {
		var headers []string
		if test.header != "" {
			headers = []string{test.header}
		}
		answer := one.send(test.method, test.path, test.body, headers...)
		one.wants(answer, test.status, test.says...)
	}
}
