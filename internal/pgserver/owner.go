package pgserver

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
)

// owner is the user that the server runs as: PostgreSQL refuses to run as root.
type owner struct {
	uid, gid int
	other    bool
}

func serverOwner() (owner, error) {
	if os.Geteuid() != 0 {
		return owner{uid: os.Geteuid(), gid: os.Getegid()}, nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		found, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, errUID := strconv.Atoi(found.Uid)
		gid, errGID := strconv.Atoi(found.Gid)
		return owner{uid: uid, gid: gid, other: true}, errors.Join(errUID, errGID)
	}
	return owner{}, errors.New("pgserver: PostgreSQL refuses to run as root, and there is no user postgres or nobody to run it as")
}

// command is a process in its own process group, so that a Ctrl-C at the terminal does not reach it.
func (o owner) command(dir, name string, args ...string) *exec.Cmd {
	cmd := exec.Command(name, args...) //nolint:gosec,noctx // a server binary, which outlives the context that starts it
	cmd.Dir = dir
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if o.other {
		cmd.SysProcAttr.Credential = &syscall.Credential{Uid: uint32(o.uid), Gid: uint32(o.gid)} //nolint:gosec // from passwd
	}
	return cmd
}

// claim makes dir, with its parents, and gives it to the owner.
func (o owner) claim(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("pgserver: %w", err)
	}
	if !o.other {
		return nil
	}
	if err := os.Chown(dir, o.uid, o.gid); err != nil {
		return fmt.Errorf("pgserver: %w", err)
	}
	for parent := filepath.Dir(dir); parent != "/" && parent != "."; parent = filepath.Dir(parent) {
		info, err := os.Stat(parent)
		if err != nil {
			return fmt.Errorf("pgserver: %w", err)
		}
		if info.Mode().Perm()&0o001 == 0 {
			return fmt.Errorf("%w: %s is closed to the user that PostgreSQL runs as", ErrUnreachable, parent)
		}
	}
	return nil
}

// ErrUnreachable says that the server's user may not enter the directory. Choose one whose parents others may enter.
var ErrUnreachable = errors.New("pgserver: directory")
