package embedded

import (
	"context"
	"errors"
	"path/filepath"

	"github.com/millrace/millrace/internal/pgserver"
)

// programs finds the server's programs for data of a version, or for new data where that is 0, and downloads them where
// there are none.
func (o DatabaseOptions) programs(ctx context.Context, version int) (pgserver.Binaries, error) {
	folder := o.Programs
	if folder == "" {
		found, err := pgserver.Installed(ctx, version)
		if own, _ := found.Version(ctx); err == nil && (version == 0 || own == version) {
			return found, nil
		}
		if err != nil && !errors.Is(err, pgserver.ErrNoBinaries) {
			return "", err
		}
		// Data that was made by downloaded programs stays theirs when others are installed.
		if folder, err = programsFolder(); err != nil {
			return "", err
		}
		if found != "" && !pgserver.Binaries(filepath.Join(folder, "bin")).Complete() {
			return found, nil // and Start says what is wrong with its version
		}
	}
	return o.within(ctx, folder)
}

// Downloaded has the programs that [StartDatabase] downloads where none are installed, whatever is. Their version is 17.
func Downloaded(ctx context.Context, begin func(folder string) Progress) (pgserver.Binaries, error) {
	folder, err := programsFolder()
	if err != nil {
		return "", err
	}
	return DatabaseOptions{Begin: begin}.within(ctx, folder)
}

// within finds the programs in a folder, or downloads them into it.
func (o DatabaseOptions) within(ctx context.Context, folder string) (pgserver.Binaries, error) {
	for _, at := range []string{folder, filepath.Join(folder, "bin")} {
		if found := pgserver.Binaries(at); found.Complete() {
			return found, nil
		}
	}
	if err := download(ctx, folder, o.Begin(folder)); err != nil {
		return "", err
	}
	return pgserver.Binaries(filepath.Join(folder, "bin")), nil
}
