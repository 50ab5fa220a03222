package store

import "time"

// Late is after what time little is written.
func Late(after time.Duration) Option { return option(func(s *settings) { s.late = after }) }

// WriteOut gives Pebble what a directory's store has in memory.
func WriteOut(s Store) error {
	if d, ok := s.(*disk); ok {
		return d.writeOut()
	}
	return nil
}
