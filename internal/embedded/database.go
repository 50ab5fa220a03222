package embedded

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/millrace/millrace/internal/pgserver"
)

// Database is a PostgreSQL server beside the process, with wal_level = logical.
type Database struct {
	server *pgserver.Server
	folder string
}

const (
	databaseFolder = "postgres"
	// sharedFolder holds the data of a root whose own directory PostgreSQL's user cannot enter.
	sharedFolder = "/var/lib/millrace"
)

// DatabaseOptions change [StartDatabase].
type DatabaseOptions struct {
	// Programs is the folder with the server's programs, or with a bin folder that has them; they are downloaded into it
	// where they are missing. Empty means those that are installed, else a folder of this user's.
	Programs string
	// Begin is told where a download goes before it begins, and what it returns how far it has come.
	Begin func(folder string) Progress
}

// StartDatabase runs PostgreSQL in the directory. A server that a killed process left behind there is adopted.
func StartDatabase(ctx context.Context, dir *Directory, opts DatabaseOptions) (*Database, error) {
	folder := filepath.Join(dir.Path(), databaseFolder)
	settings := []string{"max_slot_wal_keep_size=2GB"}
	if dir.Ephemeral() {
		settings = append(settings, "fsync=off")
	}
	server, err := opts.start(ctx, folder, settings)
	if errors.Is(err, pgserver.ErrUnreachable) {
		if folder, err = sharedDatabase(dir); err != nil {
			return nil, err
		}
		if err := os.MkdirAll(filepath.Dir(folder), directoryMode); err != nil {
			return nil, fmt.Errorf("embedded: PostgreSQL: %w", err)
		}
		server, err = opts.start(ctx, folder, settings)
	}
	if err != nil {
		return nil, fmt.Errorf("embedded: PostgreSQL: %w", err)
	}
	return &Database{server: server, folder: folder}, nil
}

func (o DatabaseOptions) start(ctx context.Context, folder string, settings []string) (*pgserver.Server, error) {
	if server, err := pgserver.Adopt(ctx, folder); server != nil || err != nil {
		return server, err
	}
	version, err := pgserver.DataVersion(folder)
	if err != nil {
		return nil, err
	}
	programs, err := o.programs(ctx, version)
	if err != nil {
		return nil, err
	}
	return programs.Start(ctx, folder, settings...)
}

// sharedDatabase is the directory's own folder outside it. Its name is kept in the directory, so that a directory that
// is deleted and made again begins anew.
func sharedDatabase(dir *Directory) (string, error) {
	file := filepath.Join(dir.Path(), "id")
	id, err := os.ReadFile(file) //nolint:gosec // within the directory
	if errors.Is(err, fs.ErrNotExist) {
		id = []byte(rand.Text())
		err = os.WriteFile(file, id, 0o600)
	}
	if err != nil {
		return "", fmt.Errorf("embedded: %w", err)
	}
	return filepath.Join(sharedFolder, filepath.Base(string(id)), databaseFolder), nil
}

// HasDatabase says whether PostgreSQL has kept data for the directory.
func HasDatabase(dir *Directory) (bool, error) {
	found, err := exists(filepath.Join(dir.Path(), databaseFolder, "data", "PG_VERSION"))
	if err != nil || found {
		return found, err
	}
	shared, err := sharedDatabase(dir)
	if err != nil {
		return false, err
	}
	return exists(filepath.Join(shared, "data", "PG_VERSION"))
}

// URL is its address, with the password that was made for it.
func (d *Database) URL() string { return d.server.URL }

// Adopted says that it was running already.
func (d *Database) Adopted() bool { return d.server.Adopted }

// Folder is where it keeps its data. It is outside the directory where PostgreSQL's user cannot enter that.
func (d *Database) Folder() string { return d.folder }

// Close ends the server when everything is on disk.
func (d *Database) Close(ctx context.Context) error {
	if err := d.server.Stop(ctx); err != nil {
		return fmt.Errorf("embedded: PostgreSQL: %w", err)
	}
	return nil
}

// endServer stops the server that runs in a folder, if one does.
func endServer(ctx context.Context, folder string) error {
	server, err := pgserver.Adopt(ctx, folder)
	if err != nil || server == nil {
		return err
	}
	return server.Stop(ctx)
}
