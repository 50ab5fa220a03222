package embedded

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"time"
)

// ErrDownload is found in the error of a download that failed.
var ErrDownload = errors.New("embedded: PostgreSQL cannot be downloaded")

// Progress is told how many bytes of how many have come; total is 0 while that is not known.
type Progress func(done, total int64)

// repositoryVariable names a Maven repository, a mirror, to download from instead of Maven Central.
const repositoryVariable = "MILLRACE_MAVEN"

const (
	programsMode = 0o755
	// archiveLimit bounds what a repository may send.
	archiveLimit = 200 << 20
	// answerLimit bounds how long a repository may take to begin its answer.
	answerLimit = 30 * time.Second
)

// download fetches PostgreSQL's programs into a folder, which appears when it is complete.
func download(ctx context.Context, folder string, progress Progress) error {
	wanted, err := platformArchive()
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(folder), directoryMode); err != nil {
		return fmt.Errorf("embedded: %w", err)
	}
	scratch, err := os.MkdirTemp(filepath.Dir(folder), filepath.Base(folder)+".")
	if err != nil {
		return fmt.Errorf("embedded: %w", err)
	}
	defer os.RemoveAll(scratch) //nolint:errcheck // what is left of it harms nothing
	file, size, err := fetch(ctx, wanted, scratch, progress)
	if err != nil {
		return fmt.Errorf("%w: %w; install PostgreSQL 14 or newer, set %s to a mirror of Maven Central, or set DATABASE_URL",
			ErrDownload, err, repositoryVariable)
	}
	defer file.Close() //nolint:errcheck // only read from
	programs := filepath.Join(scratch, "programs")
	if err := os.Mkdir(programs, programsMode); err != nil {
		return fmt.Errorf("embedded: %w", err)
	}
	if err := unpack(file, size, programs); err != nil {
		return err
	}
	if err := os.Rename(programs, folder); err != nil {
		if present, _ := exists(filepath.Join(folder, "bin", "initdb")); present {
			return nil // another process was quicker
		}
		return fmt.Errorf("embedded: %w", err)
	}
	return nil
}

// fetch downloads the archive to a file and compares its digest.
func fetch(ctx context.Context, wanted archive, folder string, progress Progress) (_ *os.File, size int64, err error) {
	repository := mavenCentral
	if mirror := os.Getenv(repositoryVariable); mirror != "" {
		repository = mirror
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, wanted.url(repository), http.NoBody) //nolint:gosec // the user's own mirror
	if err != nil {
		return nil, 0, err //nolint:wrapcheck // download wraps it
	}
	client := &http.Client{Transport: &http.Transport{
		Proxy: http.ProxyFromEnvironment, ForceAttemptHTTP2: true, ResponseHeaderTimeout: answerLimit,
	}}
	defer client.CloseIdleConnections()
	response, err := client.Do(request) //nolint:gosec // the user's own mirror; what it sends is compared with a digest
	if err != nil {
		return nil, 0, err //nolint:wrapcheck // download wraps it
	}
	defer response.Body.Close() //nolint:errcheck // it was read
	if response.StatusCode != http.StatusOK {
		return nil, 0, fmt.Errorf("%s answers %s", request.URL, response.Status)
	}
	file, err := os.Create(filepath.Join(folder, "archive")) //nolint:gosec // in our own folder
	if err != nil {
		return nil, 0, err //nolint:wrapcheck // download wraps it
	}
	digest := sha256.New()
	body := &counted{Reader: io.LimitReader(response.Body, archiveLimit), total: max(response.ContentLength, 0), tell: progress}
	size, err = io.Copy(io.MultiWriter(file, digest), body)
	if err == nil && hex.EncodeToString(digest.Sum(nil)) != wanted.sum {
		err = fmt.Errorf("%s is not what it should be: its SHA-256 is another one", request.URL)
	}
	if err != nil {
		return nil, 0, errors.Join(err, file.Close())
	}
	return file, size, nil
}

// counted tells how far a download has come.
type counted struct {
	io.Reader

	done, total int64
	tell        Progress
}

func (c *counted) Read(p []byte) (int, error) {
	n, err := c.Reader.Read(p)
	c.done += int64(n)
	c.tell(c.done, c.total)
	return n, err //nolint:wrapcheck // io.EOF must stay itself
}
