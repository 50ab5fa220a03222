package outbox

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
)

// bareError says that what is committed into tables from now on is not published, or into any. The relay works on: what
// was committed before may be on its way.
type bareError struct {
	publication string
	tables      []string
}

func (e *bareError) Error() string {
	has, add := "has no table", "ADD TABLE"
	if len(e.tables) > 0 {
		names := strings.Join(e.tables, ", ")
		has, add = "has lost "+names, "ADD TABLE "+names
	}
	return fmt.Sprintf("%v: publication %s %s, as after a table was dropped and made again: rows that are committed there now are "+
		"not published. Run outbox.Migrate, or millrace relay --migrate, or ALTER PUBLICATION %s %s, and publish what was committed "+
		"meanwhile again", ErrTable, e.publication, has, e.publication, add)
}

func (e *bareError) Unwrap() error { return ErrTable }

// knows notes a table that is published.
func (r *Relay) knows(schema, table string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.tables == nil {
		r.tables = make(map[[2]string]bool)
	}
	r.tables[[2]string{schema, table}] = true
}

// look tells of a publication that has lost tables, and of one that has them again. Events in the log alone need none.
func (l *logFeed) look(ctx context.Context) error {
	if l.relay.logOnly {
		return nil
	}
	lost, bare, err := l.lost(ctx)
	if err != nil {
		return fmt.Errorf("look at the publication: %w", explain(err))
	}
	said, known := errors.AsType[*bareError](l.relay.Status().Err)
	switch lacks := bare || len(lost) > 0; {
	case lacks && (!known || !slices.Equal(said.tables, lost)):
		err := &bareError{l.relay.publication, lost}
		l.relay.logger.ErrorContext(ctx, "a table is not published", "slot", l.relay.slot, "error", err)
		l.relay.note(func(s *Status) { s.Err = err })
	case known && !lacks:
		l.relay.logger.InfoContext(ctx, "the publication has its tables again", "slot", l.relay.slot, "publication", l.relay.publication)
		l.relay.note(func(s *Status) { s.Err = nil })
	}
	return nil
}

// lost are the tables that the relay has published from and that are there, and not in its publication; bare says that
// this has none at all. Only catalogues are read: the view pg_publication_tables locks the tables, and would wait where
// one is being changed.
func (l *logFeed) lost(ctx context.Context) (lost []string, bare bool, err error) {
	schemas := "SELECT pnnspid FROM pg_publication_namespace WHERE pnpubid = p.oid"
	if strings.HasPrefix(l.conn.PgConn().ParameterStatus("server_version"), "14") {
		schemas = "SELECT NULL::oid WHERE false"
	}
	l.relay.mu.Lock()
	known := slices.SortedFunc(maps.Keys(l.relay.tables), func(a, b [2]string) int { return slices.Compare(a[:], b[:]) })
	l.relay.mu.Unlock()
	names := [2][]string{{}, {}}
	for _, table := range known {
		names[0], names[1] = append(names[0], table[0]), append(names[1], table[1])
	}
	var now [][]string
	var all, some bool
	var at []int
	err = l.conn.QueryRow(ctx, `SELECT p.puballtables, EXISTS (`+schemas+`),
		ARRAY(SELECT ARRAY[n.nspname::text, c.relname::text] FROM pg_publication_rel r JOIN pg_class c ON c.oid = r.prrelid
			JOIN pg_namespace n ON n.oid = c.relnamespace WHERE r.prpubid = p.oid),
		ARRAY(SELECT k.nth - 1 FROM unnest($2::text[], $3::text[]) WITH ORDINALITY k (schema, name, nth)
			JOIN pg_namespace n ON n.nspname = k.schema::name JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = k.name::name
			WHERE NOT p.puballtables AND NOT EXISTS (
				SELECT FROM pg_class o WHERE (o.oid = c.oid OR o.oid IN (SELECT relid FROM pg_partition_ancestors(c.oid)))
				AND (o.oid IN (SELECT prrelid FROM pg_publication_rel WHERE prpubid = p.oid) OR o.relnamespace IN (`+schemas+`)))
			ORDER BY 1)
		FROM pg_publication p WHERE p.pubname = $1`, l.relay.publication, names[0], names[1]).Scan(&all, &some, &now, &at)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, false, nil // which the stream tells of
	}
	for _, table := range now {
		if l.relay.connector.tables.has(table[0], table[1]) {
			l.relay.knows(table[0], table[1])
		}
	}
	for _, n := range at {
		lost = append(lost, known[n][0]+"."+known[n][1])
	}
	return lost, !all && !some && len(now) == 0, err //nolint:wrapcheck // wrapped by look
}
