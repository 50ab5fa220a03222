package outbox

import (
	"context"
	"errors"
	"fmt"
)

// bareError says that nothing that is committed from now on is published. The relay works on: what was committed before
// may be on its way.
type bareError struct{ publication string }

func (e *bareError) Error() string {
	return fmt.Sprintf("%v: publication %s has no table, as after its table was dropped and made again: rows that are committed now are "+
		"not published. Run outbox.Migrate, or millrace relay --migrate, or ALTER PUBLICATION %s ADD TABLE, and publish what was committed "+
		"meanwhile again", ErrTable, e.publication, e.publication)
}

func (e *bareError) Unwrap() error { return ErrTable }

// look tells of a publication that has lost its tables, and of one that has some again. Events in the log alone need none.
func (l *logFeed) look(ctx context.Context) error {
	if l.relay.logOnly {
		return nil
	}
	var bare bool
	if err := l.conn.QueryRow(ctx, `SELECT NOT EXISTS (SELECT FROM pg_publication_tables WHERE pubname = $1)
		AND EXISTS (SELECT FROM pg_publication WHERE pubname = $1 AND NOT puballtables)`, l.relay.publication).Scan(&bare); err != nil {
		return fmt.Errorf("look at the publication: %w", explain(err))
	}
	_, known := errors.AsType[*bareError](l.relay.Status().Err)
	switch {
	case bare && !known:
		err := &bareError{l.relay.publication}
		l.relay.logger.ErrorContext(ctx, "nothing is published", "slot", l.relay.slot, "error", err)
		l.relay.note(func(s *Status) { s.Err = err })
	case known && !bare:
		l.relay.logger.InfoContext(ctx, "the publication has a table again", "slot", l.relay.slot, "publication", l.relay.publication)
		l.relay.note(func(s *Status) { s.Err = nil })
	}
	return nil
}
