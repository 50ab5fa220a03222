package observe

import (
	"context"
	"fmt"
)

// Disk is a check, "disk", of the room that is left for what this user writes to a directory: it fails below least bytes.
func Disk(directory string, least uint64) Check {
	return Check{Name: "disk", Ask: func(context.Context) error {
		left, err := free(directory)
		if err != nil {
			return fmt.Errorf("the room of %s: %w", directory, err)
		}
		if left < least {
			return fmt.Errorf("%d MB free for %s; make room", left>>20, directory)
		}
		return nil
	}}
}
