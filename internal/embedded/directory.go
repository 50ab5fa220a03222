package embedded

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// ErrDirectoryInUse is found in the error of a directory that another process has.
var ErrDirectoryInUse = errors.New("embedded: data directory in use")

// Directory is where the embedded servers keep their data. It belongs to this process until [Directory.Close].
type Directory struct {
	path      string
	ephemeral bool
	lock      *os.File
}

const (
	lockFile        = "lock"
	ephemeralPrefix = "millrace-ephemeral-"
	// 0711 lets PostgreSQL's own user reach its folder below and list nothing.
	directoryMode = 0o711
)

// OpenDirectory makes the directory where it is missing and takes it for this process.
func OpenDirectory(path string) (*Directory, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("embedded: data directory: %w", err)
	}
	if err := os.MkdirAll(path, directoryMode); err != nil {
		return nil, fmt.Errorf("embedded: data directory: %w", err)
	}
	lock, err := os.OpenFile(filepath.Join(path, lockFile), os.O_CREATE|os.O_RDWR, 0o600) //nolint:gosec // the caller's choice
	if err != nil {
		return nil, fmt.Errorf("embedded: data directory: %w", err)
	}
	d := &Directory{path: path, lock: lock}
	if err := d.take(); err != nil {
		return nil, errors.Join(err, lock.Close())
	}
	return d, nil
}

// OpenEphemeral makes a directory that [Directory.Close] removes. It also removes those that killed processes left.
func OpenEphemeral(ctx context.Context) (*Directory, error) {
	sweepErr := sweep(context.WithoutCancel(ctx))
	path, err := os.MkdirTemp("", ephemeralPrefix)
	if err != nil {
		return nil, fmt.Errorf("embedded: ephemeral directory: %w", err)
	}
	if err := os.Chmod(path, directoryMode); err != nil {
		return nil, fmt.Errorf("embedded: ephemeral directory: %w", err)
	}
	d, err := OpenDirectory(path)
	if err != nil {
		return nil, errors.Join(err, sweepErr)
	}
	d.ephemeral = true
	return d, nil
}

// take locks the directory. The kernel lets go of the lock when the process ends, however it ends.
func (d *Directory) take() error {
	err := syscall.Flock(int(d.lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		owner, _ := os.ReadFile(d.lock.Name()) // without it the message is only less exact
		return fmt.Errorf("%w: %s belongs to the running process %s; stop it (kill %[3]s), or give this one another directory",
			ErrDirectoryInUse, d.path, strings.TrimSpace(string(owner)))
	}
	if err == nil {
		err = d.lock.Truncate(0)
	}
	if err == nil {
		_, err = d.lock.WriteAt([]byte(strconv.Itoa(os.Getpid())+"\n"), 0)
	}
	if err != nil {
		return fmt.Errorf("embedded: lock %s: %w", d.path, err)
	}
	return nil
}

// Path is the directory's absolute path.
func (d *Directory) Path() string { return d.path }

// Ephemeral says whether Close removes what is in it.
func (d *Directory) Ephemeral() bool { return d.ephemeral }

// Close gives the directory back, and removes it when it is ephemeral.
func (d *Directory) Close() error {
	var err error
	if d.ephemeral {
		err = os.RemoveAll(d.path)
	}
	if err = errors.Join(err, d.lock.Close()); err != nil {
		return fmt.Errorf("embedded: close %s: %w", d.path, err)
	}
	return nil
}

// sweep removes the ephemeral directories of processes that are gone.
func sweep(ctx context.Context) error {
	found, err := filepath.Glob(filepath.Join(os.TempDir(), ephemeralPrefix+"*"))
	if err != nil {
		return fmt.Errorf("embedded: %w", err)
	}
	var errs []error
	for _, path := range found {
		if _, err := os.Stat(filepath.Join(path, lockFile)); errors.Is(err, fs.ErrNotExist) {
			continue // it is being made
		}
		old, err := OpenDirectory(path)
		if err != nil {
			continue // it is in use, or another user's
		}
		old.ephemeral = true
		errs = append(errs, endServer(ctx, filepath.Join(path, databaseFolder)), old.Close())
	}
	return errors.Join(errs...)
}
