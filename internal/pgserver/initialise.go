package pgserver

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// initialise runs initdb unless it was run, and returns the role's password. The data gets its name when it is whole, so
// that a process that was killed leaves nothing that looks like it.
func initialise(ctx context.Context, own owner, bin Binaries, dir, data string) (string, error) {
	passwordFile := filepath.Join(dir, "password")
	version, err := DataVersion(dir)
	if err != nil {
		return "", err
	}
	if version > 0 {
		return readPassword(ctx, bin, version, dir)
	}
	scratch := data + ".new"
	if err := errors.Join(os.RemoveAll(scratch), os.RemoveAll(data)); err != nil {
		return "", fmt.Errorf("pgserver: clear a half-made data directory: %w", err)
	}
	password := rand.Text()
	if err := os.WriteFile(passwordFile, []byte(password+"\n"), 0o600); err != nil {
		return "", fmt.Errorf("pgserver: %w", err)
	}
	if own.other {
		if err := os.Chown(passwordFile, own.uid, own.gid); err != nil {
			return "", fmt.Errorf("pgserver: %w", err)
		}
	}
	cmd := own.command(dir, filepath.Join(string(bin), "initdb"), "-D", scratch, "-U", role, "--pwfile", passwordFile,
		"--auth=scram-sha-256", "--encoding=UTF8", "--locale=C", "--no-sync")
	if output, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("pgserver: initdb: %w: %s", err, bytes.TrimSpace(output))
	}
	if err := os.Rename(scratch, data); err != nil {
		return "", fmt.Errorf("pgserver: %w", err)
	}
	return password, nil
}

// readPassword is for data that is there already.
func readPassword(ctx context.Context, bin Binaries, version int, dir string) (string, error) {
	own, err := bin.Version(ctx)
	if err != nil {
		return "", err
	}
	if own != version {
		return "", fmt.Errorf("%w: %s is of version %d, and the programs in %s are of version %d; install PostgreSQL %[3]d, "+
			"or delete the directory to begin anew", ErrOtherVersion, dir, version, bin, own)
	}
	return keptPassword(dir)
}

func keptPassword(dir string) (string, error) {
	kept, err := os.ReadFile(filepath.Join(dir, "password")) //nolint:gosec // in the server's own folder
	if errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf("pgserver: %s has data and no file password any more; put it back, or delete the directory to begin anew", dir)
	}
	if err != nil {
		return "", fmt.Errorf("pgserver: %w", err)
	}
	return strings.TrimSpace(string(kept)), nil
}
