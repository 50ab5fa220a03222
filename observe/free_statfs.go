//go:build linux || darwin || freebsd

package observe

import "syscall"

// free is how many bytes an ordinary user can still write there.
func free(directory string) (uint64, error) {
	var stat syscall.Statfs_t
	if err := syscall.Statfs(directory, &stat); err != nil {
		return 0, err //nolint:wrapcheck // wrapped by Disk
	}
	return uint64(stat.Bavail) * uint64(stat.Bsize), nil //nolint:gosec,unconvert // their types differ between systems
}
