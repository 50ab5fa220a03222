package partitions

import (
	"context"
	"fmt"
	"regexp"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
)

// Counter counts in committed transactions: what is counted in one that is made again counts once. It is a metric of the
// bus's meter provider, with the group and the node among its attributes. Its definition is data, given to [Use].
type Counter struct {
	name, unit, description string
	err                     error
}

// counterPattern is OpenTelemetry's syntax of instrument names.
var counterPattern = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_./-]{0,254}$`)

// NewCounter defines a counter by the instrument's name, as OpenTelemetry wants it, its unit, which may be empty, and what it
// counts. What is wrong is returned by [New].
func NewCounter(name, unit, description string) *Counter {
	c := &Counter{name: name, unit: unit, description: description}
	if !counterPattern.MatchString(name) || len(unit) > 63 {
		c.err = fmt.Errorf("counter %q: a name is 1 to 255 of A-Z a-z 0-9 _ . - /, beginning with a letter, and a unit at most 63 bytes", name)
	}
	return c
}

// Add counts n more when the transaction commits, under attributes that are few and of few values.
func (c *Counter) Add(tx *Tx, n int64, of ...attribute.KeyValue) {
	if tx.uses(c) && tx.batch.engine.meters.counters != nil {
		tx.batch.counted = append(tx.batch.counted, counted{c, attribute.NewSet(of...), n})
	}
}

func (c *Counter) partName() string          { return c.name }
func (c *Counter) partErr() error            { return c.err }
func (c *Counter) applyGroup(config *config) { config.counters = append(config.counters, c) }

// counted is what a transaction adds to a counter.
type counted struct {
	counter *Counter
	of      attribute.Set
	n       int64
}

// count adds up what a committed transaction has counted.
func (m *meters) count(ctx context.Context, all []counted) {
	if len(all) == 0 {
		return
	}
	type series struct {
		counter *Counter
		of      attribute.Distinct
	}
	sums := make(map[series]counted, min(len(all), 16)) //nolint:mnd // there are few
	for _, one := range all {
		key := series{one.counter, one.of.Equivalent()}
		one.n += sums[key].n
		sums[key] = one
	}
	for _, sum := range sums {
		m.counters[sum.counter].Add(ctx, sum.n, m.group, metric.WithAttributeSet(sum.of))
	}
}
