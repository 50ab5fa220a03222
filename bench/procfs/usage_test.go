package procfs_test

import (
	"errors"
	"net"
	"os"
	"os/exec"
	"syscall"
	"testing"
	"time"

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
	peak, err := procfs.Peak(os.Getpid())
	if err != nil || peak < 1 || peak > 1e6 {
		t.Errorf("a peak of %v MB, %v", peak, err)
	}
	if now, err := procfs.Resident(os.Getpid()); err != nil || now < 1 {
		t.Errorf("%v MB now, %v", now, err)
	}
	if _, err := procfs.CPU(-1); err == nil {
		t.Error("no process has a time")
	}
}

func TestServer(t *testing.T) {
	t.Parallel()
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	port := listener.Addr().(*net.TCPAddr).Port //nolint:forcetypeassert // it is one
	if pid, err := procfs.Listener(port); err != nil || pid != os.Getpid() {
		t.Errorf("process %d listens, %v", pid, err)
	}
	if _, err := procfs.Listener(0); !errors.Is(err, procfs.ErrNoServer) {
		t.Errorf("port 0: %v", err)
	}
	child := exec.CommandContext(t.Context(), "sh", "-c", "while true; do :; done & wait")
	child.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = child.Wait() }() // it is killed
	defer func() { _ = syscall.Kill(-child.Process.Pid, syscall.SIGKILL) }()
	for deadline := time.Now().Add(time.Minute); ; {
		family, err := procfs.FamilyCPU(child.Process.Pid)
		if err != nil {
			t.Fatal(err)
		}
		if family >= 200*time.Millisecond {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("a busy child has used %v", family)
		}
	}
	if alone, err := procfs.CPU(child.Process.Pid); err != nil || alone > 100*time.Millisecond {
		t.Errorf("the parent alone has used %v, %v", alone, err)
	}
}
