package partitions

import "net/http"

// resent are headers that make net/http's Transport send a request again, whatever its method, when its connection breaks: also where the owner may
// have done what it asks. On the way they have another name.
var resent = [...]string{"Idempotency-Key", "X-Idempotency-Key"} //nolint:gochecknoglobals // constant

const disguised = "Millrace-Forwarded-"

// disguise gives the headers of a request that is sent on their other names, which nobody outside of the group may have used.
func disguise(header http.Header) {
	for _, name := range resent {
		delete(header, disguised+name)
		if values, has := header[name]; has {
			header[disguised+name] = values
			delete(header, name)
		}
	}
}

// reveal gives them back their own.
func reveal(header http.Header) {
	for _, name := range resent {
		delete(header, name)
		if values, has := header[disguised+name]; has {
			header[name] = values
			delete(header, disguised+name)
		}
	}
}
