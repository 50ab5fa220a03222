package bus

import (
	"errors"
	"fmt"
	"strings"

	"github.com/millrace/millrace/resilience"
)

// ErrIncompatible is found in the error of a contract whose schema changed in a way that consumers or stored events
// do not survive. Nothing was registered or published.
var ErrIncompatible = errors.New("bus: incompatible contract")

// Compatibility says in which directions the schemas of a contract's versions must be readable. It always speaks of
// all registered versions, not only of the newest.
type Compatibility int8

const (
	// Backward means that consumers of a newer version can read events of every older one, also stored ones.
	// Deploy the consumers first.
	Backward Compatibility = 1 << iota
	// Forward means that consumers of an older version can read events of every newer one. Deploy the producers first.
	Forward
	// Full is both, and the default: consumers may be deployed before producers and after them.
	Full = Backward | Forward
	// Unchecked takes every change. A changed schema still needs a higher [Version].
	Unchecked Compatibility = 0
)

func (c Compatibility) String() string {
	switch c {
	case Backward:
		return "backward"
	case Forward:
		return "forward"
	case Full:
		return "full"
	case Unchecked:
		return "unchecked"
	}
	return fmt.Sprintf("Compatibility(%d)", int8(c))
}

// Compatible says which changes [Bus.Verify] takes from one version of the contract to the next. The default is [Full].
func Compatible(c Compatibility) ContractOption {
	return contractOption(func(contract *Contract) { contract.compatible = c })
}

// Compatible says which changes are taken from one version to the next.
func (c *Contract) Compatible() Compatibility { return c.compatible }

// Change is one difference between two schemas. Path is where: "items[].quantity", or "" for the whole payload.
type Change struct {
	Path string
	What string
	// Breaks says what does not survive the change: [Backward] stands for newer consumers reading older events,
	// [Forward] for older consumers reading newer ones, [Unchecked] for nothing.
	Breaks Compatibility
}

// String is the change as a line of a diff.
func (c Change) String() string {
	path := c.Path
	if path == "" {
		path = "the payload"
	}
	suffix := ""
	switch c.Breaks {
	case Backward:
		suffix = " (breaks newer consumers reading older events)"
	case Forward:
		suffix = " (breaks older consumers reading newer events)"
	case Full:
		suffix = " (breaks older and newer consumers)"
	case Unchecked: // it breaks nobody
	}
	return path + ": " + c.What + suffix
}

// IncompatibleError lists what is in the way of a new schema.
type IncompatibleError struct {
	Contract string
	// Registered and Wanted are the two versions. Both are 0 where an external registry refused the schema and did
	// not say because of which version.
	Registered, Wanted int
	Changes            []Change
}

func (e *IncompatibleError) Error() string {
	var text strings.Builder
	if e.Wanted == 0 {
		fmt.Fprintf(&text, "bus: the registry refuses contract %s:", e.Contract)
	} else {
		fmt.Fprintf(&text, "bus: contract %s version %d is incompatible with version %d:", e.Contract, e.Wanted, e.Registered)
	}
	for _, change := range e.Changes {
		text.WriteString("\n  - " + change.String())
	}
	if e.Registered == e.Wanted && e.Wanted != 0 {
		text.WriteString("\nthe version is registered with another schema; raise it with bus.Version")
	} else {
		text.WriteString("\nkeep the old fields as they are and add optional ones, or define a contract with a new name")
	}
	return text.String()
}

// Is matches [ErrIncompatible].
func (e *IncompatibleError) Is(target error) bool { return target == ErrIncompatible }

// Class is permanent.
func (e *IncompatibleError) Class() resilience.Class { return resilience.ClassPermanent }
