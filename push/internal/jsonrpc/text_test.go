package jsonrpc_test

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/millrace/millrace/push/internal/jsonrpc"
)

func TestAppendString(t *testing.T) {
	t.Parallel()
	for _, s := range []string{"", "orders", `"`, `\`, "a\nb", "\x00", "\x1f", " ", "~", "\x7f", "<&>", "µ", "\u2028", "日本語", "\xff", "a\xc3"} {
		appended := jsonrpc.AppendString([]byte("before"), s)
		text, ok := strings.CutPrefix(string(appended), "before")
		var back string
		if err := json.Unmarshal([]byte(text), &back); err != nil || !ok || back != strings.ToValidUTF8(s, string(utf8.RuneError)) {
			t.Errorf("%q became %s, and that %q: %v", s, text, back, err)
		}
	}
}
