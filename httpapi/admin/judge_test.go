package admin_test

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/millrace/millrace/httpapi/admin"
)

const toLight, olga = "/api/lamps/a/light", "olga..operator.all-tenants"

// versionOf is that of a row as a viewer has it.
func versionOf(t *testing.T, c http.Handler, id string) string {
	t.Helper()
	var row struct{ Version string }
	if got := ask(t, c, olga, "GET", "/api/lamps/"+id, ""); json.Unmarshal([]byte(got.body), &row) != nil || row.Version == "" {
		t.Fatalf("%d %s", got.status, got.body)
	}
	return `"` + row.Version + `"`
}

// TestActionsJudgeAnew changes rows after a viewer has looked at them.
func TestActionsJudgeAnew(t *testing.T) {
	t.Parallel()
	for i, test := range []struct {
		then   []lamp // what has become of the dark lamp that was seen
		unseen bool   // the version is not sent
		want   int
	}{
		{[]lamp{{id: "a"}}, false, 200},
		{[]lamp{{id: "a", watts: 99}}, false, 200}, // a number is no state
		{[]lamp{{id: "a", lit: true}}, false, 412},
		{[]lamp{{id: "a", lit: true}}, true, 409},
		{nil, false, 412},
		{nil, true, 404},
	} {
		h := &house{lamps: []lamp{{id: "a"}}}
		c := open(t, &paper{}, admin.Actors("operator"), sections(t, h.spec()))
		header := []string{"If-Match", versionOf(t, c, "a")}
		if test.unseen {
			header = nil
		}
		h.set(test.then...)
		got := ask(t, c, olga, "POST", toLight, `{"reason":"dark"}`, header...)
		if done := strings.Contains(h.log.String(), "a by olga"); got.status != test.want || done != (test.want == 200) {
			t.Errorf("%d: %d %s, done: %t, want %d", i, got.status, got.body, done, test.want)
		}
		if test.want == 412 && len(test.then) > 0 && !strings.Contains(got.Detail, "lit") {
			t.Errorf("%d: it is not told what has become of the row: %s", i, got.Detail)
		}
	}
}

// TestActionsRunOnce clicks twice, as one and as another operator.
func TestActionsRunOnce(t *testing.T) {
	t.Parallel()
	h := &house{lamps: []lamp{{id: "a"}}}
	spec := h.spec()
	began, goOn, times := make(chan struct{}), make(chan struct{}), 0
	spec.Actions[0].Do = func(context.Context, lamp, string) (string, error) {
		times++
		close(began)
		<-goOn
		h.set(lamp{id: "a", lit: true})
		return "lit", nil
	}
	c := open(t, &paper{}, admin.Actors("operator"), sections(t, spec))
	var first sync.WaitGroup
	first.Go(func() {
		if got := ask(t, c, olga, "POST", toLight, `{"reason":"dark"}`); got.status != 200 {
			t.Errorf("the first: %d %s", got.status, got.body)
		}
	})
	<-began
	for _, who := range []string{olga, "oscar..operator.all-tenants"} {
		if got := ask(t, c, who, "POST", toLight, `{"reason":"dark"}`); got.status != 409 || !strings.Contains(got.Detail, "at this moment") {
			t.Errorf("%s meanwhile: %d %s", who, got.status, got.body)
		}
	}
	close(goOn)
	first.Wait()
	if got := ask(t, c, olga, "POST", toLight, `{"reason":"dark"}`); got.status != 409 || !strings.Contains(got.Detail, "lit already") || times != 1 {
		t.Errorf("after it: %d %s, done %d times", got.status, got.body, times)
	}
}
