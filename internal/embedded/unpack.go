package embedded

import (
	"archive/tar"
	"archive/zip"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"

	"github.com/xi2/xz"
)

// unpack writes what the archive holds, a jar with one compressed tar in it, into a folder. Nothing is written outside it.
func unpack(file *os.File, size int64, folder string) error {
	jar, err := zip.NewReader(file, size)
	if err != nil {
		return fmt.Errorf("embedded: PostgreSQL's archive: %w", err)
	}
	for _, entry := range jar.File {
		if !strings.HasSuffix(entry.Name, ".txz") {
			continue
		}
		packed, err := entry.Open()
		if err != nil {
			return fmt.Errorf("embedded: PostgreSQL's archive: %w", err)
		}
		return errors.Join(unpackTar(packed, folder), packed.Close())
	}
	return errors.New("embedded: PostgreSQL's archive holds no programs")
}

func unpackTar(packed io.Reader, folder string) (err error) {
	defer func() {
		if err != nil {
			err = fmt.Errorf("embedded: unpack PostgreSQL: %w", err)
		}
	}()
	plain, err := xz.NewReader(packed, 0)
	if err != nil {
		return err //nolint:wrapcheck // wrapped above
	}
	root, err := os.OpenRoot(folder)
	if err != nil {
		return err //nolint:wrapcheck // wrapped above
	}
	defer root.Close() //nolint:errcheck // only a handle
	for entries := tar.NewReader(plain); ; {
		header, err := entries.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err == nil {
			err = unpackEntry(root, header, entries)
		}
		if err != nil {
			return err
		}
	}
}

func unpackEntry(root *os.Root, header *tar.Header, content io.Reader) error {
	name := strings.TrimPrefix(header.Name, "./")
	if at := strings.LastIndex(strings.TrimSuffix(name, "/"), "/"); at > 0 {
		if err := root.MkdirAll(name[:at], programsMode); err != nil {
			return err //nolint:wrapcheck // unpackTar wraps it
		}
	}
	switch header.Typeflag {
	case tar.TypeDir:
		return root.MkdirAll(strings.TrimSuffix(name, "/"), programsMode) //nolint:wrapcheck // unpackTar wraps it
	case tar.TypeSymlink:
		return root.Symlink(header.Linkname, name) //nolint:wrapcheck // unpackTar wraps it
	case tar.TypeReg:
		file, err := root.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, header.FileInfo().Mode().Perm()|0o444&fs.ModePerm)
		if err != nil {
			return err //nolint:wrapcheck // unpackTar wraps it
		}
		_, err = io.Copy(file, content)
		return errors.Join(err, file.Close())
	}
	return nil
}
