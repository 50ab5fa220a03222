package outbox

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"slices"

	"github.com/millrace/millrace/bus"
)

// byteaOID is the type whose text PostgreSQL writes as \x and hexadecimal digits.
const byteaOID = 17

// router makes records of the rows of one relation, as Debezium's outbox event router does.
type router struct {
	id, aggregateType, aggregateID, payload int
	binary, plainTopics                     bool
	headers                                 []placedHeader
	width                                   int
}

type placedHeader struct {
	name   string
	column int
}

func newRouter(relation walRelation, c connector) (*router, error) {
	find := func(name string) (int, error) {
		at := slices.IndexFunc(relation.columns, func(column walColumn) bool { return column.name == name })
		if at < 0 {
			return 0, fmt.Errorf("%w: table %s has no column %q", ErrTable, relation.name, name)
		}
		return at, nil
	}
	r := &router{width: len(relation.columns), plainTopics: c.plainTopics}
	for _, required := range []struct {
		name string
		into *int
	}{{"id", &r.id}, {"aggregatetype", &r.aggregateType}, {"aggregateid", &r.aggregateID}, {"payload", &r.payload}} {
		at, err := find(required.name)
		if err != nil {
			return nil, err
		}
		*required.into = at
	}
	r.binary = relation.columns[r.payload].oid == byteaOID
	for _, placed := range c.placements {
		at, err := find(placed.column)
		if err != nil && c.missing {
			continue
		}
		if err != nil {
			return nil, err
		}
		r.headers = append(r.headers, placedHeader{name: placed.header, column: at})
	}
	return r, nil
}

// record keeps the row's bytes.
func (r *router) record(values [][]byte) (bus.Record, error) {
	if len(values) != r.width {
		return bus.Record{}, fmt.Errorf("%w: a row of %d columns, not %d", errMalformed, len(values), r.width)
	}
	for _, required := range []int{r.id, r.aggregateType} {
		if len(values[required]) == 0 {
			return bus.Record{}, fmt.Errorf("%w: a row without id or aggregatetype", ErrTable)
		}
	}
	topic := bus.TopicPrefix + bus.Topic(values[r.aggregateType])
	if own, marked := bytes.CutPrefix(values[r.aggregateType], []byte(topicPrefix)); marked && r.plainTopics {
		topic = bus.Topic(own)
	}
	record := bus.Record{
		Topic: topic, Key: values[r.aggregateID], Value: values[r.payload],
		Headers: make(bus.Headers, 0, 1+len(r.headers)),
	}
	if r.binary && record.Value != nil {
		digits, ok := bytes.CutPrefix(record.Value, []byte(`\x`))
		decoded := make([]byte, hex.DecodedLen(len(digits)))
		if _, err := hex.Decode(decoded, digits); !ok || err != nil {
			return bus.Record{}, fmt.Errorf("%w: bytea is not in hex; set bytea_output = hex", errMalformed)
		}
		record.Value = decoded
	}
	record.Headers = append(record.Headers, bus.Header{Key: "id", Value: values[r.id]})
	for _, header := range r.headers {
		record.Headers = append(record.Headers, bus.Header{Key: header.name, Value: values[header.column]})
	}
	return record, nil
}
