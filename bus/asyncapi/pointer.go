package asyncapi

import (
	"net/url"
	"strconv"
	"strings"
)

// pointer is the URI fragment of a JSON Pointer (RFC 6901) to a place of the document.
func pointer(names ...string) string {
	var fragment strings.Builder
	fragment.WriteByte('#')
	for _, name := range names {
		fragment.WriteByte('/')
		fragment.WriteString(url.PathEscape(strings.NewReplacer("~", "~0", "/", "~1").Replace(name)))
	}
	return fragment.String()
}

// names are what a fragment leads through, false where it is not one of a JSON Pointer.
func names(fragment string) ([]string, bool) {
	path, local := strings.CutPrefix(fragment, "#")
	path, err := url.PathUnescape(path)
	if !local || err != nil {
		return nil, false
	}
	path, rooted := strings.CutPrefix(path, "/")
	if !rooted {
		return nil, path == ""
	}
	found := strings.Split(path, "/")
	for i, name := range found {
		found[i] = strings.NewReplacer("~1", "/", "~0", "~").Replace(name)
	}
	return found, true
}

// leads says whether there is something at the end of names.
func leads(from any, names []string) bool {
	for _, name := range names {
		switch at := from.(type) {
		case map[string]any:
			within, there := at[name]
			if !there {
				return false
			}
			from = within
		case []any:
			i, err := strconv.Atoi(name)
			if err != nil || i < 0 || i >= len(at) {
				return false
			}
			from = at[i]
		default:
			return false
		}
	}
	return true
}
