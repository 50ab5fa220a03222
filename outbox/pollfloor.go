package outbox

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"time"
)

// pollFloor is a seq up to which no row is left, and none can appear any more. Looks begin after it, because deleted rows
// stay in the index while any old snapshot is open, such as a long report's, and would be walked over each time.
//
// A transaction has an id before it takes its first seq; the column's default sees to that. So who holds a seq up to the
// last one that was handed out has a smaller id than one that is asked for after that: the barrier. Once all
// transactions before the barrier have ended, a look shows all that they will ever have written. It does not matter in
// which order they took ids and seqs, and when they commit.
type pollFloor struct {
	at      int64 // where the next look begins
	next    int64 // where it may begin once what the last look showed is gone
	last    int64 // the seq that the barrier is for
	barrier int64 // 0 for none
	proven  int64 // the last seq whose barrier all transactions before it have passed
	server  string
	whole   time.Time
}

// pollWhole is how often a look begins at the bottom all the same.
const pollWhole = time.Minute

// errOtherServer passes when the session begins anew: a pooler has led it to a server that may count differently.
var errOtherServer = errors.New("the server is another one than before")

// begin is called before a look. What the last one showed is deleted by it.
func (f *pollFloor) begin(now time.Time) {
	if f.at = max(f.at, f.next); now.Sub(f.whole) > pollWhole {
		f.at, f.next, f.whole = 0, 0, now
	}
}

// horizon reads which server it is, and the oldest transaction that runs, before the look takes its snapshot.
func (f *pollFloor) horizon(row [][]byte) error {
	if f.server == "" {
		f.server = string(row[0])
	}
	if f.server != string(row[0]) {
		return errOtherServer
	}
	oldest, err := strconv.ParseInt(string(row[1]), 10, 64)
	if err != nil {
		return fmt.Errorf("%w: the oldest transaction is %q", errMalformed, row[1])
	}
	if f.barrier != 0 && oldest >= f.barrier {
		f.proven, f.barrier = f.last, 0
	}
	return nil
}

// raise reads the last seq that was handed out, and a transaction id that was asked for after that, empty for none.
func (f *pollFloor) raise(row [][]byte) error {
	last, err := strconv.ParseInt(string(row[0]), 10, 64)
	if err != nil {
		return fmt.Errorf("%w: the last seq is %q", errMalformed, row[0])
	}
	if last < f.proven {
		return errOtherServer
	}
	if f.barrier == 0 && len(row[1]) > 0 {
		f.last = last
		f.barrier, err = strconv.ParseInt(string(row[1]), 10, 64)
	}
	if err != nil {
		return fmt.Errorf("%w: the transaction is %q", errMalformed, row[1])
	}
	return nil
}

// known is the seq past which another barrier is worth a transaction id.
func (f *pollFloor) known() int64 {
	if f.barrier != 0 {
		return math.MaxInt64
	}
	return f.last
}

// shown is called after a look that showed the rows up to last, which are all that there are or not.
func (f *pollFloor) shown(last int64, all bool) {
	if f.next = f.proven; !all {
		f.next = min(f.proven, last)
	}
}
