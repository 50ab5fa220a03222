package durable

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/millrace/millrace/httpapi"
	"github.com/millrace/millrace/machines"
)

// eventAt is the path of an event, and which instance it expects.
type eventAt struct {
	at

	IfMatch string `header:"If-Match" jsonschema:"the ETag of the instance as it must be for the event to happen: several with commas, or * for any"`
}

const headerETag = "Etag"

// tagOf is a revision as an ETag. The version alone would be that of another instance, once one was forgotten and made anew, or where a client
// asks for another tenant.
func tagOf(r machines.Revision) string {
	return strconv.Quote(strconv.FormatInt(r.Version, 10) + "-" + strconv.FormatInt(r.Entered.UnixNano(), 36))
}

// revisionOf is what tagOf has made a tag of. A weak one is none.
func revisionOf(tag string) (r machines.Revision, known bool) {
	text, quoted := strings.CutPrefix(tag, `"`)
	text, closed := strings.CutSuffix(text, `"`)
	version, entered, cut := strings.Cut(text, "-")
	if !quoted || !closed || !cut {
		return r, false
	}
	nanos, err := strconv.ParseInt(entered, 36, 64)
	if err != nil {
		return r, false
	}
	r.Entered = time.Unix(0, nanos)
	r.Version, err = strconv.ParseInt(version, 10, 64)
	return r, err == nil
}

// expecting is what If-Match says, by RFC 9110, section 13.1.1: what is no tag of ours matches nothing.
func expecting(field string) []machines.AskOption {
	switch field = strings.TrimSpace(field); field {
	case "":
		return nil
	case "*":
		return []machines.AskOption{machines.Existing()}
	}
	var all []machines.Revision
	for tag := range strings.SplitSeq(field, ",") {
		if r, known := revisionOf(strings.TrimSpace(tag)); known {
			all = append(all, r)
		}
	}
	return []machines.AskOption{machines.Expect(all...)}
}

// unmatched is the problem of an instance that is not as If-Match says, with the tag that it has.
func unmatched(changed *machines.ChangedError, is machines.Revision) *httpapi.Problem {
	p := &httpapi.Problem{Status: http.StatusPreconditionFailed, Detail: "there is no such " + changed.Machine + " as If-Match asks for"}
	if changed.Version > 0 {
		p.Detail = "the " + changed.Machine + " was changed: read it, and send the event again with its ETag if it is still meant"
		p.Header = http.Header{headerETag: {tagOf(is)}}
	}
	return p
}
