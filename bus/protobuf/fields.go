package protobuf

import (
	"bytes"

	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/millrace/millrace/bus"
)

// fields compares two fields of one number.
func (c *comparison) fields(was, is protoreflect.FieldDescriptor, path string) {
	at := join(path, is)
	c.names(was, is, at)
	if was.IsMap() != is.IsMap() {
		c.note(bus.Full, at, "type changed from %s to %s", typeOf(was), typeOf(is))
		return
	}
	if was.IsMap() {
		if c.types(was.MapKey(), is.MapKey(), at) {
			c.types(was.MapValue(), is.MapValue(), at)
		}
		return
	}
	if !c.types(was, is, at) {
		return
	}
	c.cardinality(was, is, at)
	c.oneofs(was, is, at)
}

// names looks for a number that means something else now: its old name or its new one has had another number.
func (c *comparison) names(was, is protoreflect.FieldDescriptor, at string) {
	switch {
	case was.Name() == is.Name():
	case is.ContainingMessage().Fields().ByName(was.Name()) != nil || was.ContainingMessage().Fields().ByName(is.Name()) != nil:
		c.note(bus.Full, at, "took the number %d, which was that of %s", is.Number(), was.Name())
	default:
		c.note(bus.Unchecked, at, "renamed from %s", was.Name())
	}
}

// types compares what a value is, and with it what is inside. It says whether the values are of one kind.
func (c *comparison) types(was, is protoreflect.FieldDescriptor, at string) bool {
	if was.Kind() != is.Kind() {
		c.note(kinds(was, is), at, "type changed from %s to %s", typeOf(was), typeOf(is))
		return false
	}
	switch {
	case is.Message() != nil:
		if was.Message().FullName() != is.Message().FullName() {
			c.note(bus.Unchecked, at, "type renamed from %s to %s", typeOf(was), typeOf(is))
		}
		c.messages(was.Message(), is.Message(), at)
	case is.Enum() != nil:
		c.enums(was.Enum(), is.Enum(), at)
	}
	return true
}

// kinds says whom a changed type breaks: the bits must mean the same, and a narrower type loses some.
func kinds(was, is protoreflect.FieldDescriptor) bus.Compatibility {
	families := [][]protoreflect.Kind{ // each with the same bits, from narrow to wide
		{protoreflect.BoolKind, protoreflect.Int32Kind, protoreflect.Int64Kind},
		{protoreflect.BoolKind, protoreflect.Uint32Kind, protoreflect.Uint64Kind},
		{protoreflect.EnumKind, protoreflect.Int32Kind, protoreflect.Int64Kind},
		{protoreflect.Sint32Kind, protoreflect.Sint64Kind},
		{protoreflect.StringKind, protoreflect.BytesKind},
	}
	for _, family := range families {
		before, after := -1, -1
		for i, kind := range family {
			if kind == was.Kind() {
				before = i
			}
			if kind == is.Kind() {
				after = i
			}
		}
		switch {
		case before < 0 || after < 0:
		case before < after:
			return bus.Forward
		default:
			return bus.Backward
		}
	}
	return bus.Full
}

func (c *comparison) cardinality(was, is protoreflect.FieldDescriptor, at string) {
	required := func(f protoreflect.FieldDescriptor) bool { return f.Cardinality() == protoreflect.Required }
	switch {
	case !was.IsList() && is.IsList():
		c.note(bus.Forward, at, "changed from a single value to a repeated one")
	case was.IsList() && !is.IsList():
		c.note(bus.Backward, at, "changed from a repeated value to a single one")
	case required(was) && !required(is):
		c.note(bus.Forward, at, "changed from required to optional")
	case !required(was) && required(is):
		c.note(bus.Backward, at, "changed from optional to required")
	case was.HasPresence() != is.HasPresence():
		now := map[bool]string{true: "told apart", false: "the same"}[is.HasPresence()]
		c.note(bus.Unchecked, at, "a missing value and the default are now %s", now)
	}
	if was.Message() == nil && !was.IsList() && !is.IsList() && !sameDefault(was, is) {
		c.note(bus.Full, at, "the default changed")
	}
}

func sameDefault(was, is protoreflect.FieldDescriptor) bool {
	if was.Kind() == protoreflect.BytesKind {
		return bytes.Equal(was.Default().Bytes(), is.Default().Bytes())
	}
	return was.Default().Equal(is.Default())
}

// oneofs looks for fields that exclude others now, or no longer do.
func (c *comparison) oneofs(was, is protoreflect.FieldDescriptor, at string) {
	before, after := rivals(was), rivals(is)
	for _, other := range numbers(after) {
		if !before[other] && was.ContainingMessage().Fields().ByNumber(other) != nil {
			c.note(bus.Backward, at, "now excludes the number %d by a oneof; stored events may have both", other)
		}
	}
	for _, other := range numbers(before) {
		if !after[other] && is.ContainingMessage().Fields().ByNumber(other) != nil {
			c.note(bus.Forward, at, "no longer excludes the number %d; older consumers keep only one of them", other)
		}
	}
}

// rivals are the numbers of the fields that cannot be set beside a field.
func rivals(field protoreflect.FieldDescriptor) map[protoreflect.FieldNumber]bool {
	others := make(map[protoreflect.FieldNumber]bool)
	if oneof := field.ContainingOneof(); oneof != nil {
		for i := range oneof.Fields().Len() {
			if other := oneof.Fields().Get(i); other.Number() != field.Number() {
				others[other.Number()] = true
			}
		}
	}
	return others
}
