package procfs_test

import (
	"os"
	"testing"

	"github.com/millrace/millrace/bench/procfs"
)

func TestOwnProcess(t *testing.T) {
	t.Parallel()
	before, err := procfs.CPU(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	for now := before; now <= before; {
		if now, err = procfs.CPU(os.Getpid()); err != nil {
			t.Fatal(err)
		}
	}
	if peak, err := procfs.Peak(os.Getpid()); err != nil || peak < 1 || peak > 1e6 {
		t.Errorf("a peak of %v MB, %v", peak, err)
	}
	if _, err := procfs.CPU(-1); err == nil {
		t.Error("no process has a time")
	}
}
