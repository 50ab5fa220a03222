package outbox

import (
	"fmt"
	"strconv"
	"strings"
)

// LSN is a position in PostgreSQL's write-ahead log.
type LSN uint64

// String is the position as PostgreSQL writes it: two hexadecimal halves.
func (l LSN) String() string { return fmt.Sprintf("%X/%X", uint32(l>>32), uint32(l)) } //nolint:gosec // the halves are meant

// MarshalText writes what [LSN.String] does.
func (l LSN) MarshalText() ([]byte, error) { return []byte(l.String()), nil }

// UnmarshalText reads what [ParseLSN] does.
func (l *LSN) UnmarshalText(text []byte) (err error) {
	*l, err = ParseLSN(string(text))
	return err
}

// ParseLSN reads what PostgreSQL writes for a pg_lsn.
func ParseLSN(text string) (LSN, error) {
	before, after, _ := strings.Cut(text, "/")
	high, err := strconv.ParseUint(before, 16, 32)
	low, errLow := strconv.ParseUint(after, 16, 32)
	if err != nil || errLow != nil {
		return 0, fmt.Errorf("outbox: %q is no log position such as 16/B374D848", text)
	}
	return LSN(high)<<32 | LSN(low), nil
}
