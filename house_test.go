package millrace_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

const (
	module   = "github.com/millrace/millrace"
	maxLines = 224
)

// mayImport lists, for each package or folder of this module, which other ones it may build on.
var mayImport = map[string][]string{
	"request": {}, "resilience": {}, "observe": {}, "seal": {}, "cache": {},
	"bus":    {"request", "resilience", "observe"},
	"outbox": {"bus", "request", "resilience", "observe"},
	"push":   {"bus", "request", "resilience", "observe"},
	"cmd":    {"*"}, "examples": {"*"}, "integration": {"*"}, "internal": {"*"},
}

// keepsOut lists what must not come into the build of those who import a package; the row without a name is for all but integration.
var keepsOut = map[string][]string{ //nolint:gochecknoglobals // a constant table
var keepsOut = map[string][]string{
