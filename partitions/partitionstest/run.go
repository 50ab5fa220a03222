package partitionstest

import (
	"testing"
	"testing/synctest"

	"github.com/millrace/millrace/bus"
)

// Run calls f with a world of its own on virtual time: brokers in the test's process that hold the topics of the given
// contracts. A contract without [bus.Partitions] has 4. All that f starts ends with it, and a node that has ended with
// an error that nobody asked for fails the test.
//
// f must use the t that it is given, and neither t.Run nor t.Parallel, as in [synctest.Test]. Tests need the build tag
// of the Kafka client for virtual time: go test -tags synctests.
func Run(t *testing.T, f func(*testing.T, *World), defs ...bus.Definition) {
	t.Helper()
	run(t, nil, f, defs)
}

func run(t *testing.T, failure *planned, f func(*testing.T, *World), defs []bus.Definition) {
	t.Helper()
	if !virtual {
		t.Fatal("partitionstest: virtual time needs a build tag of the Kafka client: go test -tags synctests")
	}
	synctest.Test(t, func(t *testing.T) {
		w := open(t, failure)
		defer w.close()
		w.create(defs)
		f(t, w)
	})
}
