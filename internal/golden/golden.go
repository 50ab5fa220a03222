package golden

import (
	"bytes"
	"os"
	"strconv"
	"testing"
)

// Variable is set to true to record anew.
const Variable = "MILLRACE_UPDATE"

// Compare fails the test where got is not what the file has.
func Compare(t testing.TB, file string, got []byte) {
	t.Helper()
	if update, err := strconv.ParseBool(os.Getenv(Variable)); update && err == nil {
		if err := os.WriteFile(file, got, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file) //nolint:gosec // the test names it
	if err != nil || !bytes.Equal(want, got) {
		t.Errorf("this is not what %s has; %s=1 records it: %v", file, Variable, err)
	}
}
