package protobuf

import (
	"fmt"
	"maps"
	"slices"

	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/millrace/millrace/bus"
)

// comparison collects the differences between an older and a newer message.
type comparison struct {
	changes []bus.Change
	seen    map[[2]protoreflect.FullName]bool
}

func (c *comparison) note(breaks bus.Compatibility, path, text string, args ...any) {
	c.changes = append(c.changes, bus.Change{Path: path, What: fmt.Sprintf(text, args...), Breaks: breaks})
}

// messages compares two messages by field number.
func (c *comparison) messages(was, is protoreflect.MessageDescriptor, path string) {
	pair := [2]protoreflect.FullName{was.FullName(), is.FullName()}
	if c.seen[pair] {
		return
	}
	c.seen[pair] = true
	numbers := make(map[protoreflect.FieldNumber]bool)
	for _, message := range []protoreflect.MessageDescriptor{was, is} {
		for i := range message.Fields().Len() {
			numbers[message.Fields().Get(i).Number()] = true
		}
	}
	for _, number := range slices.Sorted(maps.Keys(numbers)) {
		older, newer := was.Fields().ByNumber(number), is.Fields().ByNumber(number)
		switch {
		case newer == nil:
			c.removed(older, is, path)
		case older == nil:
			c.added(newer, was, path)
		default:
			c.fields(older, newer, path)
		}
	}
	c.reservations(was, is, path)
}

func (c *comparison) removed(field protoreflect.FieldDescriptor, from protoreflect.MessageDescriptor, path string) {
	at := join(path, field)
	if moved := from.Fields().ByName(field.Name()); moved != nil {
		c.note(bus.Full, at, "the number changed from %d to %d", field.Number(), moved.Number())
		return
	}
	if !from.ReservedRanges().Has(field.Number()) {
		c.note(bus.Full, at, "removed, but its number %d is not reserved and could come to mean something else", field.Number())
		return
	}
	if field.Cardinality() == protoreflect.Required {
		c.note(bus.Forward, at, "removed, but consumers of the older version require it")
		return
	}
	c.note(bus.Unchecked, at, "removed, its number %d is reserved", field.Number())
}

func (c *comparison) added(field protoreflect.FieldDescriptor, to protoreflect.MessageDescriptor, path string) {
	at := join(path, field)
	if to.Fields().ByName(field.Name()) != nil {
		return // told of at the number that it had
	}
	switch {
	case to.ReservedRanges().Has(field.Number()):
		c.note(bus.Full, at, "added with the number %d, which was reserved", field.Number())
	case field.Cardinality() == protoreflect.Required:
		c.note(bus.Backward, at, "added as required, but stored events do not have it")
	default:
		c.note(bus.Unchecked, at, "added")
	}
}

// reservations looks for numbers that are no longer reserved and not used either: the next version could take them.
func (c *comparison) reservations(was, is protoreflect.MessageDescriptor, path string) {
	for i := range was.ReservedRanges().Len() {
		old := was.ReservedRanges().Get(i)
		for number := old[0]; number < old[1]; {
			end := covered(is, number)
			if end == number && is.Fields().ByNumber(number) == nil {
				c.note(bus.Full, path, "the number %d is no longer reserved", number)
				break
			}
			number = max(end, number+1)
		}
	}
}

// covered is where the reserved range ends that holds the number, and the number itself where none does.
func covered(message protoreflect.MessageDescriptor, number protoreflect.FieldNumber) protoreflect.FieldNumber {
	for i := range message.ReservedRanges().Len() {
		if r := message.ReservedRanges().Get(i); r[0] <= number && number < r[1] {
			return r[1]
		}
	}
	return number
}

// join is the path of a field within a message, in the way of JSON contracts: items[].sku, prices{}.cents.
func join(path string, field protoreflect.FieldDescriptor) string {
	name := string(field.Name())
	if path != "" {
		name = path + "." + name
	}
	switch {
	case field.IsMap():
		return name + "{}"
	case field.IsList():
		return name + "[]"
	}
	return name
}
