package bus

// Addressed is a value that is sent to somebody: the record's key says to whom, and its value is the payload's alone. See [Addressing].
type Addressed[T any] struct {
	To    string
	Value T
	// Raw is the payload as it was read. Who keeps it copies it.
	Raw []byte
}

// Recipient is to whom the value is sent: what a contract takes as key.
func (a Addressed[T]) Recipient() string { return a.To }

// Addressing is the codec of what is addressed, by that of its payload:
//
//	bus.Define("shop.order.pay", bus.Addressed[Paying].Recipient, bus.Encoding(bus.Addressing(bus.JSON[Paying]())))
//
// Who reads it finds the recipient in the key of the record, and none in To.
func Addressing[T any](payload Codec[T]) Codec[Addressed[T]] { return addressing[T]{payload} }

type addressing[T any] struct{ payload Codec[T] }

func (c addressing[T]) Encode(a Addressed[T]) ([]byte, error) { return c.payload.Encode(a.Value) }

func (c addressing[T]) Decode(data []byte) (Addressed[T], error) {
	value, err := c.payload.Decode(data)
	return Addressed[T]{Value: value, Raw: data}, err
}

func (c addressing[T]) ContentType() string     { return c.payload.ContentType() }
func (c addressing[T]) Schema() (Schema, error) { return c.payload.Schema() }

func (c addressing[T]) Compare(older, newer Schema) ([]Change, error) {
	return c.payload.Compare(older, newer)
}
