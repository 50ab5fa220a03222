package partitions

import (
	"errors"
	"fmt"
	"iter"
	"regexp"
	"time"

	"github.com/millrace/millrace/bus"
)

// Table holds one value for each key of a shard. Its definition is data; the rows are the group's, in memory or on disk,
// and in the group's changelog topic, whose records are keyed "<table>/<key>".
type Table[K comparable, V any] struct {
	name   string
	prefix []byte
	keys   keyCodec[K]
	values bus.Codec[V]
	form   form
	err    error
}

var partPattern = regexp.MustCompile(`^[a-z][a-z0-9_.-]{0,62}$`)

// NewTable defines a table. The name is 1 to 63 of the characters a-z 0-9 . _ -, beginning with a letter, and must not
// change while there is data. Keys are strings, integers or 16-byte arrays such as UUIDs, or types made of these, kept
// in order; values are JSON, unless [Values] says otherwise. What is wrong is returned by [New].
func NewTable[K comparable, V any](name string, opts ...TableOption) *Table[K, V] {
	c := tableConfig{codec: bus.JSON[V]()}
	for _, opt := range opts {
		opt.applyTable(&c)
	}
	t := &Table[K, V]{name: name, prefix: []byte(name + "/"), form: c.form, err: errors.Join(c.errs...)}
	if !partPattern.MatchString(name) {
		t.err = errors.Join(t.err, errors.New("the name must be 1 to 63 of the characters a-z 0-9 . _ -, beginning with a letter"))
	}
	var fits bool
	if t.values, fits = c.codec.(bus.Codec[V]); !fits {
		t.err = errors.Join(t.err, errors.New("Values: the codec is for another type"))
	}
	var err error
	t.keys, err = newKeyCodec[K]()
	if t.err = errors.Join(t.err, err); t.err != nil {
		t.err = fmt.Errorf("table %q: %w", name, t.err)
	}
	return t
}

func (t *Table[K, V]) partName() string { return t.name }
func (t *Table[K, V]) partErr() error   { return t.err }
func (t *Table[K, V]) applyGroup(c *config) {
	if t.form.ttl > 0 {
		c.expiring[t.name] = t.form.ttl
	}
}

// Get returns the value of a key as r sees it. A stored value that cannot be read is no fault of the record that is
// handled: it ends [Group.Run] with an error, and a [View] with its own.
func (t *Table[K, V]) Get(r Reader, key K) (V, bool) {
	var v V
	if !r.uses(t) {
		return v, false
	}
	value, found := r.get(t.key(r, key))
	if !found {
		return v, false
	}
	return t.read(r, value)
}

// read takes a value out of its stored form. It is false when the value has expired or cannot be read.
func (t *Table[K, V]) read(r Reader, stored []byte) (v V, found bool) {
	v, found, err := t.decode(stored, r.now())
	r.breaks(err)
	return v, found
}

func (t *Table[K, V]) decode(stored []byte, now time.Time) (v V, found bool, err error) {
	value, err := t.form.open(stored, now)
	if found = err == nil && value != nil; found {
		v, err = t.values.Decode(value)
	}
	if err != nil {
		return v, false, fmt.Errorf("table %s: a stored value cannot be read: %w", t.name, err)
	}
	return v, found, nil
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
	tx.set(t.key(tx, key), t.form.seal(value, tx.Now()))
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
			if err != nil {
				r.breaks(fmt.Errorf("table %s: a stored key cannot be read: %w", t.name, err))
				return false
			}
			v, found := t.read(r, value)
			return !found && r.whole() || found && yield(k, v)
		})
	}
}

// key encodes into the reader's scratch space.
func (t *Table[K, V]) key(r Reader, key K) []byte {
	space := r.space()
	*space = t.keys.append(append((*space)[:0], t.prefix...), key)
	return *space
}
