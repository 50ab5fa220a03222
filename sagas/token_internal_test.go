package sagas

import (
	"encoding/base64"
	"encoding/json"
	"strings"
	"testing"
)

// TestTokenWithoutSecret makes a token in a saga of a version that kept no secret: it could be guessed, and the saga is parked.
func TestTokenWithoutSecret(t *testing.T) {
	t.Parallel()
	flow := Define("secretless", func(s *Saga, _ int) (string, error) { return NewToken[string](s, "paid").String(), nil })
	texts := make(map[string]bool)
	for _, secret := range []string{"", "one", "two"} {
		r := newRun(&runner{core: flow.core, invoke: flow.invoke}, loaded{
			key: "/1", head: head{Status: Running}, input: input{In: json.RawMessage("1"), Secret: secret}, journal: make(map[string]Entry),
		})
		p := &plan{}
		if !r.advance(t.Context(), p) {
			t.Fatal("it does not go on")
		}
		r.kill()
		if parked := strings.Contains(p.park, "they could be guessed"); parked != (secret == "") {
			t.Errorf("secret %q: %q", secret, p.park)
		}
		texts[string(p.result)] = true
	}
	if len(texts) != 3 {
		t.Errorf("secrets make the same tokens: %v", texts)
	}
}

// TestTokenText reads a token that was part of something else.
func TestTokenText(t *testing.T) {
	t.Parallel()
	signal := "paid" + tokenMark + mac("secret", "a")
	raw, err := json.Marshal(tokenText{Flow: "flow", ID: "1", Signal: signal, Proof: proof("secret", 0, signal)})
	if err != nil {
		t.Fatal(err)
	}
	is, err := parseToken(base64.RawURLEncoding.EncodeToString(raw))
	if err != nil {
		t.Fatal(err)
	}
	was := struct{ Token Token[int] }{tokenOf[int](base64.RawURLEncoding.EncodeToString(raw), is)}
	text, err := json.Marshal(was)
	if err != nil {
		t.Fatal(err)
	}
	again := was
	again.Token = Token[int]{}
	if err := json.Unmarshal(text, &again); err != nil || again.Token.text != was.Token.text || again.Token.signal.name != signal {
		t.Errorf("%+v, %v", again, err)
	}
	if err := json.Unmarshal([]byte(`{"Token":"x"}`), &again); err == nil {
		t.Error("a text that is no token is read")
	}
}
