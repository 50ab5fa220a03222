package avro

// place is an error and where in the payload it was found.
type place struct {
	path string
	err  error
}

// placeLimit bounds a path, since payloads may be nested deeply.
const placeLimit = 100

func (p *place) Error() string { return p.path + ": " + p.err.Error() }

func (p *place) Unwrap() error { return p.err }

// at says in which field an error was found.
func at(field string, err error) error {
	inner, ok := err.(*place) //nolint:errorlint // it is wrapped by nobody
	switch {
	case !ok:
		return &place{path: field, err: err}
	case len(inner.path) < placeLimit:
		inner.path = field + "." + inner.path
	}
	return inner
}
