package protobuf_test

import (
	"strings"
	"testing"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/bus/protobuf"
)

func proto3(body string) bus.Schema {
	return bus.Schema{Type: bus.SchemaProtobuf, Text: `syntax = "proto3"; message M { ` + body + ` }`}
}

func proto2(body string) bus.Schema {
	return bus.Schema{Type: bus.SchemaProtobuf, Text: `syntax = "proto2"; message M { ` + body + ` }`}
}

func TestCompare(t *testing.T) {
	t.Parallel()
	codec := protobuf.Codec[*Placed]()
	const both, backward, forward = " (breaks older and newer consumers)",
		" (breaks newer consumers reading older events)", " (breaks older consumers reading newer events)"
	for _, test := range []struct {
		older, newer bus.Schema
		want         string
	}{
		{proto3(`string a = 1;`), proto3(`string a = 1; int32 b = 2;`), "b: added"},
		{proto3(`string a = 1; int32 b = 2;`), proto3(`string a = 1; reserved 2;`), "b: removed, its number 2 is reserved"},
		{proto3(`int32 b = 2;`), proto3(``), "b: removed, but its number 2 is not reserved and could come to mean something else" + both},
		{proto3(`reserved 2 to 4;`), proto3(`reserved 2; int32 c = 3;`), "c: added with the number 3, which was reserved" + both + "; the payload: the number 4 is no longer reserved" + both},
		{proto3(`int32 a = 1;`), proto3(`int32 a = 2;`), "a: the number changed from 1 to 2" + both},
		{proto3(`int32 a = 1; int32 b = 2;`), proto3(`int32 b = 1; int32 a = 2;`), "b: took the number 1, which was that of a" + both + "; a: took the number 2, which was that of b" + both},
		{proto3(`int32 a = 1;`), proto3(`int32 z = 1;`), "z: renamed from a"},
		{proto3(`int32 a = 1;`), proto3(`int64 a = 1;`), "a: type changed from int32 to int64" + forward},
		{proto3(`int64 a = 1;`), proto3(`int32 a = 1;`), "a: type changed from int64 to int32" + backward},
		{proto3(`int32 a = 1;`), proto3(`uint32 a = 1;`), "a: type changed from int32 to uint32" + both},
		{proto3(`int32 a = 1;`), proto3(`sint32 a = 1;`), "a: type changed from int32 to sint32" + both},
		{proto3(`string a = 1;`), proto3(`bytes a = 1;`), "a: type changed from string to bytes" + forward},
		{proto3(`M a = 1;`), proto3(`string a = 1;`), "a: type changed from M to string" + both},
		{proto3(`string a = 1;`), proto3(`repeated string a = 1;`), "a[]: changed from a single value to a repeated one" + forward},
		{proto3(`repeated string a = 1;`), proto3(`string a = 1;`), "a: changed from a repeated value to a single one" + backward},
		{proto3(`string a = 1;`), proto3(`optional string a = 1;`), "a: a missing value and the default are now told apart"},
		{proto3(`map<string, int32> a = 1;`), proto3(`map<string, string> a = 1;`), "a{}: type changed from int32 to string" + both},
		{proto3(`map<string, M> a = 1;`), proto3(`repeated M a = 1;`), "a[]: type changed from map<string, M> to M" + both},
		{proto3(`int32 a = 1; int32 b = 2;`), proto3(`oneof x { int32 a = 1; int32 b = 2; }`), "a: a missing value and the default are now told apart; a: now excludes the number 2 by a oneof; stored events may have both" + backward},
		{proto3(`oneof x { int32 a = 1; int32 b = 2; }`), proto3(`int32 a = 1; oneof x { int32 b = 2; }`), "a: a missing value and the default are now the same; a: no longer excludes the number 2; older consumers keep only one of them" + forward},
		{proto3(`oneof x { int32 a = 1; }`), proto3(`oneof y { int32 a = 1; int32 b = 2; }`), "b: added"},
		{proto3(`repeated N a = 1; message N { int32 q = 1; }`), proto3(`repeated N a = 1; message N { string q = 1; }`), "a[].q: type changed from int32 to string" + both},
		{proto3(`N a = 1; message N { M m = 1; }`), proto3(`O a = 1; message O { M m = 1; }`), "a: type renamed from M.N to M.O"},
		{proto3(`E a = 1; enum E { A = 0; B = 1; }`), proto3(`E a = 1; enum E { A = 0; C = 2; }`), "a: the value B was removed, but its number 1 is not reserved" + both + "; a: the value C was added"},
		{proto3(`E a = 1; enum E { A = 0; B = 1; }`), proto3(`E a = 1; enum E { Z = 0; reserved 1; }`), "a: the value A was renamed to Z; a: the value B was removed, its number 1 is reserved"},
		{proto2(`optional E a = 1; enum E { A = 0; }`), proto2(`optional E a = 1; enum E { A = 0; B = 1; }`), "a: the value B was added" + forward},
		{proto2(`optional E a = 1; enum E { A = 0; B = 1; }`), proto2(`optional E a = 1; enum E { A = 0; reserved 1; }`), "a: the value B was removed, its number 1 is reserved" + backward},
		{proto2(`optional E a = 1; enum E { A = 0; }`), proto2(`optional int32 a = 1;`), "a: type changed from M.E to int32" + forward},
		{proto2(``), proto2(`required int32 a = 1;`), "a: added as required, but stored events do not have it" + backward},
		{proto2(`required int32 a = 1;`), proto2(`reserved 1;`), "a: removed, but consumers of the older version require it" + forward},
		{proto2(`required int32 a = 1;`), proto2(`optional int32 a = 1;`), "a: changed from required to optional" + forward},
		{proto2(`optional int32 a = 1;`), proto2(`required int32 a = 1;`), "a: changed from optional to required" + backward},
		{proto2(`optional int32 a = 1;`), proto2(`optional int32 a = 1 [default = 7];`), "a: the default changed" + both},
		{proto2(`optional bytes a = 1 [default = "x"];`), proto2(`optional bytes a = 1 [default = "x"];`), ""},
		{proto2(`repeated int32 a = 1;`), proto2(`repeated int32 a = 1 [packed = true];`), ""},
	} {
		changes, err := codec.Compare(test.older, test.newer)
		lines := make([]string, len(changes))
		for i, change := range changes {
			lines[i] = change.String()
		}
		got := strings.Join(lines, "; ")
		if err != nil || !strings.HasPrefix(got, test.want) || test.want == "" && got != "" {
			t.Errorf("%s -> %s\n got %q, %v\nwant %q", test.older.Text, test.newer.Text, got, err, test.want)
		}
	}
}
