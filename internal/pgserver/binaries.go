package pgserver

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

var (
	// ErrNoBinaries says that no PostgreSQL server is installed.
	ErrNoBinaries = errors.New("pgserver: no PostgreSQL server binaries (initdb, postgres) in PATH or the usual places; " +
		"install PostgreSQL 14 or newer, or set DATABASE_URL")
	// ErrOtherVersion says that a directory is of another major version than the server that is to run on it.
	ErrOtherVersion = errors.New("pgserver: the data is of another PostgreSQL")
)

// Binaries is a folder with a server's programs: initdb and postgres.
type Binaries string

// Installed finds the installed server: one of the given major version where there is one, else the first one in PATH,
// else the newest. Version 0 stands for any.
func Installed(ctx context.Context, version int) (Binaries, error) {
	found, err := installed()
	if err != nil {
		return "", err
	}
	for _, b := range found {
		if own, err := b.Version(ctx); err == nil && own == version {
			return b, nil
		}
	}
	if len(found) == 0 {
		return "", ErrNoBinaries
	}
	return found[0], nil
}

func installed() (found []Binaries, err error) {
	if initdb, err := exec.LookPath("initdb"); err == nil {
		if real, err := filepath.EvalSymlinks(initdb); err == nil && Binaries(filepath.Dir(real)).Complete() {
			found = append(found, Binaries(filepath.Dir(real)))
		}
	}
	for _, pattern := range []string{
		"/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin", "/usr/local/pgsql/bin", "/opt/homebrew/opt/postgresql@*/bin",
	} {
		folders, err := filepath.Glob(pattern)
		if err != nil {
			return nil, err //nolint:wrapcheck // the patterns are constants
		}
		slices.SortFunc(folders, func(a, b string) int { return number(b) - number(a) })
		for _, folder := range folders {
			if b := Binaries(folder); b.Complete() {
				found = append(found, b)
			}
		}
	}
	return found, nil
}

// number is what a folder's name holds of a version, 15 of /usr/lib/postgresql/15/bin.
func number(folder string) int {
	digits := strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, folder)
	n, _ := strconv.Atoi(digits) // a folder without a number is the oldest
	return n
}

// Complete says whether both programs are there.
func (b Binaries) Complete() bool {
	for _, name := range []string{"initdb", "postgres"} {
		if _, err := exec.LookPath(filepath.Join(string(b), name)); err != nil {
			return false
		}
	}
	return true
}

// Version is the server's major version.
func (b Binaries) Version(ctx context.Context) (int, error) {
	output, err := exec.CommandContext(ctx, filepath.Join(string(b), "postgres"), "--version").Output() //nolint:gosec // a server binary
	if err != nil {
		return 0, fmt.Errorf("pgserver: %s: %w", b, err)
	}
	_, text, _ := strings.Cut(string(output), ") ")
	major, _, _ := strings.Cut(text, ".")
	version, err := strconv.Atoi(major)
	if err != nil {
		return 0, fmt.Errorf("pgserver: %s says it is %q", b, output)
	}
	return version, nil
}

// DataVersion is the major version of the data in a server's directory, or 0 where there is none.
func DataVersion(dir string) (int, error) {
	text, err := os.ReadFile(filepath.Join(dir, "data", "PG_VERSION")) //nolint:gosec // in the server's own folder
	if errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	}
	version := 0
	if err == nil {
		version, err = strconv.Atoi(strings.TrimSpace(string(text)))
	}
	if err != nil {
		return 0, fmt.Errorf("pgserver: version of the data in %s: %w", dir, err)
	}
	return version, nil
}
