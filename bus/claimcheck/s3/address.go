package s3

import (
	"errors"
	"net/url"
	"strconv"
	"strings"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"
)

// ErrAddress is found in the error of an address that is none.
var ErrAddress = errors.New("s3: the address must be of the form s3://key:secret@host:port/bucket?region=us-east-1&tls=true&path=false")

// parse reads an address. Errors hold nothing of it: it has a secret.
func parse(address string) (endpoint, bucket string, opts *minio.Options, err error) {
	at, err := url.Parse(address)
	if err != nil || at.Scheme != "s3" || at.Host == "" {
		return "", "", nil, ErrAddress
	}
	bucket = strings.Trim(at.Path, "/")
	query := at.Query()
	flags := map[string]bool{"tls": true, "path": false}
	for name, values := range query {
		_, isFlag := flags[name]
		if isFlag {
			flags[name], err = strconv.ParseBool(values[0])
		}
		if err != nil || !isFlag && name != "region" {
			return "", "", nil, ErrAddress
		}
	}
	if bucket == "" || strings.Contains(bucket, "/") {
		return "", "", nil, ErrAddress
	}
	opts = &minio.Options{Secure: flags["tls"], Region: query.Get("region"), MaxRetries: 1}
	if flags["path"] {
		opts.BucketLookup = minio.BucketLookupPath
	}
	secret, has := at.User.Password()
	switch {
	case has:
		opts.Creds = credentials.NewStaticV4(at.User.Username(), secret, "")
	case at.User != nil:
		return "", "", nil, ErrAddress
	default:
		opts.Creds = credentials.NewChainCredentials([]credentials.Provider{
			&credentials.EnvAWS{}, &credentials.FileAWSCredentials{}, &credentials.IAM{},
		})
	}
	return at.Host, bucket, opts, nil
}
