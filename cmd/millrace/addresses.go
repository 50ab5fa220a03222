package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// addressFile holds the addresses of a running dev's servers, in its data directory, for this user alone.
const addressFile = "servers.json"

// addresses are those of a running dev.
type addresses struct {
	Kafka    string `json:"kafka"`
	Database string `json:"database"`
	Redis    string `json:"redis"`
}

// publishAddresses lets doctor find the servers of this dev while it runs.
func (d *dev) publishAddresses(at servers) error {
	text, err := json.Marshal(addresses{at.kafka, at.database, at.redis})
	if err != nil {
		return fmt.Errorf("addresses: %w", err)
	}
	path := filepath.Join(d.dir.Path(), addressFile)
	if err := os.WriteFile(path, text, 0o600); err != nil {
		return fmt.Errorf("addresses: %w", err)
	}
	d.later(func() error { return os.Remove(path) })
	return nil
}

// findDev takes the addresses of the dev on the default directory, where no address was given.
func (g *global) findDev() error {
	if g.kafka != "" || g.database != "" || g.redis != "" {
		return nil
	}
	path, err := defaultData()
	if err != nil {
		return nil //nolint:nilerr // then there is none
	}
	text, err := os.ReadFile(filepath.Join(path, addressFile)) //nolint:gosec // of dev's own directory
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrPermission) {
		return nil
	}
	var found addresses
	if err == nil {
		err = json.Unmarshal(text, &found)
	}
	if err != nil {
		return fmt.Errorf("addresses: %s: %w", path, err)
	}
	g.kafka, g.database, g.redis = found.Kafka, found.Database, found.Redis
	return nil
}

// defaultData is below the user's cache directory. PostgreSQL does not run as root, and its user may not enter root's.
func defaultData() (string, error) {
	if os.Geteuid() == 0 {
		return "/var/lib/millrace/dev", nil
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("this user has no cache directory (%w); say where to keep data with --data DIR, or --ephemeral", err)
	}
	return filepath.Join(cache, "millrace", "dev"), nil
}
