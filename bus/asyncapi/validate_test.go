package asyncapi_test

import (
	"encoding/json"
	"net/url"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/google/jsonschema-go/jsonschema"
)

// official is AsyncAPI's own JSON Schema of documents of version 3.0.0; testdata/NOTICE says where it is from.
var official = sync.OnceValues(func() (*jsonschema.Resolved, error) {
	text, err := os.ReadFile("testdata/asyncapi-3.0.0.json")
	if err != nil {
		return nil, err
	}
	schema := new(jsonschema.Schema)
	if err := json.Unmarshal(text, schema); err != nil {
		return nil, err
	}
	schema.Schema += "#" // the validator knows draft 7 by this spelling alone
	return schema.Resolve(nil)
})

// valid holds a document against the official schema, and follows its references.
func valid(t *testing.T, text []byte) {
	t.Helper()
	schema, err := official()
	if err != nil {
		t.Fatal(err)
	}
	var document any
	if err := json.Unmarshal(text, &document); err != nil {
		t.Fatal(err)
	}
	if err := schema.Validate(document); err != nil {
		t.Errorf("not AsyncAPI 3.0.0: %v", err)
	}
	followed := 0
	var follow func(any)
	follow = func(at any) {
		switch at := at.(type) {
		case []any:
			for _, each := range at {
				follow(each)
			}
		case map[string]any:
			for keyword, each := range at {
				if to, is := each.(string); is && keyword == "$ref" {
					followed++
					if find(document, to) == nil {
						t.Errorf("%s leads to nothing", to)
					}
				}
				if keyword != "enum" && keyword != "const" {
					follow(each)
				}
			}
		}
	}
	follow(document)
	if followed == 0 {
		t.Error("a document without references")
	}
}

// find is what a fragment leads to, read by RFC 6901 and not by the package's own code.
func find(at any, fragment string) any {
	path, err := url.PathUnescape(strings.TrimPrefix(fragment, "#/"))
	if err != nil || path == fragment {
		return nil
	}
	for name := range strings.SplitSeq(path, "/") {
		if list, is := at.([]any); is {
			i, err := strconv.Atoi(name)
			if err != nil || i >= len(list) {
				return nil
			}
			at = list[i]
			continue
		}
		whole, _ := at.(map[string]any)
		at = whole[strings.ReplaceAll(strings.ReplaceAll(name, "~1", "/"), "~0", "~")]
	}
	return at
}

// TestOfficialSchemaRefuses holds the validator to account: what is not AsyncAPI must not pass.
func TestOfficialSchemaRefuses(t *testing.T) {
	t.Parallel()
	schema, err := official()
	if err != nil {
		t.Fatal(err)
	}
	for _, wrong := range []string{
		`{"asyncapi": "3.0.0", "info": {"title": "x", "version": "1"},
			"servers": {"a": {"host": "b", "protocol": "kafka", "security": [{"type": "scram"}]}}}`,
		`{"asyncapi": "3.0.0", "info": {"title": "no version"}}`,
		`{"asyncapi": "2.6.0", "info": {"title": "another version", "version": "1"}}`,
		`{"asyncapi": "3.0.0", "info": {"title": "x", "version": "1"}, "operations": {"a": {"action": "publish", ` +
			`"channel": {"$ref": "#/channels/b"}}}}`,
		`{"asyncapi": "3.0.0", "info": {"title": "x", "version": "1"},
			"channels": {"a": {"bindings": {"kafka": {"partitions": 0, "bindingVersion": "0.5.0"}}}}}`,
	} {
		var document any
		if err := json.Unmarshal([]byte(wrong), &document); err != nil {
			t.Fatal(err)
		}
		if schema.Validate(document) == nil {
			t.Errorf("passes: %s", wrong)
		}
	}
}
