package outbox

import (
	"errors"
	"fmt"
	"regexp"
)

// NameOption names something that [Migrate] creates and a [Relay] uses; both must be given the same.
type NameOption interface {
	TableOption
	RelayOption
}

type nameOption struct {
	tableOption
	relayOption
}

// Slot is the name of the replication slot. The default is [Publication]. A PostgreSQL server has one name for all its
// databases, so two outboxes on one server need two.
func Slot(name string) NameOption {
	return nameOption{func(t *table) { t.slot = name }, func(r *Relay) { r.slot = name }}
}

// From is the name of the publication. The default is [Publication].
func From(publication string) NameOption {
	return nameOption{func(t *table) { t.publication = publication }, func(r *Relay) { r.publication = publication }}
}

// ErrName is found in the error of a slot's or publication's name that PostgreSQL would not take.
var ErrName = errors.New("outbox: name")

var (
	slotPattern        = regexp.MustCompile(`^[a-z0-9_]{1,63}$`)
	publicationPattern = regexp.MustCompile(`^[a-z_][a-z0-9_]{0,62}$`)
)

func errNames(slot, publication string) error {
	return fmt.Errorf("%w: slot %q and publication %q must be 1 to 63 of a-z 0-9 _", ErrName, slot, publication)
}
