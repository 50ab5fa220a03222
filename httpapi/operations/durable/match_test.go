package durable_test

import (
	"net/url"
	"slices"
	"sync"
	"testing"
)

// TestMatch sends events that expect an ETag: of many at once, by all pods, one happens.
func TestMatch(t *testing.T) {
	t.Parallel()
	one, two := house(t)
	path := "/door/" + url.PathEscape(one.owned("two"))
	answer := one.send("POST", path+"/open", `{"by":"ada"}`, "If-Match: *")
	if one.wants(answer, 412, "no such door"); answer.header.Get("ETag") != "" {
		t.Errorf("a door that does not exist has the tag %s", answer.header.Get("ETag"))
	}
	answer = one.send("POST", path+"/open", `{"by":"ada"}`)
	one.wants(answer, 200)
	first := answer.header.Get("ETag")
	answers := make([]reply, 8)
	var all sync.WaitGroup
	for i := range answers {
		pod := []*pod{one, two}[i%2]
		all.Go(func() { answers[i] = pod.send("POST", path+"/close", `{}`, "If-Match: "+first) })
	}
	all.Wait()
	happened := slices.IndexFunc(answers, func(r reply) bool { return r.status == 200 })
	if happened < 0 {
		t.Fatalf("nothing happened: %d %s", answers[0].status, answers[0].text)
	}
	now := answers[happened].header.Get("ETag")
	for i, answer := range answers {
		if i == happened {
			continue
		}
		if one.wants(answer, 412, "the door was changed"); answer.header.Get("ETag") != now {
			t.Errorf("the tag is said to be %s, and is %s", answer.header.Get("ETag"), now)
		}
	}
	for _, test := range []struct {
		event, match string
		status       int
	}{
		{"open", first, 412},
		{"open", "W/" + now, 412}, // what is weak matches nothing
		{"open", `"1"`, 412},
		{"open", "anything", 412},
		{"close", first, 412}, // rather than 409: who sends it has not seen the door as it is
		{"close", now, 409},
		{"open", `"x" , ` + now, 200},
		{"close", "*", 200},
	} {
		answer := two.send("POST", path+"/"+test.event, map[string]string{"open": `{"by":"ada"}`, "close": `{}`}[test.event], "If-Match: "+test.match)
		two.wants(answer, test.status)
	}
	answer = one.send("POST", path+"/open", `{"by":"ada"}`, "If-Match: "+now, "Of: other")
	one.wants(answer, 412, "no such door")
	answer = one.send("GET", path, "")
	one.wants(answer, 200, `"version":4`)
}
