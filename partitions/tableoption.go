package partitions

import (
	"errors"
	"time"

	"github.com/millrace/millrace/bus"
)

// TableOption changes how a [Table] keeps its values. See [NewTable].
type TableOption interface{ applyTable(*tableConfig) }

type tableOption func(*tableConfig)

func (f tableOption) applyTable(c *tableConfig) { f(c) }

type tableConfig struct {
	codec any
	form  form
	errs  []error
}

// Values is the codec of the table's values. The default is [bus.JSON].
func Values[V any](codec bus.Codec[V]) TableOption {
	return tableOption(func(c *tableConfig) {
		c.codec = codec
		c.errs = append(c.errs, missing(codec == nil, "Values: the codec is nil"))
	})
}

// TTL lets rows expire when d has passed since they were put, by the owner's wall clock, at least 1 second and to the
// millisecond. An expired row is not there for who reads; its space is given back within the hour.
func TTL(d time.Duration) TableOption {
	return tableOption(func(c *tableConfig) {
		c.form.ttl = d
		c.errs = append(c.errs, missing(d < time.Second, "TTL %s must be at least 1s", d))
	})
}

// Versioned says in which version values are stored, from 1, and how older ones are read: upgrade turns a value of version
// from into one of version from+1, as often as it takes. Version 0 is what was put before the table had this option.
// Values are written anew only when they are put. A value of a later version, as after a rollback, ends [Group.Run] with
// an error, since older code would lose what it does not know: add fields to JSON values without a new version.
func Versioned(version int, upgrade func(from int, stored []byte) ([]byte, error)) TableOption {
	return tableOption(func(c *tableConfig) {
		c.form.version, c.form.upgrade = version, upgrade
		if version < 1 || upgrade == nil {
			c.errs = append(c.errs, errors.New("Versioned: the version must be at least 1, and the function must not be nil"))
		}
	})
}
