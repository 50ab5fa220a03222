package pgserver

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
)

// Follow starts a physical standby of a running server of the same programs, with a copy of its data. It reads from the
// primary's physical slot of the given name, which is made; settings go into its own configuration, so that ALTER SYSTEM
// may change them. Roles and passwords are the primary's.
func (b Binaries) Follow(ctx context.Context, dir string, primary *Server, slot string, settings ...string) (*Server, error) {
	own, err := serverOwner()
	if err != nil {
		return nil, err
	}
	if err := own.claim(dir); err != nil {
		return nil, err
	}
	conn, err := pgx.Connect(ctx, primary.URL)
	if err != nil {
		return nil, fmt.Errorf("pgserver: standby: %w", err)
	}
	defer conn.Close(ctx)
	at, data := conn.Config(), filepath.Join(dir, "data")
	settings = append(slices.Clip(settings), "primary_slot_name="+slot, fmt.Sprintf("primary_conninfo=host=%s port=%d user=%s password=%s dbname=%s",
		at.Host, at.Port, at.User, at.Password, at.Database))
	if _, err := conn.Exec(ctx, "SELECT pg_create_physical_replication_slot($1, true)", slot); err != nil {
		return nil, fmt.Errorf("pgserver: standby: %w", err)
	}
	label, err := backUp(ctx, conn, primary.data, data)
	if err != nil {
		return nil, fmt.Errorf("pgserver: standby: %w", err)
	}
	var auto strings.Builder
	for _, setting := range settings {
		name, value, _ := strings.Cut(setting, "=")
		fmt.Fprintf(&auto, "%s = '%s'\n", name, strings.ReplaceAll(value, "'", "''"))
	}
	for name, content := range map[string]string{
		"password": at.Password + "\n", "data/backup_label": label, "data/standby.signal": "", "data/postgresql.auto.conf": auto.String(),
	} {
		err = errors.Join(err, os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600))
	}
	if err == nil {
		err = own.take(dir)
	}
	if err != nil {
		return nil, fmt.Errorf("pgserver: standby: %w", err)
	}
	return b.Start(ctx, dir)
}

// backUp copies a running server's data, except for what each server has by itself.
func backUp(ctx context.Context, conn *pgx.Conn, from, to string) (label string, err error) {
	if _, err := conn.Exec(ctx, "SELECT pg_backup_start('standby', true)"); err != nil {
		return "", err //nolint:wrapcheck // Follow wraps it
	}
	if err := os.Mkdir(to, 0o700); err != nil { //nolint:mnd // as PostgreSQL wants it
		return "", err //nolint:wrapcheck // Follow wraps it
	}
	if err := copyData(os.DirFS(from), to); err != nil {
		return "", err
	}
	err = conn.QueryRow(ctx, "SELECT labelfile FROM pg_backup_stop(false)").Scan(&label)
	return label, err //nolint:wrapcheck // Follow wraps it
}

func copyData(from fs.FS, to string) error {
	target, err := os.OpenRoot(to)
	if err != nil {
		return err //nolint:wrapcheck // Follow wraps it
	}
	defer target.Close() //nolint:errcheck // only a handle
	err = fs.WalkDir(from, ".", func(name string, entry fs.DirEntry, err error) error {
		top, below, _ := strings.Cut(name, "/")
		switch {
		case errors.Is(err, fs.ErrNotExist), strings.HasPrefix(top, "postmaster."), below != "" && (top == "pg_wal" || top == "pg_replslot"):
			return nil // the server has removed it, or it is not the standby's
		case err != nil:
			return err
		case entry.IsDir():
			return target.MkdirAll(name, 0o700) //nolint:mnd // Follow wraps it
		}
		content, err := fs.ReadFile(from, name)
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		return errors.Join(err, target.WriteFile(name, content, 0o600)) //nolint:mnd // as PostgreSQL wants it
	})
	return err //nolint:wrapcheck // Follow wraps it
}

// take gives all that is in the directory to the owner.
func (o owner) take(dir string) error {
	if !o.other {
		return nil
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return err //nolint:wrapcheck // Follow wraps it
	}
	defer root.Close() //nolint:errcheck // only a handle
	err = fs.WalkDir(root.FS(), ".", func(name string, _ fs.DirEntry, err error) error {
		return errors.Join(err, root.Lchown(name, o.uid, o.gid))
	})
	return err //nolint:wrapcheck // Follow wraps it
}
