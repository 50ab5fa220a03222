package main_test

import (
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

// nobody is a user id that no account needs to have.
const nobody = 65534

func TestStartErrors(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	taken := listener.Addr().String()
	data := openDirectory(t)
	owner := launch(t, nil, "--data", data).awaitReady(t)
	file := filepath.Join(data, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	cases := map[string]struct {
		args []string
		says []string
		code int
	}{
		"data in use":      {[]string{"--data", data}, []string{strconv.Itoa(owner.cmd.Process.Pid), "--data"}, 1},
		"http port in use": {[]string{"--ephemeral", "--http", taken}, []string{taken, "--http"}, 1},
		"kafka in use":     {[]string{"--ephemeral", "--kafka", taken}, []string{taken, "--kafka"}, 1},
		"no directory":     {[]string{"--data", file}, []string{file, "--data"}, 1},
		"bad address":      {[]string{"--ephemeral", "--kafka", "nonsense"}, []string{"host:port"}, 1},
		"both":             {[]string{"--ephemeral", "--data", data}, []string{"ephemeral", "data"}, 2},
		"unknown flag":     {[]string{"--nonsense"}, []string{"--nonsense", "--help"}, 2},
		"a URL":            {[]string{"--kafka", "kafka://h:9092"}, []string{"KAFKA_URL"}, 2},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			args := append([]string{"dev", "--http", "127.0.0.1:0", "--kafka", "127.0.0.1:0"}, c.args...)
			_, errs, code := command(t, "", args...)
			if code != c.code {
				t.Errorf("code %d, expected %d: %s", code, c.code, errs)
			}
			for _, text := range c.says {
				if !strings.Contains(errs, text) {
					t.Errorf("%q is not in: %s", text, errs)
				}
			}
		})
	}
}

func TestServeNeedsServers(t *testing.T) {
	t.Parallel()
	_, errs, code := command(t, "", "serve")
	if code != 2 || !strings.Contains(errs, "KAFKA_URL") || !strings.Contains(errs, "DATABASE_URL") {
		t.Errorf("%d: %s", code, errs)
	}
}

// TestDevAsOrdinaryUser runs as another user where the tests run as root, and as this one otherwise.
func TestDevAsOrdinaryUser(t *testing.T) {
	t.Parallel()
	home := openDirectory(t)
	p := launch(t, func(cmd *exec.Cmd) {
		cmd.Env = environment("HOME="+home, "XDG_CACHE_HOME=")
		if os.Geteuid() == 0 {
			if err := os.Chown(home, nobody, nobody); err != nil {
				t.Fatal(err)
			}
			cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
		}
	}).awaitReady(t)
	if data := p.at(t, "data"); !strings.HasPrefix(data, home) {
		t.Errorf("data is in %s, not in the user's cache directory", data)
	}
	if err := p.signal(t, syscall.SIGTERM); err != nil {
		t.Error(err)
	}
}
