package outbox

import (
	"testing"
)

// What is routed where, and what is refused, checked with Java 17.
func TestTopicsAreThoseOfJava(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ regex, replacement, value, topic string }{
		{"(?<routedByValue>.*)", "outbox.event.${routedByValue}", "Order", "outbox.event.Order"},
		{"(?<routedByValue>.*)", "outbox.event.${routedByValue}", "a\u0085b", "a\u0085b"},
		{"a|ab", "x", "ab", "xb"},
		{"(.*?)", "x$1", "ab", "xab"},
		{"(a)(b)?", "$1-$2-$10", "a", "a--a0"},
		{`(\w+)\.(\d+)`, `$2\$\\$1`, "a.1", `1$\a`},
		{`[\s&]b`, "x", "\vb", "x"},
		{`\u0061+`, "x", "aaa", "x"},
		{"^a$", "x", "a", "x"},
		{"a{2,3}?", "x", "aaa", "xa"},
		{"[^a-c.]+", "x", "def", "x"},
		{"other", "x", "def", "def"},
	} {
		all := &options{values: map[string]string{"regex": c.regex, "replacement": c.replacement}, errs: new([]error)}
		route := all.topicRoute("regex", "", "replacement", "")
		if err := all.err(); err != nil {
			t.Errorf("%s: %v", c.regex, err)
		} else if topic := route.topic([]byte(c.value)); string(topic) != c.topic {
			t.Errorf("%s makes %q of %q, not %q", c.regex, topic, c.value, c.topic)
		}
	}
	for regex, replacement := range map[string]string{
		"(?=a)a": "", "(?<!a)b": "", "(?>a)": "", "a*+": "", "(?i)a": "", `\ba`: "", `(a)\1`: "", "[a&&b]": "", "[a[b]]": "", `\p{Alpha}`: "",
		"a$b": "", "b^a": "", `\Qa\E`: "", "(": "", "[a": "", "[]a]": "", "a{": "", `[\S]`: "", `\`: "", "(?P<a>b)": "",
		"a": "$1", "b": "${x}", "c": `\`, "d": "$", "e": "${",
	} {
		all := &options{values: map[string]string{"regex": regex, "replacement": replacement}, errs: new([]error)}
		all.topicRoute("regex", "", "replacement", "")
		if all.err() == nil {
			t.Errorf("%s with %q was taken", regex, replacement)
		}
	}
}

func TestJavaDoubles(t *testing.T) {
	t.Parallel()
	for value, text := range map[string]string{
		"0": "0.0", "-0": "-0.0", "1": "1.0", "-1.5": "-1.5", "1e10": "1.0E10", "1e7": "1.0E7", "9999999": "9999999.0", "0.001": "0.001",
		"0.00099": "9.9E-4", "5e-324": "4.9E-324", "1.7976931348623157e308": "1.7976931348623157E308", "2e23": "2.0E23", "123456.789": "123456.789",
		"NaN": "NaN", "Infinity": "Infinity", "-Infinity": "-Infinity", "1.0E-5": "1.0E-5", "100": "100.0",
	} {
		f := &field{schema: &connectSchema{}}
		f.double(kindDouble, 64)
		if got, err := f.text(nil, []byte(value)); err != nil || string(got) != text {
			t.Errorf("%s is %s, not %s: %v", value, got, text, err)
		}
	}
}

// FuzzExpansion never makes anything but JSON of JSON.
func FuzzExpansion(f *testing.F) {
	f.Add([]byte(`{"a": [1, {"b": null}], "c": "\ud800\"", "d": 1e400}`))
	f.Add([]byte(`[[], {}]`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		e := &expansion{nulls: len(raw)%2 == 0, emptyArrays: len(raw)%3 == 0}
		got := e.of(raw, "payload", expanded{schema: &connectSchema{kind: kindString}})
		if got.json == nil {
			return
		}
		if _, err := parseJSON(got.json); err != nil {
			t.Fatalf("%q became %q: %v", raw, got.json, err)
		}
	})
}
