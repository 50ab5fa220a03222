package sagas

import (
	"encoding/json"
	"reflect"
	"strconv"
	"testing"
	"time"

	"github.com/millrace/millrace/bus"
)

// filled sets all that is exported within a value to something that is not empty.
func filled(v reflect.Value, n *int) {
	*n++
	switch v.Interface().(type) {
	case time.Time:
		v.Set(reflect.ValueOf(time.Unix(int64(*n), 5).UTC()))
		return
	case json.RawMessage:
		v.Set(reflect.ValueOf(json.RawMessage(`{"<é>":[null,"` + strconv.Itoa(*n) + `"]}`)))
		return
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString("a\"\\\n<é>\x7f" + strconv.Itoa(*n))
	case reflect.Int, reflect.Int32:
		v.SetInt(int64(*n))
	case reflect.Uint64:
		v.SetUint(1<<63 + 5)
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		filled(v.Elem(), n)
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		filled(v.Index(0), n)
		filled(v.Index(1), n)
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
		for range 2 {
			value := reflect.New(v.Type().Elem()).Elem()
			filled(value, n)
			v.SetMapIndex(reflect.ValueOf("<"+strconv.Itoa(*n)), value)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				filled(v.Field(i), n)
			}
		}
	default:
		panic(v.Type())
	}
}

// roundTrip stores a value of which all is set, one of which nothing is, and one of each member alone, and reads each as
// encoding/json does what it has written itself.
func roundTrip[T any](t *testing.T, codec bus.Codec[T]) {
	t.Helper()
	var none, all T
	n := 0
	filled(reflect.ValueOf(&all).Elem(), &n)
	values := []T{all}
	if from := reflect.ValueOf(all); from.Kind() == reflect.Struct {
		values = append(values, none)
		for i := range from.NumField() {
			var one T
			reflect.ValueOf(&one).Elem().Field(i).Set(from.Field(i))
			values = append(values, one)
		}
	}
	for _, v := range values {
		var want T
		if text, err := json.Marshal(v); err != nil {
			t.Fatal(err)
		} else if err := json.Unmarshal(text, &want); err != nil {
			t.Fatal(err)
		}
		text, err := codec.Encode(v)
		if err != nil || !json.Valid(text) {
			t.Fatalf("%s, %v", text, err)
		}
		if got, err := codec.Decode(text); err != nil || !same(got, want) {
			t.Errorf("%+v, %v\nis not %+v\nin %s", got, err, want, text)
		}
	}
}

// same compares values as they are read: what is missing in one may be null in the other.
func same[T any](a, b T) bool {
	text := func(v T) string {
		out, _ := json.Marshal(v) // compared
		return string(out)
	}
	return text(a) == text(b) && text(a) != ""
}

func TestStored(t *testing.T) {
	t.Parallel()
	roundTrip(t, storedBy(writeHead))
	roundTrip(t, storedBy(writePage))
	roundTrip(t, storedBy(writeEnded))
	roundTrip(t, storedBy(writeTold))
	roundTrip(t, storedBy(writeQuestions))
	roundTrip[uint64](t, activations{bus.JSON[uint64]()})
	if _, err := storedBy(writeHead).Encode(head{Started: time.Date(10_000, 1, 1, 0, 0, 0, 0, time.UTC)}); err == nil {
		t.Error("a time is written that nobody reads")
	}
	if _, err := (activations{}).Decode([]byte("-1")); err == nil {
		t.Error("-1 is a number")
	}
}
