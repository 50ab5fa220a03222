package pgserver

import (
	"errors"
	"os/exec"
	"path/filepath"
	"slices"
)

// ErrNoBinaries says that no PostgreSQL server is installed.
var ErrNoBinaries = errors.New("pgserver: no PostgreSQL server binaries (initdb, postgres) in PATH or the usual places; " +
	"install PostgreSQL 14 or newer, or set DATABASE_URL")

// binaries is the folder of the newest server, by the order of folder names where there are several.
func binaries() (string, error) {
	if initdb, err := exec.LookPath("initdb"); err == nil {
		if real, err := filepath.EvalSymlinks(initdb); err == nil {
			if _, err := exec.LookPath(filepath.Join(filepath.Dir(real), "postgres")); err == nil {
				return filepath.Dir(real), nil
			}
		}
	}
	var found []string
	for _, pattern := range []string{
		"/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin", "/usr/local/pgsql/bin", "/opt/homebrew/opt/postgresql@*/bin",
	} {
		folders, err := filepath.Glob(pattern)
		if err != nil {
			return "", err //nolint:wrapcheck // the patterns are constants
		}
		for _, folder := range folders {
			if _, err := exec.LookPath(filepath.Join(folder, "initdb")); err == nil {
				found = append(found, folder)
			}
		}
	}
	if len(found) == 0 {
		return "", ErrNoBinaries
	}
	return slices.Max(found), nil
}
