package seal

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/millrace/millrace/request"
)

// keyFile is what the file had when it was last read.
type keyFile struct {
	rings map[request.Tenant]ring
	stat  fs.FileInfo
}

// read returns the file's rings; it is read again when it has changed. The map is not to be written to.
func (k *Keyring) read() (map[request.Tenant]ring, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	stat, err := os.Stat(k.path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("seal: keyring: %w", err)
	}
	if stat.Mode().Perm()&0o077 != 0 {
		return nil, fmt.Errorf("seal: keyring: %s can be read by others: chmod 600 it", k.path)
	}
	if seen := k.seen.stat; seen != nil && os.SameFile(seen, stat) && seen.ModTime().Equal(stat.ModTime()) {
		return k.seen.rings, nil
	}
	text, err := os.ReadFile(k.path)
	if err != nil {
		return nil, fmt.Errorf("seal: keyring: %w", err)
	}
	var rings map[request.Tenant]ring
	if err := json.Unmarshal(text, &rings); err != nil {
		return nil, fmt.Errorf("seal: keyring: %s is not a keyring", k.path) // the decoder's error may show a part of a key
	}
	for tenant, own := range rings {
		for _, key := range own.Keys {
			if len(key) != keySize {
				return nil, fmt.Errorf("seal: keyring: a key of %s has %d bytes, not %d", tenant, len(key), keySize)
			}
		}
	}
	k.seen = keyFile{rings: rings, stat: stat}
	return rings, nil
}

// change writes the file with the tenant's ring changed, unless it is destroyed, and returns the ring. Of several processes one does so at a time.
func (k *Keyring) change(tenant request.Tenant, apply func(*ring)) (ring, error) {
	unlock, err := lockFile(k.path + ".lock")
	if err != nil {
		return ring{}, fmt.Errorf("seal: keyring: %w", err)
	}
	defer unlock()
	rings, err := k.read()
	if err != nil {
		return ring{}, err
	}
	own := rings[tenant]
	if !own.Destroyed.IsZero() {
		return own, nil
	}
	own.Keys = append([][]byte(nil), own.Keys...)
	apply(&own)
	next := map[request.Tenant]ring{tenant: own}
	for other, r := range rings {
		if other != tenant {
			next[other] = r
		}
	}
	text, err := json.MarshalIndent(next, "", "  ")
	if err != nil {
		return ring{}, fmt.Errorf("seal: keyring: %w", err)
	}
	if err := replace(k.path, text); err != nil {
		return ring{}, fmt.Errorf("seal: keyring: %w", err)
	}
	return own, nil
}

// replace writes a file as a whole or not at all, and keeps it through a crash.
func replace(path string, text []byte) (err error) {
	next, err := os.CreateTemp(filepath.Dir(path), ".keyring-*") // readable to its owner alone
	if err != nil {
		return err //nolint:wrapcheck // change does
	}
	defer func() {
		if err != nil {
			_ = os.Remove(next.Name())
		}
	}()
	_, err = next.Write(text)
	if err = errors.Join(err, next.Sync(), next.Close()); err != nil {
		return err
	}
	if err = os.Rename(next.Name(), path); err != nil {
		return err //nolint:wrapcheck // change does
	}
	folder, err := os.Open(filepath.Dir(path))
	if err != nil {
		return err //nolint:wrapcheck // change does
	}
	return errors.Join(folder.Sync(), folder.Close())
}

// lockLimit is how old a lock is that a crash has left behind. Who holds one does so for the time of one small write.
const lockLimit = 30 * time.Second

// lockFile makes a file that exists as long as the lock is held, which works on any system.
func lockFile(path string) (unlock func(), err error) {
	for began := time.Now(); ; {
		file, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600) //nolint:gosec // the path is the operator's
		if err == nil {
			_ = file.Close()
			return func() { _ = os.Remove(path) }, nil
		}
		if !errors.Is(err, fs.ErrExist) {
			return nil, err //nolint:wrapcheck // change does
		}
		if stat, err := os.Stat(path); err == nil && time.Since(stat.ModTime()) > lockLimit {
			_ = os.Remove(path)
			continue
		}
		if time.Since(began) > 2*lockLimit {
			return nil, fmt.Errorf("%s is held by another process: if there is none, remove it", path)
		}
		<-time.After(5 * time.Millisecond)
	}
}
