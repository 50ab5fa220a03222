package push_test

import (
	"strings"
	"testing"

	"github.com/millrace/millrace/bus/bustest"
	"github.com/millrace/millrace/push"
)

func TestDefinitionErrors(t *testing.T) {
	t.Parallel()
	b := bustest.Open(t)
	for _, name := range []string{"", "reset", "error", "open", "a.b", "A", "1", "a b", "a/b", "a\nb", "é", strings.Repeat("a", 65)} {
		channel := push.Define[string](name)
		if channel.Err() == nil {
			t.Errorf("%q was taken for a channel's name", name)
		}
		if channel.Publish(t.Context(), b, "k", "view").Err() == nil {
			t.Errorf("published to %q", name)
		}
	}
	for _, name := range []string{"a", "orders-2_x", "binary", strings.Repeat("a", 64)} {
		if err := push.Define[string](name).Err(); err != nil {
			t.Error(err)
		}
	}
}

func TestTextAndBinary(t *testing.T) {
	t.Parallel()
	b := bustest.Open(t)
	url, _ := serve(t, b)
	s := connect(t, url+"?channel=log&channel=image", "")
	text, binary := push.Define("log", push.Text()), push.Define("image", push.Binary())
	publish(t, b, text, "k", "one\ntwo")
	if got, _ := s.next(); got.name != "log" || got.data != "one\ntwo" {
		t.Errorf("got %+v", got)
	}
	if err := binary.Publish(t.Context(), b, "k", []byte("ab"), nil).Err(); err != nil {
		t.Fatal(err)
	}
	if got, _ := s.next(); got.name != "image;base64" || got.data != "YWI=" {
		t.Errorf("got %+v", got)
	}
	if got, _ := s.next(); got.name != "image;base64" || got.data != "" {
		t.Errorf("got %+v", got)
	}
	if err := text.Publish(t.Context(), b, "k", "\xff").Err(); err == nil {
		t.Error("text that is not UTF-8 was published")
	}
}

// TestForeignRecords holds that what others write to the broadcast topic reaches nobody by mistake.
func TestForeignRecords(t *testing.T) {
	t.Parallel()
	b := bustest.Open(t)
	url, _ := serve(t, b)
	s := connect(t, url+"?channel=news", "")
	for _, kind := range []string{"news\ndata: forged", "reset", "", "NEWS", "other.thing"} {
		raw(t, b, kind, "application/json", []byte(`"forged"`))
	}
	publish(t, b, push.Define[string]("news"), "k", "real")
	if got, _ := s.next(); got.data != `"real"` {
		t.Errorf("got %+v", got)
	}
}
