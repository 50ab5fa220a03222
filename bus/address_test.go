package bus_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/millrace/millrace/bus"
)

const secretWord = "hunter2"

// TestSeeds reads the brokers of addresses.
func TestSeeds(t *testing.T) {
	t.Parallel()
	for address, want := range map[string][]string{
		"broker":                                       {"broker:9092"},
		"kafka://one,two:9093/":                        {"one:9092", "two:9093"},
		"kafka://[::1]:9094,[fe80::1],10.0.0.1":        {"[::1]:9094", "[fe80::1]:9092", "10.0.0.1:9092"},
		"kafkas://ada:hunter2@my_broker.Example:1?a=b": {"my_broker.Example:1"},
		"kafka://ada:hun@ter2@broker":                  {"broker:9092"},
		"kafka://ada:h/hunter2,://x@broker":            {"broker:9092"},
		"kafka://ada:hunter2%3F%40@broker?ca=/a%40b":   {"broker:9092"},
	} {
		if got, _, err := bus.Seeds(address); err != nil || !slices.Equal(got, want) {
			t.Errorf("%s: %v, %v", address, got, err)
		}
	}
}

// TestAddressKeepsSecrets has addresses in which it cannot be told where user and password end, or which are none.
func TestAddressKeepsSecrets(t *testing.T) {
	t.Parallel()
	for _, address := range []string{
		"kafka://ada:hunter2?x@broker", "kafka://broker?password=x@hunter2", "kafka://ada:x@broker?ca=/a@hunter2", "kafka://ada:x?y@z?w@hunter2",
		"kafka://ada:hunter2", "kafka://ada:x:hunter2", "ada:hunter2://x@broker", "hunter2://broker", "kafka://ada:x@hunter2 broker",
		"kafka://ada:x@hunter2:port", "kafka://ada:x@hunter2/topic", "kafka://ada:x@b,hunter2=y", "kafka://ada:hunter2@", "kafka://ada:hunter2%zz@broker",
	} {
		seeds, _, err := bus.Seeds(address)
		if !errors.Is(err, bus.ErrAddress) || strings.Contains(err.Error(), secretWord) || len(seeds) > 0 {
			t.Errorf("%s: %v, %v", address, seeds, err)
		}
	}
}

// FuzzAddress puts a secret into user, password and parameters, between whatever else: neither a broker nor an error has any of it.
func FuzzAddress(f *testing.F) {
	for _, seed := range [][2]string{{"", ""}, {"a?", "b"}, {"@", "?"}, {"://", "@b,c"}, {"a,b:1", "/"}, {"%", ":1?x@"}} {
		f.Add(seed[0], seed[1])
	}
	f.Fuzz(func(t *testing.T, before, after string) {
		word := before + secretWord + after
		for _, address := range []string{
			"kafka://ada:" + word + "@broker:9093", "kafkas://" + word + "@broker:9093?sasl=plain", "kafka://ada:x@broker:9093?token_file=" + word,
			"kafka://broker:9093?" + word,
		} {
			seeds, _, err := bus.Seeds(address)
			if err == nil && !slices.Equal(seeds, []string{"broker:9093"}) || err != nil && (len(seeds) > 0 || strings.Contains(err.Error(), secretWord)) {
				t.Errorf("%q: %q, %v", address, seeds, err)
			}
		}
	})
}
