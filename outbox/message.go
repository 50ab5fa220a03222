package outbox

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/millrace/millrace/bus"
)

// textOID is the type of every field of a message.
const textOID = 25

// emit writes rows as messages in the log, with the table's name for their prefix. A message is a JSON object of all
// columns, null where the row has NULL, as Debezium's DecodeLogicalDecodingMessageContent reads it.
func (t table) emit(rows [][]any) statement {
	var sql strings.Builder
	args := []any{t.name}
	sql.WriteString("SELECT pg_logical_emit_message(true, $1::text, content) FROM (VALUES ")
	for i, row := range rows {
		if i > 0 {
			sql.WriteString(", ")
		}
		args = append(args, object(row))
		sql.WriteString("($" + strconv.Itoa(len(args)) + "::text)")
	}
	sql.WriteString(") AS message (content)")
	return statement{sql.String(), args}
}

// object is a row as a JSON object. The payload is a string in it, so that not one of its bytes changes.
func object(row []any) string {
	var content bytes.Buffer
	values := json.NewEncoder(&content)
	values.SetEscapeHTML(false)
	for i, column := range columns {
		content.WriteString([]string{"{", ","}[min(i, 1)] + strconv.Quote(column.name) + ":")
		if values.Encode(row[i]) != nil {
			content.WriteString("null") // a row holds strings and nil, which cannot fail
		}
	}
	content.WriteByte('}')
	return content.String()
}

// messages makes records of messages in the log, as if they were rows of one table.
type messages struct {
	connector *connector
	router    *router
	columns   []walColumn
}

func (m *messages) record(message walMessage) (bus.Record, error) {
	relation, values, err := openMessage(message)
	if err != nil {
		return bus.Record{}, err
	}
	same := func(a, b walColumn) bool { return a.name == b.name }
	if m.router == nil || !slices.EqualFunc(m.columns, relation.columns, same) {
		if m.router, err = newRouter(relation, m.connector); err != nil {
			return bus.Record{}, err
		}
		m.columns = relation.columns
	}
	return m.router.record(values)
}

// openMessage reads a message's JSON object as a row: a string is the value itself, null is NULL, and what else may
// stand there, in a message that others wrote, is its JSON text as it is.
func openMessage(message walMessage) (walRelation, [][]byte, error) {
	refuse := func(err error) (walRelation, [][]byte, error) {
		return walRelation{}, nil, fmt.Errorf("%w: a message with the prefix %q is no JSON object of a row: %w", ErrTable, message.prefix, err)
	}
	relation := walRelation{name: message.prefix}
	var values [][]byte
	content := json.NewDecoder(bytes.NewReader(message.content))
	if opened, err := content.Token(); err != nil || opened != json.Delim('{') {
		return refuse(fmt.Errorf("it does not begin with one: %w", err))
	}
	for content.More() {
		name, err := content.Token()
		if err != nil {
			return refuse(err)
		}
		var raw json.RawMessage
		if err := content.Decode(&raw); err != nil {
			return refuse(err)
		}
		field, _ := name.(string) // which it is
		relation.columns = append(relation.columns, walColumn{name: field, oid: textOID, modifier: -1, nullable: true})
		var text string
		switch {
		case string(raw) == "null":
			values = append(values, nil)
		case json.Unmarshal(raw, &text) == nil:
			values = append(values, []byte(text))
		default:
			values = append(values, raw)
		}
	}
	if _, err := content.Token(); err != nil {
		return refuse(err)
	}
	return relation, values, nil
}
