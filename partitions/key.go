package partitions

import (
	"encoding/binary"
	"errors"
	"fmt"
	"reflect"
	"unsafe"
)

// keyCodec writes keys so that their bytes are in the order of the keys.
type keyCodec[K comparable] struct {
	append func([]byte, K) []byte
	parse  func([]byte) (K, error)
}

var errKeyBytes = errors.New("a stored key has the wrong length")

const signBit = 1 << 63

func newKeyCodec[K comparable]() (keyCodec[K], error) {
	kind := reflect.TypeFor[K]()
	switch kind.Kind() {
	case reflect.String:
		return keyCodec[K]{
			append: func(b []byte, k K) []byte { return append(b, *(*string)(unsafe.Pointer(&k))...) }, //nolint:gosec // K is a kind of string
			parse: func(b []byte) (K, error) {
				text := string(b)
				return *(*K)(unsafe.Pointer(&text)), nil //nolint:gosec // K is a kind of string
			},
		}, nil
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return integers(
			func(k K) uint64 { return uint64(reflect.ValueOf(k).Int()) ^ signBit }, //nolint:gosec // the bits are what is kept
			func(v reflect.Value, n uint64) { v.SetInt(int64(n ^ signBit)) },       //nolint:gosec // the bits are what was kept
		), nil
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return integers(func(k K) uint64 { return reflect.ValueOf(k).Uint() },
			func(v reflect.Value, n uint64) { v.SetUint(n) }), nil
	case reflect.Array:
		if kind.Elem().Kind() == reflect.Uint8 {
			return arrays[K](kind.Len()), nil
		}
	default:
	}
	return keyCodec[K]{}, fmt.Errorf("%s cannot be a key: use a string, an integer or an array of bytes, or a type made of one", kind)
}

func integers[K comparable](bits func(K) uint64, set func(reflect.Value, uint64)) keyCodec[K] {
	return keyCodec[K]{
		append: func(b []byte, k K) []byte { return binary.BigEndian.AppendUint64(b, bits(k)) },
		parse: func(b []byte) (k K, err error) {
			if len(b) != 8 {
				return k, errKeyBytes
			}
			set(reflect.ValueOf(&k).Elem(), binary.BigEndian.Uint64(b))
			return k, nil
		},
	}
}

func arrays[K comparable](size int) keyCodec[K] {
	return keyCodec[K]{
		append: func(b []byte, k K) []byte {
			return append(b, unsafe.Slice((*byte)(unsafe.Pointer(&k)), size)...) //nolint:gosec // K is that many bytes
		},
		parse: func(b []byte) (k K, err error) {
			if len(b) != size {
				return k, errKeyBytes
			}
			copy(unsafe.Slice((*byte)(unsafe.Pointer(&k)), size), b) //nolint:gosec // K is that many bytes
			return k, nil
		},
	}
}
