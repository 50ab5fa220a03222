package embedded

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	embeddedpostgres "github.com/fergusstrange/embedded-postgres"
)

// Download fetches PostgreSQL's binaries into the directory, once, and puts them on the PATH of this process.
func Download(dir *Directory, say func(string)) error {
	home := filepath.Join(dir.Path(), "postgres-binaries")
	bin := filepath.Join(home, "bin")
	present, err := exists(filepath.Join(bin, "initdb"))
	if err != nil {
		return err
	}
	if !present {
		say("PostgreSQL is not installed; downloading it (about 30 MB, once)")
		if err := fetch(dir, home); err != nil {
			return err
		}
	}
	if err := os.Setenv("PATH", bin+string(os.PathListSeparator)+os.Getenv("PATH")); err != nil {
		return fmt.Errorf("embedded: %w", err)
	}
	return nil
}

// fetch has the library start a server of its own, whose binaries it downloads and unpacks first. As root that server
// refuses to start, and the binaries are there all the same; they alone are wanted.
func fetch(dir *Directory, home string) error {
	scratch := filepath.Join(dir.Path(), "postgres-download")
	_, port, err := freeAddress()
	if err != nil {
		return err
	}
	server := embeddedpostgres.NewDatabase(embeddedpostgres.DefaultConfig().
		BinariesPath(home).RuntimePath(scratch).CachePath(scratch + "-cache").Port(uint32(port)).Logger(io.Discard)) //nolint:gosec // a port
	started := server.Start()
	if started == nil {
		started = server.Stop()
	}
	cleared := errors.Join(os.RemoveAll(scratch), os.RemoveAll(scratch+"-cache"))
	present, err := exists(filepath.Join(home, "bin", "initdb"))
	if !present {
		return fmt.Errorf("embedded: PostgreSQL cannot be downloaded: %w; install PostgreSQL 14 or newer, "+
			"or set DATABASE_URL", errors.Join(started, err))
	}
	return cleared
}
