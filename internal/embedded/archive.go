package embedded

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
)

// postgresVersion is the version that is downloaded.
const postgresVersion = "17.5.0"

// mavenCentral is where the binaries come from, those of github.com/zonkyio/embedded-postgres-binaries.
const mavenCentral = "https://repo1.maven.org/maven2"

// ErrNoArchive is found in the error of a platform that there are no binaries for.
var ErrNoArchive = errors.New("embedded: there is no PostgreSQL to download for this platform")

// archive is what to download for one platform: the end of its name, and the SHA-256 that it must have.
type archive struct{ platform, sum string }

func platformArchive() (archive, error) {
	platform := runtime.GOOS + "-" + runtime.GOARCH
	if runtime.GOARCH == "arm64" {
		platform += "v8"
	}
	if _, err := os.Stat("/etc/alpine-release"); err == nil {
		platform += "-alpine"
	}
	sum, known := map[string]string{
		"linux-amd64":        "646f3269075d1a23904127374e3cdbcef96beb32979fedee25d835877400fcbe",
		"linux-amd64-alpine": "7122386c7f7a089568f05720ada63448093d4065abbc0a89e6dc660851a53e3c",
		"linux-arm64v8":      "e02f27ff50ff2d90b6541d54f3f108505aacd84ea53c2890e976a684bfea2752",
		"darwin-amd64":       "fb70f783928e77c3d6ef5ca8ed644f1ac502f740fcfc032a375c8347820f2bdd",
		"darwin-arm64v8":     "e9d3398e10c2ec926395498b03e75ad1a24eeaed82895e756a7e173b202cf6de",
	}[platform]
	if !known {
		return archive{}, fmt.Errorf("%w, %s", ErrNoArchive, platform)
	}
	return archive{platform, sum}, nil
}

// url is where a repository has the archive.
func (a archive) url(repository string) string {
	name := "embedded-postgres-binaries-" + a.platform
	return repository + "/io/zonky/test/postgres/" + name + "/" + postgresVersion + "/" + name + "-" + postgresVersion + ".jar"
}

// programsFolder is where downloaded programs are kept for all data directories of this user. Root's must be where
// PostgreSQL's own user may read.
func programsFolder() (string, error) {
	name := "postgresql-" + postgresVersion
	if os.Geteuid() == 0 {
		return filepath.Join(sharedFolder, name), nil
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("embedded: no folder to download PostgreSQL to: %w", err)
	}
	return filepath.Join(cache, "millrace", name), nil
}
