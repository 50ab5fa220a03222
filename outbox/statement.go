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
	var insert, remove strings.Builder
	var values, ids []any
	insert.WriteString("INSERT INTO " + quote(w.table.name) + " (")
	for i, c := range columns {
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
		for j, value := range row {
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
