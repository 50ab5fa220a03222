package partitions

import (
	"errors"
	"fmt"
	"iter"
	"regexp"

	"github.com/millrace/millrace/bus"
)

// Table holds one value for each key of a shard. Its definition is data; the rows are the group's, in memory or on disk,
// and in the group's changelog topic, whose records are keyed "<table>/<key>".
type Table[K comparable, V any] struct {
	name   string
	prefix []byte
	keys   keyCodec[K]
	values bus.Codec[V]
	err    error
}

var partPattern = regexp.MustCompile(`^[a-z][a-z0-9_.-]{0,62}$`)

// NewTable defines a table. The name is 1 to 63 of the characters a-z 0-9 . _ -, beginning with a letter, and must not
// change while there is data. Keys are strings, integers or 16-byte arrays such as UUIDs, or types made of these, kept
// in order; values are JSON, unless a codec is given. What is wrong is returned by [New].
func NewTable[K comparable, V any](name string, codec ...bus.Codec[V]) *Table[K, V] {
	t := &Table[K, V]{name: name, prefix: []byte(name + "/"), values: bus.JSON[V]()}
	if !partPattern.MatchString(name) {
		t.err = fmt.Errorf("table name %q must be 1 to 63 of the characters a-z 0-9 . _ -, beginning with a letter", name)
	}
	if len(codec) > 0 {
		t.values = codec[0]
	}
	if len(codec) > 1 || t.values == nil {
		t.err = errors.Join(t.err, fmt.Errorf("table %q takes one codec", name))
	}
	var err error
	if t.keys, err = newKeyCodec[K](); err != nil {
		t.err = errors.Join(t.err, fmt.Errorf("table %q: %w", name, err))
	}
	return t
}

func (t *Table[K, V]) partName() string { return t.name }
func (t *Table[K, V]) partErr() error   { return t.err }
func (*Table[K, V]) applyGroup(*config) {}

// Get returns the value of a key as r sees it. A value that cannot be read sticks to r, see [Tx.Err] and [View.Err].
func (t *Table[K, V]) Get(r Reader, key K) (V, bool) {
	var v V
	if !r.uses(t) {
		return v, false
	}
	value, found := r.get(t.key(r, key))
	if !found {
		return v, false
	}
	v, err := t.values.Decode(value)
	if err != nil {
		r.fail(fmt.Errorf("table %s: a stored value cannot be read: %w", t.name, err))
		return v, false
	}
	return v, true
}

// Put sets the value of a key.
func (t *Table[K, V]) Put(tx *Tx, key K, v V) {
	if !tx.uses(t) {
		return
	}
	value, err := t.values.Encode(v)
	if err != nil {
		tx.fail(fmt.Errorf("table %s: the value cannot be encoded: %w", t.name, err))
		return
	}
	if value == nil {
		value = []byte{}
	}
	tx.set(t.key(tx, key), value)
}

// Delete removes keys; a key that is not there is no error.
func (t *Table[K, V]) Delete(tx *Tx, keys ...K) {
	if !tx.uses(t) {
		return
	}
	for _, key := range keys {
		tx.set(t.key(tx, key), nil)
	}
}

// Range iterates over the rows of r's shard in ascending order of their keys, from the key given, or over all. The rows
// may be changed meanwhile. In a [Tx] what is added meanwhile is not seen.
func (t *Table[K, V]) Range(r Reader, from ...K) iter.Seq2[K, V] {
	return func(yield func(K, V) bool) {
		if !r.uses(t) {
			return
		}
		start := t.prefix
		if len(from) > 0 {
			start = t.keys.append([]byte(t.name+"/"), from[0])
		}
		end := []byte(t.name + "0") // "0" follows "/"
		r.scan(start, end, func(key, value []byte) bool {
			k, err := t.keys.parse(key[len(t.prefix):])
			if err == nil {
				var v V
				if v, err = t.values.Decode(value); err == nil {
					return yield(k, v)
				}
			}
			r.fail(fmt.Errorf("table %s: a stored row cannot be read: %w", t.name, err))
			return false
		})
	}
}

// key encodes into the reader's scratch space.
func (t *Table[K, V]) key(r Reader, key K) []byte {
	space := r.space()
	*space = t.keys.append(append((*space)[:0], t.prefix...), key)
	return *space
}
