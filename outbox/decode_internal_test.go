package outbox

import "testing"

func FuzzDecodeWAL(f *testing.F) {
	f.Add([]byte("I\x00\x00\x00\x01N\x00\x01t\x00\x00\x00\x01a"))
	f.Add([]byte("R\x00\x00\x00\x01public\x00t\x00d\x00\x01\x00id\x00\x00\x00\x00\x19\xff\xff\xff\xff"))
	f.Add([]byte("C\x00\x00\x00\x00\x00\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\x02\x00\x00\x00\x00\x00\x00\x00\x03"))
	f.Fuzz(func(t *testing.T, data []byte) {
		message, err := decodeWAL(data)
		if err == nil && message == nil {
			t.Fatal("neither a message nor an error")
		}
		if insert, ok := message.(walInsert); ok && len(insert.values) > len(data) {
			t.Fatal("more values than bytes")
		}
	})
}

func TestParseLSN(t *testing.T) {
	t.Parallel()
	at, err := ParseLSN("16/B374D848")
	if err != nil || at.String() != "16/B374D848" {
		t.Fatalf("%s, %v", at, err)
	}
	if _, err := ParseLSN("nonsense"); err == nil {
		t.Fatal("nonsense was read")
	}
}

func TestParseLSNWhole(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"16/B374D848x", "1/2/3", "1/-2", "1/ 2", "+1/2", "1/123456789", ""} {
		if at, err := ParseLSN(text); err == nil {
			t.Errorf("%q is %s", text, at)
		}
	}
}
