package outbox

import (
	"context"
	"math/bits"
	"strconv"
	"strings"
)

type statement struct {
	sql  string
	args []any
}

// rowsPerInsert is a power of two. An insert has a power of two rows, so that few different statements are prepared.
const rowsPerInsert = 512

func (w *Writer) write(ctx context.Context, rows [][]any) error {
	for len(rows) > 0 {
		n := 1 << (bits.Len(uint(min(len(rows), rowsPerInsert))) - 1)
		if _, err := w.exec(ctx, w.statements(rows[:n])...); err != nil {
			return explain(err)
		}
		rows = rows[n:]
	}
	return nil
}

func (w *Writer) statements(rows [][]any) []statement {
	if w.table.logOnly {
		return []statement{w.table.emit(rows)}
	}
	var insert, remove strings.Builder
	var values, ids []any
	insert.WriteString("INSERT INTO " + quote(w.table.name) + " (")
	width := used(rows)
	for i, c := range columns[:width] {
		if i > 0 {
			insert.WriteString(", ")
		}
		insert.WriteString(c.name)
	}
	insert.WriteString(") VALUES ")
	remove.WriteString("DELETE FROM " + quote(w.table.name) + " WHERE id IN (")
	for i, row := range rows {
		if i > 0 {
			insert.WriteString(", ")
			remove.WriteString(", ")
		}
		insert.WriteByte('(')
		for j, value := range row[:width] {
			if j > 0 {
				insert.WriteString(", ")
			}
			values = append(values, value)
			insert.WriteString("$" + strconv.Itoa(len(values)))
		}
		insert.WriteByte(')')
		ids = append(ids, row[0])
		remove.WriteString("$" + strconv.Itoa(len(ids)))
	}
	remove.WriteByte(')')
	statements := []statement{{insert.String(), values}}
	if !w.table.keep {
		statements = append(statements, statement{remove.String(), ids})
	}
	return statements
}

// used is how many columns the rows need: the last one is left out where it is NULL, so that a table that has not been
// migrated yet takes the rows that it always took.
func used(rows [][]any) int {
	for _, row := range rows {
		if row[len(row)-1] != nil {
			return len(row)
		}
	}
	return len(columns) - 1
}
